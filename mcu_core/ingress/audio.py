"""One incoming sound stream: coded frames in when they come, a block each 20 ms out."""

import numpy as np

from mcu_core.ingress.arrivals import USUAL_DELAY_NS, Arrivals, Timing
from mcu_core.ingress.audio_stats import AudioStats
from mcu_core.ingress.lipsync import Lag
from mcu_core.ingress.pace import MOST_PPM, Pace
from mcu_core.ingress.playback import Playback, samples
from mcu_core.ingress.sound_queue import SILENT_DBOV, SoundQueue, level_of
from mcu_core.ingress.waveform import LONGEST_PERIOD, lengthened, shortened
from mcu_core.kernels.blocks import joined
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.sound import BLOCK_NS, CHANNELS, SAMPLE_RATE, Block
from mcu_core.media.units import AccessUnit

DOZED_TICKS = 4
"""For so many nothing is done for who is silent, but to see whether that is over."""

SLACK_NS = 10 * NS_PER_MS
"""How far off its target the delay may be before sound is taken out or put in, until it is calm."""

TOO_FAR_NS = 100 * NS_PER_MS
"""How far over its target the delay is cut down at once, instead of little by little."""

BLOCKS_PER_CUT = 4
"""Little by little: at most 15 ms out of 80, which speech bears without being heard as hurried."""

CALM_OVER_NS, CALM_UNDER_NS = 4 * NS_PER_MS, NS_PER_MS
"""Within this of its target the delay is left alone; too little of it is worse than too much."""

SHORT_NS = 2 * NS_PER_MS
"""By how much the delay must be too short for time to stand still where a frame is missing."""

FEC_WAIT_NS = 15 * NS_PER_MS
"""How much longer sound waits while frames get lost whose successors bring them back: wherever in a
block a frame begins, its successor has come by then."""

PPM_PER_MS = 100.0
"""Nearer than SLACK_NS the delay is led by the pace, so softly that nobody hears it."""

LEAST_DRIFT_PPM = 10.0
"""A slower drift is not worth resampling: it is led back now and then."""


class AudioIngress:
    """Jitter buffer, decoder, concealment and pace of one stream.

    `push`, `reset` and `close` belong to the event loop, `pull` and `skip` to the mixer's thread.
    Sound goes by its media time: a frame is played when `Timing.target_ns` has gone by since it
    could have come at the earliest. A missing frame is taken out of its successor's in-band FEC,
    else made up by the codec or out of what was heard before; a sender that stops fades out. A
    sender whose clock runs at another pace is played at that pace. Decoding happens in `pull`, so
    a stream that nobody mixes costs nothing.

    `hold_ns`: how much longer than needed the sound waits, for its picture; any thread may set it.
    `wall_less_media_ns`: the sender's time of day less its media time, None until it has told.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self.stats = AudioStats()
        self.hold_ns = 0
        self.wall_less_media_ns: int | None = None
        self._clock = clock
        self._queue = SoundQueue()
        self._arrivals = Arrivals()
        self._timeline = 0
        self._closed = False
        # Of the mixer's thread alone:
        self._played_timeline = 0
        self._playback = Playback(self._queue, self.stats, name)
        self._pace = Pace()
        self._ready = np.empty((0, CHANNELS), np.float32)
        self._ppm = 0.0
        self._delay_ns = 0
        self._blocks_since_cut = 0
        self._correcting = False
        self._resting = False
        self._dozing = 0
        self._silent = False
        self._stirred = False
        """A frame that is not silent has come; set by the event loop, taken back by the mixer."""
        self._holding = False

    # ------------------------------------------------------------------ the event loop's side

    def push(self, unit: AccessUnit) -> None:
        """Hand over a coded frame that has just come; never waits."""
        if self._closed:
            return
        self.stats.units += 1
        self.stats.codec = unit.codec.name
        if unit.broken or self._queue.holds(unit.stamp_ns):
            self.stats.refused += 1
            return
        if not self._arrivals.note(unit.stamp_ns, self._clock.now_ns()):
            self._begin_timeline()
        self.stats.refused += self._queue.push(unit)
        if level_of(unit) != SILENT_DBOV:
            self._stirred = True  # last: the mixer looks at the queue after this

    def reset(self) -> None:
        """A new sender: forget all that came from the old one; its last sound fades out."""
        self._arrivals = Arrivals()
        self._begin_timeline()

    def close(self) -> None:
        """Take no more; safe twice."""
        self._closed = True
        self._begin_timeline()

    def _begin_timeline(self) -> None:
        self._timeline += 1
        self.wall_less_media_ns = None
        self.stats.refused += self._queue.clear()
        self._stirred = True

    # ------------------------------------------------------------------ what is known undecoded

    @property
    def level_dbov(self) -> float | None:
        """How loud what waits here is by its sender's word, -127..0; None where that is unknown.

        What comes is told before it is to be heard: a mixer that passes over silence until it is
        told of sound loses no onset.
        """
        level = self._queue.level_dbov()
        self._silent = level == SILENT_DBOV
        return level

    @property
    def delay_ns(self) -> int:
        """How long sound of this stream waits now, from its quickest arrival to the mix."""
        return self._delay_ns

    def lag(self) -> Lag:
        """How late this stream is in the mix; from any thread."""
        delay_ns, wall_ns = self._delay_ns, self.wall_less_media_ns
        if wall_ns is None:
            return Lag(delay_ns)
        return Lag(delay_ns, self._arrivals.timing.base_ns + delay_ns - wall_ns)

    # ------------------------------------------------------------------ the mixer's side

    def doze(self) -> bool:
        """Whether nothing need be done in this tick, as by a `skip` that gives nothing: silence is
        looked at now and then, and as soon as sound comes. To be asked before `level_dbov`."""
        if self._dozing and not self._stirred:
            self._dozing -= 1
            self.stats.passed_over_ms += BLOCK_NS / NS_PER_MS
            return True
        self._dozing, self._stirred = 0, False
        return False

    def pull(self, now_ns: int) -> Block | None:
        """The next block, shape (960, 2); None when there is no sound. Called each 20 ms."""
        timing = self._follow()
        if self._resting:
            self._resting = False
            self._playback.pass_over(self._due_ns(timing, now_ns))
        while len(self._ready) < self._pace.needed(self._ppm):
            more = self._more(timing, now_ns)
            if more is None:
                return self._last_block()
            self._ready = joined(self._ready, more)
        ppm = self._keep_delay(timing, now_ns)
        block = self._take_block()
        self._ppm = ppm
        return block

    def skip(self, now_ns: int) -> Block | None:
        """Go on by 20 ms without decoding, instead of `pull`: for who is silent by `level_dbov`.

        What was heard before fades out in the block that the first of these calls gives.
        """
        timing = self._follow()
        self._playback.pass_over(self._due_ns(timing, now_ns + BLOCK_NS))
        self.stats.passed_over_ms += BLOCK_NS / NS_PER_MS
        self._delay_ns = self._target_ns(timing)
        if self._resting:
            self._dozing = DOZED_TICKS if self._silent else 0
            return None
        self._resting = True
        self._ready = self._ready[:0]
        self._ppm = 0.0
        self._pace.rest()
        sounding, going = self._playback.sounding, self._playback.silence()
        return going if sounding else None

    def _follow(self) -> Timing:
        """What is known of the present sender; another one's sound is forgotten."""
        timeline = self._timeline
        if timeline != self._played_timeline:
            self._played_timeline = timeline
            self._playback.forget()
        return self._arrivals.timing

    def _due_ns(self, timing: Timing, now_ns: int) -> int:
        """Media time of what is to be heard at that moment."""
        return now_ns - timing.base_ns - self._target_ns(timing)

    def _target_ns(self, timing: Timing) -> int:
        """How long sound is to wait, from its quickest arrival to the mix."""
        fec_ns = FEC_WAIT_NS if self._playback.repairs else 0
        return timing.target_ns + max(self.hold_ns, fec_ns)

    def _more(self, timing: Timing, now_ns: int) -> Block | None:
        missing = self._pace.needed(self._ppm) - len(self._ready)
        if self._playback.playing:
            short_ns = (
                self._playback.next_ns - _length_ns(self._ready) - self._due_ns(timing, now_ns)
            )
            if self._is_too_short(timing, short_ns):
                return self._playback.hold(missing)
            return self._playback.more(missing, grows=short_ns > SHORT_NS)
        self._holding = False
        at_ns = self._due_ns(timing, now_ns) + _length_ns(self._ready)
        return self._playback.begin(at_ns, missing)

    def _is_too_short(self, timing: Timing, short_ns: int) -> bool:
        """Whether a delay that is to be unusually long is so far from it that one pause until it is
        there is better than many: from TOO_FAR_NS on, and then until it is calm."""
        least_ns = CALM_OVER_NS if self._holding else TOO_FAR_NS
        self._holding = timing.target_ns > USUAL_DELAY_NS and short_ns > least_ns
        return self._holding

    def _take_block(self) -> Block:
        block, self._ready = self._pace.take(self._ready, self._ppm)
        return block

    def _last_block(self) -> Block | None:
        """What is left when a sound has ended, filled up with silence."""
        if not len(self._ready):
            self._pace.rest()
            return None
        missing = self._pace.needed(self._ppm) - len(self._ready)
        self._ready = np.concatenate((self._ready, np.zeros((missing, CHANNELS), np.float32)))
        block = self._take_block()
        self._ready = self._ready[:0]
        return block

    # ------------------------------------------------------------------ delay

    def _keep_delay(self, timing: Timing, now_ns: int) -> float:
        """Lead the delay to its target: by the pace, by cuts where it is far, at once if too far.

        Gives the pace of the next block in millionths.
        """
        heard_ns = self._playback.next_ns - _length_ns(self._ready)
        off_ns = self._due_ns(timing, now_ns) - heard_ns
        self._note_delay(timing, now_ns - timing.base_ns - heard_ns)
        self._blocks_since_cut += 1
        if not self._playback.clean:
            return self._ppm
        if off_ns > TOO_FAR_NS:
            self._playback.jump(off_ns)
        elif self._is_off(off_ns) and self._blocks_since_cut >= BLOCKS_PER_CUT:
            self._cut(off_ns) if off_ns > 0 else self._stretch(-off_ns)
        return _pace_for(timing.drift_ppm, off_ns)

    def _is_off(self, off_ns: int) -> bool:
        """Whether the delay is to be corrected: from SLACK_NS on, and then until it is calm."""
        self._correcting = abs(off_ns) > (CALM_OVER_NS if self._correcting else SLACK_NS)
        return self._correcting

    def _note_delay(self, timing: Timing, delay_ns: int) -> None:
        self._delay_ns = delay_ns
        stats = self.stats
        stats.buffered_ms = delay_ns / NS_PER_MS
        stats.target_ms = self._target_ns(timing) / NS_PER_MS
        stats.drift_ppm = timing.drift_ppm

    def _cut(self, over_ns: int) -> None:
        """Take out a few milliseconds; needs that much more sound than a block."""
        most = min(LONGEST_PERIOD, samples(over_ns))
        while len(self._ready) < self._pace.needed(MOST_PPM) + most:
            if not self._playback.waits():
                return
            more = self._playback.more(0, grows=True)
            if more is not None:
                self._ready = joined(self._ready, more)
        self._ready = shortened(self._ready, most)
        self._blocks_since_cut = 0
        self.stats.shortened += 1

    def _stretch(self, under_ns: int) -> None:
        """Put in a few milliseconds."""
        self._ready = lengthened(self._ready, samples(under_ns))
        self._blocks_since_cut = 0
        self.stats.lengthened += 1


def _pace_for(drift_ppm: float, off_ns: int) -> float:
    """The pace, in millionths, at which a delay that is off its target by that much is led back."""
    drift = drift_ppm if abs(drift_ppm) >= LEAST_DRIFT_PPM else 0.0
    beyond_ns = max(0, off_ns - CALM_OVER_NS) + min(0, off_ns + CALM_UNDER_NS)
    return max(-MOST_PPM, min(MOST_PPM, drift + PPM_PER_MS * beyond_ns / NS_PER_MS))


def _length_ns(sound: Block) -> int:
    return len(sound) * NS_PER_SECOND // SAMPLE_RATE
