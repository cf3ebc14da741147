"""One encoder and its thread, for all receivers of one form."""

import asyncio
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
from mcu_core.media.workers import Lane, Workers

log = structlog.get_logger()

WAITING_PICTURES = 2
STILL_EVERY_NS = NS_PER_SECOND // 2
"""An unchanged picture is coded this seldom: enough for decoders and loss reports to stay awake."""

SHARPEN_NS = 4 * NS_PER_SECOND
"""Slides are coded on, each time better, for so long after they have changed."""

MEASURE_EVERY = 16
"""Asking for a thread's CPU time is a system call with the interpreter's lock in hand."""

SMOOTHING = 0.2

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
        workers: Workers | None = None,
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
        self._lane = Lane(self._step, workers, f"encode {form.codec.name}")
        self._wanted_bps = form.bitrate_bps
        self._wanted_preset = preset
        # Of the coding step alone:
        self._encoder: VideoEncoder | None = None
        self._serial: int | None = None
        self._stamp_ns = -1
        self._encoded_ns = 0
        self._changed_ns = 0
        self._retry_ns: int | None = None

    @property
    def dropped(self) -> int:
        """Pictures that a newer one overtook because the encoder was busy."""
        return self._pictures.dropped

    def start(self) -> None:
        """Begin to code."""
        self._lane.start()

    async def stop(self) -> None:
        """Code no more and wait for it, off the loop; safe twice and before start."""
        self._pictures.close()
        self._pictures.clear()
        await asyncio.to_thread(self._lane.close)
        if self._encoder is not None:
            self._encoder.close()

    def submit(self, picture: Picture) -> None:
        """Hand over the picture of this tick; never waits. The same one again costs little."""
        self._pictures.push(picture)
        self._lane.poke()

    def request_keyframe(self) -> None:
        """A receiver needs a keyframe: at once, or when the last one is a second old."""
        self._requests.request()

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Aim at another bit rate from the next coded picture on."""
        self._wanted_bps = bitrate_bps

    def set_preset(self, preset: str) -> None:
        """Code with another preset from the next coded picture on."""
        self._wanted_preset = preset

    def _step(self) -> bool:
        picture = self._pictures.pop(0)
        if picture is None:
            return False
        now_ns = self._clock.now_ns()
        resting = self._retry_ns is not None and now_ns < self._retry_ns
        if not resting and self._worth_coding(picture, now_ns):
            self._encode(picture, now_ns)
        return len(self._pictures) > 0

    def _worth_coding(self, picture: Picture, now_ns: int) -> bool:
        return (
            picture.serial != self._serial
            or now_ns - self._encoded_ns >= STILL_EVERY_NS
            or (self.form.sharp and now_ns - self._changed_ns < SHARPEN_NS)
            or self._requests.due(now_ns)
        )

    def _encode(self, picture: Picture, now_ns: int) -> None:
        stamp_ns = now_ns if picture.serial == self._serial else picture.stamp_ns
        stamp_ns = max(stamp_ns, self._stamp_ns + 1)
        measured = self.units % MEASURE_EVERY == 1  # not the first: it opens the encoder
        began_s = thread_cpu_time_s() if measured else 0.0
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
        if picture.serial != self._serial:
            self._changed_ns = now_ns
        self._serial, self._stamp_ns, self._encoded_ns = picture.serial, stamp_ns, now_ns
        if measured:
            share = SMOOTHING if self.encoding_ms else 1.0
            self.encoding_ms += share * (1000 * (thread_cpu_time_s() - began_s) - self.encoding_ms)
        self._count(unit, now_ns)
        self._deliver(unit)

    def _count(self, unit: EncodedUnit, now_ns: int) -> None:
        self.units += 1
        if unit.keyframe:
            self.keyframes += 1
            self._requests.fulfilled(now_ns)

    def _fail(self, error: McuError, now_ns: int) -> None:
        """Begin with a new encoder, and its keyframe, a little later."""
        log.error("encoder failed", form=str(self.form), reason=str(error))
        self.failures += 1
        self._encoder = None
        self._retry_ns = now_ns + RETRY_NS
