"""One incoming picture stream: coded units in, the newest good picture out."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from msgspec.structs import replace as replace_field

from mcu_core.errors import CodecFailure
from mcu_core.ingress.keyframe_wish import KeyframeWish
from mcu_core.ingress.lipsync import Lag, PictureLag
from mcu_core.ingress.output_queue import OutputQueue
from mcu_core.ingress.picture_pace import PicturePace
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.clock import NS_PER_SECOND, Clock, thread_cpu_time_s
from mcu_core.media.picture import Picture
from mcu_core.media.rings import Ring
from mcu_core.media.units import AccessUnit
from mcu_core.media.workers import Lane, Workers
from mcu_core.protocol.stream_facts import StreamFacts, StreamMeter

log = structlog.get_logger()

WAITING_UNITS = 32
"""About a second: a decoder that is further behind had better begin again at a keyframe."""

_SMOOTHING = 0.1
MEASURE_EVERY = 16
"""Asking for a thread's CPU time is a system call with the interpreter's lock in hand."""

_STOPPED_NS = 2 * NS_PER_SECOND


@dataclass(slots=True)
class VideoStats:
    """Counters of one stream; written by its decode thread, read by anybody.

    `dropped`: units that were never decoded (overflow, or waiting for a keyframe); `broken`: units
    with missing packets, or that the decoder refused; `decoding_ms`: smoothed CPU cost of one unit.
    """

    codec: str = ""
    frames: int = 0
    dropped: int = 0
    broken: int = 0
    keyframes_asked: int = 0
    decoding_ms: float = 0.0
    interval_ns: float = 0.0
    last_ns: int = 0

    def fps(self, now_ns: int) -> float:
        """Pictures per second lately; 0 when none came for two seconds."""
        if not self.interval_ns or now_ns - self.last_ns > _STOPPED_NS:
            return 0.0
        return NS_PER_SECOND / self.interval_ns

    def cost(self, cost_ms: float) -> None:
        """Count the CPU cost of one picture."""
        share = _SMOOTHING if self.decoding_ms else 1.0
        self.decoding_ms += share * (cost_ms - self.decoding_ms)

    def decoded(self, now_ns: int) -> None:
        """Count one good picture."""
        if self.frames and now_ns - self.last_ns < _STOPPED_NS:
            interval = now_ns - self.last_ns
            smoothed = self.interval_ns + _SMOOTHING * (interval - self.interval_ns)
            self.interval_ns = smoothed if self.interval_ns else float(interval)
        self.frames += 1
        self.last_ns = now_ns


@dataclass(frozen=True, slots=True)
class _Waiting:
    unit: AccessUnit
    run: int


class Forward(Protocol):
    """Who takes a source's units as they are."""

    def push(self, unit: AccessUnit) -> None:
        """The next unit, as soon as it comes."""

    def restart(self) -> None:
        """Another sender begins."""


class VideoIngress:
    """Decodes one stream on `workers`, by default one of its own; its owner starts and stops it.

    Units pushed without a gap between them form a run. A run begins after an overflow or a
    restart, and its pictures wait for a keyframe. Whatever goes wrong, `latest` keeps the last good
    picture and the sender is asked for a keyframe.

    While nobody sees this source (`watch(False)`) nothing is decoded, nor asked for (design 4.1),
    until it is watched again and a keyframe comes. `forward`, where set, is given each unit as
    it comes, on whatever thread that is, and told of a new sender.
    """

    def __init__(self, clock: Clock, name: str, workers: Workers | None = None) -> None:
        self.on_keyframe_needed: Callable[[], object] = lambda: None
        self.forward: Forward | None = None
        self.units = 0
        """Coded pictures that came."""
        self.watched = True
        self.shown_pixels: float | None = None
        """Of the largest tile that shows it; None: it is wanted as large as it comes."""
        self.wall_less_media_ns: int | None = None
        """The sender's time of day less its media time; None until it has told."""
        self.stats = VideoStats()
        self._clock = clock
        self._name = name
        self._units: Ring[_Waiting] = Ring(WAITING_UNITS)
        self._lock = threading.Lock()
        self._run = 0
        self._first_shown_run = 0
        self._latest: Picture | None = None
        self._output = OutputQueue()
        self._serial = 0
        self._lane = Lane(self._step, workers, f"decode {name}")
        self._resuming = False
        self._seen = True
        self._held = 0
        self._meter = StreamMeter()
        self._lag = PictureLag()
        self._pace = PicturePace()
        self._shown_serial = 0
        # Of the decoding step alone:
        self._decoder: VideoDecoder | None = None
        self._wish = KeyframeWish()
        self._entered = False
        self._decoding_run = 0

    def start(self) -> None:
        """Begin to decode."""
        self._lane.start()

    async def stop(self) -> None:
        """Decode no more and wait for it, off the loop; safe twice and before start."""
        self._units.close()
        self._units.clear()
        await asyncio.to_thread(self._lane.close)
        self._decoder = None

    def push(self, unit: AccessUnit) -> None:
        """Hand over a coded picture; any thread, never waits.

        When the decoder is too far behind, all that waits is dropped and a keyframe is asked for.
        """
        with self._lock:
            self.units += 1
            now_ns = self._clock.now_ns()
            self._meter.push(unit, now_ns)
            unit = self._paced(unit, now_ns)
            if len(self._units) >= WAITING_UNITS:
                self._begin_run()
            self._units.push(_Waiting(unit, self._run))
        self._lane.poke()
        forward = self.forward
        if forward is not None:
            forward.push(unit)

    def _paced(self, unit: AccessUnit, now_ns: int) -> AccessUnit:
        """The unit, stamped with the moment at which it is to be shown."""
        if unit.media_ns is None:
            self._lag.arrived(unit.stamp_ns, now_ns, now_ns)
            return unit
        due_ns = max(unit.stamp_ns, self._pace.due_ns(unit.media_ns, now_ns))
        self._output.ahead_ns = self._pace.delay_ns
        self._lag.arrived(unit.media_ns, now_ns, due_ns)
        return replace_field(unit, stamp_ns=due_ns) if due_ns > unit.stamp_ns else unit

    def watch(self, watched: bool) -> None:
        """Say whether anybody sees this source; called on the event loop.

        A source that is watched again is `resuming` until its first picture is there; its keyframe
        is asked for at once, and not only when its next picture comes.
        """
        self._seen = watched
        self._settle()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Decode it meanwhile, whether anybody sees it or not; on the event loop."""
        self._held += 1
        self._settle()
        try:
            yield
        finally:
            self._held -= 1
            self._settle()

    def _settle(self) -> None:
        watched = self._seen or self._held > 0
        with self._lock:
            if watched == self.watched:
                return
            self._resuming = watched and self._meter.facts is not None
            self.watched = watched  # last: ticks read both without the lock
            if not watched:
                self._latest = None
                self._output.clear()
        if watched:
            self._lane.poke()

    @property
    def resuming(self) -> bool:
        """Whether it sends, and its pictures are still to come: it is watched again, or not yet."""
        return self._resuming or (not self.watched and self._meter.facts is not None)

    @property
    def facts(self) -> StreamFacts | None:
        """Size, profile and rates of the coded stream; None before its first keyframe."""
        return self._meter.facts

    def latest(self) -> Picture | None:
        """The newest good picture of this sender; None before its first. A plain read."""
        return self._latest

    def take(self, now_ns: int, interval_ns: int) -> Picture | None:
        """The picture that an output tick of that interval shows now (see OutputQueue)."""
        picture = self._output.take(now_ns, interval_ns)
        if picture is not None and picture.serial != self._shown_serial:
            self._shown_serial = picture.serial
            self._lag.shown(max(now_ns - picture.stamp_ns, self.hold_ns))  # the first waits less
        return picture

    @property
    def hold_ns(self) -> int:
        """How long pictures wait for their sound, from their coming on; any thread may set it."""
        return self._output.hold_ns

    @hold_ns.setter
    def hold_ns(self, hold_ns: int) -> None:
        self._output.hold_ns = hold_ns

    def lag(self) -> Lag | None:
        """How late this stream is in the mix; None before one of its pictures was shown."""
        return self._lag.lag(self.wall_less_media_ns)

    def arrival_lag(self) -> Lag | None:
        """How late this stream comes, the wait for a tick left out; None before it has."""
        return self._lag.arrival(self.wall_less_media_ns)

    def expect_repairs(self, late_ns: int, now_ns: int) -> None:
        """Pictures are to be expected to come that late for a while, since packets of theirs are
        asked for again. On the thread that pushes."""
        self._pace.expect(late_ns, now_ns)

    @property
    def delay_ns(self) -> int:
        """How much later than the quickest its pictures are shown, for their network's sake."""
        return self._pace.delay_ns

    @property
    def backlog(self) -> int:
        """Coded pictures that wait for the decoder."""
        return len(self._units)

    @property
    def overtaken(self) -> int:
        """Good pictures that no output tick has shown."""
        return self._output.overtaken

    def restart(self) -> None:
        """A new sender: forget the old one's pictures and begin with its first keyframe."""
        with self._lock:
            self._begin_run()
            self._first_shown_run = self._run
            self._meter = StreamMeter()
            self._lag = PictureLag()
            self._pace = PicturePace()
            self.wall_less_media_ns = None
            self._resuming = False
            self.units = 0
            self._latest = None
            self._output.clear()
        forward = self.forward
        if forward is not None:
            forward.restart()

    def _begin_run(self) -> None:
        self._run += 1
        self.stats.dropped += self._units.clear()

    def _step(self) -> bool:
        waiting = self._units.pop(0)
        if waiting is not None:
            self._take(waiting)
        elif not self._resuming:
            return False
        if self.watched and self._wish.due(self._clock.now_ns()):
            self.stats.keyframes_asked += 1
            self.on_keyframe_needed()
        return len(self._units) > 0

    def _take(self, waiting: _Waiting) -> None:
        unit = waiting.unit
        if waiting.run != self._decoding_run or self._codec_changed(unit):
            self._decoding_run = waiting.run
            self._lose_track()
        if not self.watched:
            self.stats.dropped += 1
            if unit.keyframe:  # the one that was asked for may be this: the next one is asked anew
                self._wish.came()
            self._lose_track()
        elif unit.broken:
            self.stats.broken += 1
            self._lose_track()
        elif self._entered or unit.keyframe:
            self._decode(unit, waiting.run)
        else:
            self.stats.dropped += 1

    def _lose_track(self) -> None:
        """Begin again at a keyframe: what the decoder holds of the past must not come out later."""
        self._decoder = None
        self._entered = False
        self._wish.lost()

    def _codec_changed(self, unit: AccessUnit) -> bool:
        return self._decoder is not None and self._decoder.codec != unit.codec

    def _decode(self, unit: AccessUnit, run: int) -> None:
        measured = self.stats.frames % MEASURE_EVERY == 1  # not the first: it opens the decoder
        began_s = thread_cpu_time_s() if measured else 0.0
        try:
            if self._decoder is None:
                self._decoder = VideoDecoder(unit.codec)
                self.stats.codec = unit.codec.name
            pictures = self._decoder.decode(unit, self._serial + 1)
        except CodecFailure as error:
            self.stats.broken += 1
            self._lose_track()
            log.debug("picture not decoded", stream=self._name, reason=str(error))
            return
        self._entered = True
        if pictures:  # a "keyframe" that gives none may be anything: go on asking
            self._wish.came()
        if measured and pictures:
            self.stats.cost(1000 * (thread_cpu_time_s() - began_s) / len(pictures))
        self._serial += len(pictures)
        now_ns = self._clock.now_ns()
        for picture in pictures:
            self.stats.decoded(now_ns)
            self._show(picture, run, now_ns)

    def _show(self, picture: Picture, run: int, now_ns: int) -> None:
        with self._lock:
            if run >= self._first_shown_run and self.watched:
                self._latest = picture
                self._output.push(picture, now_ns)
                self._resuming = False  # last: ticks read it without the lock
