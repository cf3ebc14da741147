"""One incoming sound stream: coded frames in when they come, a block each 20 ms out."""

import threading
from bisect import insort
from dataclasses import dataclass

import numpy as np
import structlog

from mcu_core.errors import CodecFailure
from mcu_core.ingress.arrivals import Arrivals
from mcu_core.ingress.audio_decoder import AudioDecoder, audio_decoder
from mcu_core.ingress.concealment import CarriedOn, Concealment, concealment
from mcu_core.ingress.waveform import (
    HISTORY,
    LONGEST_PERIOD,
    MATCHED,
    join,
    shortened,
    silence_before,
)
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.payload.opus import carries_frame_before

log = structlog.get_logger()

WAITING_UNITS = 100
"""Two seconds of 20 ms frames; what is older than the longest delay is worth nothing anyway."""

SLACK_NS = 20 * NS_PER_MS
"""How far over its target the delay may be before it is shortened."""

TOO_FAR_NS = 100 * NS_PER_MS
"""How far over its target the delay is cut down at once, instead of little by little."""

BLOCKS_PER_CUT = 4
"""Little by little: at most 15 ms out of 80, which speech bears without being heard as hurried."""

LONGEST_GAP_NS = 120 * NS_PER_MS
"""Frames that far apart are a pause of the sender (DTX, mute), not a loss."""

_SAME_NS = 2_500_000
"""Stamps that near are the same instant: resamplers and millisecond stamps round."""


@dataclass(slots=True)
class AudioStats:
    """Counters of one stream; written under its lock or by the mixer's thread, read by anybody.

    `concealed_ms` of made-up sound, `recovered_ms` out of in-band FEC; `late`: frames that came
    after their time; `dropped`: frames for which was no room or no time; `broken`: frames the
    decoder refused; `buffered_ms`: what a sound waits here, `target_ms`: what it should.
    """

    codec: str = ""
    units: int = 0
    concealed_ms: float = 0.0
    recovered_ms: float = 0.0
    late: int = 0
    dropped: int = 0
    broken: int = 0
    shortened: int = 0
    buffered_ms: float = 0.0
    target_ms: float = 0.0


class AudioIngress:
    """Jitter buffer, decoder and concealment of one stream.

    `push`, `reset` and `close` belong to the event loop, `pull` to the mixer's thread. Sound goes
    by its media time: a frame is played when `Arrivals.target_ns` has gone by since it could have
    come at the earliest. A missing frame is taken out of its successor's in-band FEC, else made up
    by the codec or out of what was heard before; a sender that stops fades out. Decoding happens in
    `pull`, so a stream that nobody mixes costs nothing.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self.stats = AudioStats()
        self._clock = clock
        self._name = name
        self._lock = threading.Lock()
        self._units: list[AccessUnit] = []
        self._arrivals = Arrivals()
        self._timeline = 0
        self._closed = False
        # Of the mixer's thread alone:
        self._played_timeline = 0
        self._playing = False
        self._decoder: AudioDecoder | None = None
        self._ready = np.empty((0, CHANNELS), np.float32)
        self._history = np.zeros((HISTORY, CHANNELS), np.float32)
        self._made_up: Concealment | None = None
        self._next_ns = 0
        self._frame_ns = BLOCK_NS
        self._blocks_since_cut = 0

    def push(self, unit: AccessUnit) -> None:
        """Hand over a coded frame that has just come; never waits."""
        now_ns = self._clock.now_ns()
        with self._lock:
            if self._closed:
                return
            self.stats.units += 1
            if not self._arrivals.note(unit.stamp_ns, now_ns):
                self._begin_timeline()
            if unit.broken or any(unit.stamp_ns == other.stamp_ns for other in self._units[-8:]):
                self.stats.dropped += 1
                return
            insort(self._units, unit, key=lambda waiting: waiting.stamp_ns)
            if len(self._units) > WAITING_UNITS:
                self._units.pop(0)
                self.stats.dropped += 1

    def reset(self) -> None:
        """A new sender: forget all that came from the old one; its last sound fades out."""
        with self._lock:
            self._arrivals = Arrivals()
            self._begin_timeline()

    def close(self) -> None:
        """Take no more; safe twice."""
        with self._lock:
            self._closed = True
            self._begin_timeline()

    def _begin_timeline(self) -> None:
        self._timeline += 1
        self.stats.dropped += len(self._units)
        self._units.clear()

    def pull(self, now_ns: int) -> Block | None:
        """The next block, shape (960, 2); None when there is no sound. Called each 20 ms."""
        with self._lock:
            timeline = self._timeline
        if timeline != self._played_timeline:
            self._played_timeline = timeline
            self._decoder = None
            self._stop_playing()
        while len(self._ready) < BLOCK_SAMPLES:
            more = self._more(now_ns)
            if more is None:
                return self._last_block()
            self._append(more)
        self._keep_delay(now_ns)
        return self._take_block()

    def _take_block(self) -> Block:
        block, self._ready = self._ready[:BLOCK_SAMPLES], self._ready[BLOCK_SAMPLES:]
        return block

    def _last_block(self) -> Block | None:
        """What is left when a sound has ended, filled up with silence."""
        if not len(self._ready):
            return None
        missing = BLOCK_SAMPLES - len(self._ready)
        self._append(np.zeros((missing, CHANNELS), np.float32))
        return self._take_block()

    def _append(self, sound: Block) -> None:
        self._ready = np.concatenate((self._ready, sound))
        kept = self._history[len(sound) :] if len(sound) < HISTORY else self._history[:0]
        self._history = np.concatenate((kept, sound[-HISTORY:]))

    # ------------------------------------------------------------------ what comes next

    def _more(self, now_ns: int) -> Block | None:
        """More sound, real or made up; None when there is none to be had."""
        if not self._playing:
            if self._made_up is not None and not self._made_up.over:
                return self._make_up(BLOCK_SAMPLES)
            return self._begin(now_ns)
        unit = self._next_unit()
        if unit is None:
            return self._bridge(now_ns)
        gap_ns = unit.stamp_ns - self._next_ns
        if gap_ns <= _SAME_NS:
            with self._lock:
                if self._units and self._units[0] is unit:
                    del self._units[0]
            return self._decode(unit, -gap_ns)
        if gap_ns > LONGEST_GAP_NS:
            self._stop_playing()
            return self._make_up(BLOCK_SAMPLES)
        return self._fill(unit, gap_ns)

    def _fill(self, unit: AccessUnit, gap_ns: int) -> Block:
        """A piece of the gap before `unit`, at most a frame: its last one may be in `unit`."""
        if gap_ns > self._frame_ns + _SAME_NS:
            self._next_ns += self._frame_ns
            return self._make_up(_samples(self._frame_ns))
        self._next_ns = unit.stamp_ns
        decoder = self._decoder
        if (
            decoder is None
            or not decoder.conceals
            or decoder.codec != unit.codec
            or not carries_frame_before(unit.data)
        ):
            return self._make_up(_samples(gap_ns))
        try:
            sound = decoder.recover(unit.data, _samples(gap_ns))
        except CodecFailure:  # it will be told of when the unit itself is decoded
            return self._make_up(_samples(gap_ns))
        self.stats.recovered_ms += gap_ns / NS_PER_MS
        return self._resume(sound)

    def _resume(self, sound: Block) -> Block:
        """Real sound, joined to what was made up before it."""
        made_up, self._made_up = self._made_up, None
        return sound if made_up is None else made_up.resume(sound)

    def _begin(self, now_ns: int) -> Block | None:
        """Begin to play when the first frame has waited long enough, without the far too old."""
        with self._lock:
            due_ns = now_ns - self._arrivals.base_ns - self._arrivals.target_ns
            while len(self._units) > 1 and self._units[0].stamp_ns < due_ns - BLOCK_NS:
                self._units.pop(0)
                self.stats.dropped += 1
            if not self._units or self._units[0].stamp_ns > due_ns:
                return None
            unit = self._units.pop(0)
        self._playing = True
        self._next_ns = unit.stamp_ns
        return self._decode(unit, 0)

    def _next_unit(self) -> AccessUnit | None:
        """The frame to play next, still in the queue; those wholly in the past are dropped."""
        with self._lock:
            over_ns = self._next_ns - self._frame_ns + _SAME_NS
            while self._units and self._units[0].stamp_ns <= over_ns:
                self._units.pop(0)
                self.stats.late += 1
            return self._units[0] if self._units else None

    def _bridge(self, now_ns: int) -> Block | None:
        """Nothing has come in time: make something up.

        While the delay is under its target, time stands still meanwhile, so that it grows; else it
        goes on, and what comes later is late.
        """
        missing = BLOCK_SAMPLES - len(self._ready)
        with self._lock:
            delay_ns = now_ns - self._arrivals.base_ns - self._next_ns
            grows = delay_ns < self._arrivals.target_ns
        if not grows:
            self._next_ns += missing * NS_PER_SECOND // SAMPLE_RATE
        sound = self._make_up(missing)
        if self._made_up is not None and self._made_up.over:
            self._stop_playing()
        return sound

    def _decode(self, unit: AccessUnit, past_ns: int) -> Block:
        """The sound of a frame without its first `past_ns`, joined to what was made up before."""
        try:
            if self._decoder is None or self._decoder.codec != unit.codec:
                self._decoder = audio_decoder(unit.codec)
                self.stats.codec = unit.codec.name
            sound, length_ns = self._decoder.decode(unit.data)
        except CodecFailure as error:
            log.debug("sound not decoded", stream=self._name, reason=str(error))
            self.stats.broken += 1
            self._next_ns = unit.stamp_ns + self._frame_ns
            return self._make_up(_samples(self._frame_ns))
        self._frame_ns = length_ns
        self._next_ns = unit.stamp_ns + length_ns
        if past_ns > _SAME_NS:
            sound = sound[_samples(past_ns) :]
        if self._made_up is None and not self._history[-1].any():
            return join(silence_before(), sound)
        return self._resume(sound)

    def _make_up(self, count: int) -> Block:
        if self._made_up is None:
            self._made_up = concealment(self._decoder, self._history)
        self.stats.concealed_ms += count * 1000 / SAMPLE_RATE
        return self._made_up.take(count)

    def _stop_playing(self) -> None:
        if self._playing:
            self._playing = False
            self._made_up = self._made_up or concealment(self._decoder, self._history)

    # ------------------------------------------------------------------ delay

    def _keep_delay(self, now_ns: int) -> None:
        """Shorten the sound that waits when it waits longer than it must."""
        ready_ns = len(self._ready) * NS_PER_SECOND // SAMPLE_RATE
        with self._lock:
            target_ns = self._arrivals.target_ns
            delay_ns = now_ns - self._arrivals.base_ns - (self._next_ns - ready_ns)
        self.stats.buffered_ms, self.stats.target_ms = delay_ns / 1e6, target_ns / 1e6
        self._blocks_since_cut += 1
        over_ns = delay_ns - target_ns
        if not self._playing or self._made_up is not None or over_ns <= SLACK_NS:
            return
        if over_ns > TOO_FAR_NS:
            self._skip(over_ns)
        elif self._blocks_since_cut >= BLOCKS_PER_CUT:
            self._cut()

    def _skip(self, over_ns: int) -> None:
        """Leave out frames, and go over into what follows them."""
        with self._lock:
            before = len(self._units)
            keep_ns = self._next_ns + over_ns
            while len(self._units) > 1 and self._units[0].stamp_ns + self._frame_ns <= keep_ns:
                self._units.pop(0)
            skipped = before - len(self._units)
            self.stats.dropped += skipped
            if skipped:
                self._next_ns = self._units[0].stamp_ns
        if skipped:
            self._made_up = CarriedOn(self._history)

    def _cut(self) -> None:
        """Take out a few milliseconds; needs some more sound than a block."""
        while len(self._ready) < BLOCK_SAMPLES + LONGEST_PERIOD + MATCHED:
            unit = self._next_unit()
            if unit is None or unit.stamp_ns - self._next_ns > _SAME_NS:
                return
            with self._lock:
                if self._units and self._units[0] is unit:
                    del self._units[0]
            self._append(self._decode(unit, self._next_ns - unit.stamp_ns))
        self._ready = shortened(self._ready)
        self._blocks_since_cut = 0
        self.stats.shortened += 1


def _samples(length_ns: int) -> int:
    return length_ns * SAMPLE_RATE // NS_PER_SECOND
