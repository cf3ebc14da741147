"""One encoder and its thread, for all receivers of one form."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from mcu_core.egress.keyframe_requests import KeyframeRequests
from mcu_core.egress.video_encoder import DEFAULT_PRESET, VideoEncoder
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_SECOND, Clock, thread_cpu_time_s
from mcu_core.media.picture import Picture
from mcu_core.media.rings import Ring
from mcu_core.media.units import EncodedUnit, VideoForm

log = structlog.get_logger()

WAITING_PICTURES = 2
STILL_EVERY_NS = NS_PER_SECOND // 2
"""An unchanged picture is coded this seldom: enough for decoders and loss reports to stay awake."""

RETRY_NS = NS_PER_SECOND
"""How long after a failure the encoder is tried again."""


class VideoGroup:
    """Codes what is submitted and hands each unit to `deliver`, on its own thread.

    `units`, `keyframes`, `dropped` (submitted, but overtaken by a newer picture) and `failures`
    count; `encoding_ms` is the smoothed CPU cost of one. `start` and `stop` belong to its owner;
    everything else may be called from any thread.
    """

    def __init__(
        self,
        form: VideoForm,
        clock: Clock,
        deliver: Callable[[EncodedUnit], None],
        preset: str = DEFAULT_PRESET,
    ) -> None:
        self.form = form
        self.units = 0
        self.keyframes = 0
        self.failures = 0
        self.encoding_ms = 0.0
        self._clock = clock
        self._deliver = deliver
        self._pictures: Ring[Picture] = Ring(WAITING_PICTURES)
        self._requests = KeyframeRequests()
        self._thread = threading.Thread(target=self._encode_all, name=f"encode {form.codec.name}")
        self._started = False
        self._wanted_bps = form.bitrate_bps
        self._wanted_preset = preset
        # Of the encode thread alone:
        self._encoder: VideoEncoder | None = None
        self._serial: int | None = None
        self._stamp_ns = -1
        self._encoded_ns = 0
        self._retry_ns: int | None = None

    @property
    def dropped(self) -> int:
        """Pictures that a newer one overtook because the encoder was busy."""
        return self._pictures.dropped

    def start(self) -> None:
        """Start the encode thread."""
        self._started = True
        self._thread.start()

    async def stop(self) -> None:
        """End the encode thread and wait for it, off the loop; safe twice and before start."""
        self._pictures.close()
        if self._started:
            await asyncio.to_thread(self._thread.join)

    def submit(self, picture: Picture) -> None:
        """Hand over the picture of this tick; never waits. The same one again costs little."""
        self._pictures.push(picture)

    def request_keyframe(self) -> None:
        """A receiver needs a keyframe: at once, or when the last one is a second old."""
        self._requests.request()

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Aim at another bit rate from the next coded picture on."""
        self._wanted_bps = bitrate_bps

    def set_preset(self, preset: str) -> None:
        """Code with another preset from the next coded picture on."""
        self._wanted_preset = preset

    def _encode_all(self) -> None:
        while True:
            picture = self._pictures.pop()
            if picture is None:
                break
            now_ns = self._clock.now_ns()
            if self._retry_ns is not None and now_ns < self._retry_ns:
                continue
            if self._worth_coding(picture, now_ns):
                self._encode(picture, now_ns)
        if self._encoder is not None:
            self._encoder.close()

    def _worth_coding(self, picture: Picture, now_ns: int) -> bool:
        return (
            picture.serial != self._serial
            or now_ns - self._encoded_ns >= STILL_EVERY_NS
            or self._requests.due(now_ns)
        )

    def _encode(self, picture: Picture, now_ns: int) -> None:
        stamp_ns = now_ns if picture.serial == self._serial else picture.stamp_ns
        stamp_ns = max(stamp_ns, self._stamp_ns + 1)
        began_s = thread_cpu_time_s()
        try:
            if self._encoder is None:
                self._encoder = VideoEncoder(self.form, self._wanted_preset)
            self._encoder.set_bitrate(self._wanted_bps)
            self._encoder.set_preset(self._wanted_preset)
            keyframe = self._requests.due(now_ns)
            unit = self._encoder.encode(replace(picture, stamp_ns=stamp_ns), keyframe)
        except McuError as error:
            self._fail(error, now_ns)
            return
        self._serial, self._stamp_ns, self._encoded_ns = picture.serial, stamp_ns, now_ns
        self._count(unit, now_ns, 1000 * (thread_cpu_time_s() - began_s))
        self._deliver(unit)

    def _count(self, unit: EncodedUnit, now_ns: int, cost_ms: float) -> None:
        self.units += 1
        self.encoding_ms += 0.1 * (cost_ms - self.encoding_ms)
        if unit.keyframe:
            self.keyframes += 1
            self._requests.fulfilled(now_ns)

    def _fail(self, error: McuError, now_ns: int) -> None:
        """Begin with a new encoder, and its keyframe, a little later."""
        log.error("encoder failed", form=str(self.form), reason=str(error))
        self.failures += 1
        self._encoder = None
        self._retry_ns = now_ns + RETRY_NS
