"""A camera for tests: grey pictures, each brighter than the one before, encoded and handed on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import EncodedUnit, VideoForm
from tests.fakes.waiting import DEADLINE_S

PAUSE_S = 0.01


class Brightening:
    """Encodes one picture after the other as `form` says and gives each to `send`."""

    def __init__(
        self, send: Callable[[EncodedUnit], None], form: VideoForm, keyframes_only: bool = False
    ) -> None:
        self._encoder = VideoEncoder(form)
        self._form = form
        self._send = send
        self._keyframes_only = keyframes_only
        self._number = 0

    def send(self) -> None:
        """The next picture; the first is a keyframe."""
        picture = blank_picture(self._form.width, self._form.height, 30 + self._number % 200)
        stamp_ns = self._number * NS_PER_SECOND // self._form.fps
        keyframe = self._keyframes_only or self._number == 0
        self._send(self._encoder.encode(replace(picture, stamp_ns=stamp_ns), keyframe))
        self._number += 1

    async def send_until(self, condition: Callable[[], object]) -> None:
        """Send faster than a camera would until the condition holds, but not for ever."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self.send()
                await asyncio.sleep(PAUSE_S)

    def close(self) -> None:
        """End the encoder."""
        self._encoder.close()
