"""How late sound frames come, and how long they must therefore be kept: pure, time comes in."""

from collections import deque

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS

LEAST_DELAY_NS = 20 * NS_PER_MS
LONGEST_DELAY_NS = 200 * NS_PER_MS
FIRST_DELAY_NS = 40 * NS_PER_MS
"""Until a second of frames has been seen."""

MARGIN_NS = 5 * NS_PER_MS
JUMP_NS = 2 * NS_PER_SECOND
"""A frame so far off the others' time is of another timeline: the sender began anew."""

WINDOW = 200
"""Frames over which lateness is judged: four seconds, so that a calm network is believed soon."""

_ENOUGH = 50
_ON_TIME_SHARE = 0.97
_JUDGE_EVERY = 8
_BUCKET_NS = NS_PER_SECOND
_BUCKETS = 10
"""The earliest frame of ten seconds is the reference: clocks that drift are followed."""


class Arrivals:
    """Learns a stream's transit: `base_ns`, the least of (arrival - stamp), and its scatter."""

    def __init__(self) -> None:
        self._transits: deque[int] = deque(maxlen=WINDOW)
        self._minima: deque[tuple[int, int]] = deque(maxlen=_BUCKETS)
        self._target_ns = FIRST_DELAY_NS
        self._since_judged = 0

    @property
    def base_ns(self) -> int:
        """The quickest transit lately; 0 before the first frame."""
        return min((least for _, least in self._minima), default=0)

    @property
    def target_ns(self) -> int:
        """How long after the quickest possible arrival a frame should be played, 20..200 ms.

        One block, because a pull looks that far ahead, and what 97 of 100 frames are late by.
        """
        return self._target_ns

    def note(self, stamp_ns: int, arrival_ns: int) -> bool:
        """Note one frame; False if it begins another timeline, before which all is forgotten."""
        transit = arrival_ns - stamp_ns
        same = not self._transits or abs(transit - self._transits[-1]) < JUMP_NS
        if not same:
            self._transits.clear()
            self._minima.clear()
            self._target_ns = FIRST_DELAY_NS
        self._transits.append(transit)
        self._note_minimum(transit, arrival_ns)
        self._since_judged += 1
        if self._since_judged >= _JUDGE_EVERY or transit - self.base_ns > self._target_ns:
            self._judge()
        return same

    def _note_minimum(self, transit: int, arrival_ns: int) -> None:
        bucket = arrival_ns // _BUCKET_NS
        if self._minima and self._minima[-1][0] == bucket:
            self._minima[-1] = (bucket, min(transit, self._minima[-1][1]))
        else:
            self._minima.append((bucket, transit))

    def _judge(self) -> None:
        self._since_judged = 0
        ordered = sorted(self._transits)
        late_ns = ordered[int(_ON_TIME_SHARE * (len(ordered) - 1))] - self.base_ns
        wanted = BLOCK_NS + MARGIN_NS + late_ns
        if len(ordered) < _ENOUGH:
            wanted = max(wanted, FIRST_DELAY_NS)
        self._target_ns = max(LEAST_DELAY_NS, min(LONGEST_DELAY_NS, wanted))
