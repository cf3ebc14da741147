"""The life of a conference's tap: opened for the first reader, closed after the last."""

import asyncio
from collections.abc import Awaitable, Callable

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.engine.named_tasks import NamedTasks
from mcu_core.engine.tap import SOUND_FORM, ConferenceTap
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.units import VideoForm

IDLE_NS = 10 * NS_PER_SECOND
WATCH = "tap watch"


class TapKeeper:
    """At most one tap. `opened` and `closed` are called whenever `tap` has changed."""

    def __init__(
        self,
        clock: Clock,
        tasks: NamedTasks,
        opened: Callable[[ConferenceTap], None],
        closed: Callable[[ConferenceTap], Awaitable[None]],
    ) -> None:
        self.tap: ConferenceTap | None = None
        self._clock = clock
        self._tasks = tasks
        self._opened = opened
        self._closed = closed

    def open(self, form: VideoForm) -> ConferenceTap:
        """The tap, made for this form of the conference picture if there is none."""
        if self.tap is None:
            encoder = AudioEncoder(SOUND_FORM)
            config = encoder.config()
            encoder.close()
            self.tap = ConferenceTap(form, config, self._clock)
            self._opened(self.tap)
            self._tasks.run(WATCH, self._watch(self.tap))
        return self.tap

    async def _watch(self, tap: ConferenceTap) -> None:
        while (idle_ns := tap.idle_ns()) < IDLE_NS:
            await asyncio.sleep((IDLE_NS - idle_ns) / NS_PER_SECOND)
        if self.tap is tap:
            self.tap = None
            await self._closed(tap)

    async def stop(self) -> None:
        """Close the tap and wait for it; safe twice."""
        tap, self.tap = self.tap, None
        if tap is not None:
            await self._tasks.end(WATCH)
            await self._closed(tap)
            await tap.stop()
