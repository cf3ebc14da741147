"""When sound frames come, and how long they must therefore be kept: pure, time comes in."""

from array import array
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass

from mcu_core.ingress.drift import Drift
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS

LEAST_DELAY_NS = 20 * NS_PER_MS
USUAL_DELAY_NS = 200 * NS_PER_MS
"""Sound does not wait longer for what is late now and then: it is made up. Only where frames come
one by one as late as that, it has to."""

LONGEST_DELAY_NS = 1_100 * NS_PER_MS
FIRST_DELAY_NS = 40 * NS_PER_MS
"""Until a second of frames has been seen."""

MARGIN_NS = 5 * NS_PER_MS
VERY_LATE_NS = USUAL_DELAY_NS - BLOCK_NS - MARGIN_NS
"""What is later than this comes too late for that."""

JUMP_NS = 2 * NS_PER_SECOND
"""A frame so far off the others' time is of another timeline: the sender began anew."""

WINDOW_NS = 4 * NS_PER_SECOND
"""Time over which lateness is judged: a calm network is believed soon."""

MOST_NOTED = 1600
"""Frames of 2.5 ms in that time."""

STALL_NS = 10 * NS_PER_MS
"""A frame that comes so soon after another, and is less late, has waited for the same thing: a
pause of the network is one late frame, not fifty."""

CALM_AFTER_NS = 1_500 * NS_PER_MS
"""No frame later than usual for so long: the longer delay is given back."""

_ENOUGH_NS = NS_PER_SECOND
_ON_TIME_SHARE = 0.98
_JUDGE_EVERY_NS = 160 * NS_PER_MS
_JUDGE_SOON_NS = 20 * NS_PER_MS
_BUCKETS = 10
"""The earliest frame of ten seconds is the reference: clocks that drift are followed."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What is known of a stream's timing at a moment.

    `base_ns`: the quickest transit (arrival less media time) lately. `target_ns`: how long after
    the quickest possible arrival a frame should be played, 20..1100 ms: one block, because a pull
    looks that far ahead, and what 98 of 100 frames are late by. `drift_ppm`: by how many millionths
    its sender's clock is faster than ours.
    """

    base_ns: int = 0
    target_ns: int = FIRST_DELAY_NS
    drift_ppm: float = 0.0


class Arrivals:
    """Learns a stream's timing; `timing` is replaced whole, so that any thread may read it."""

    def __init__(self) -> None:
        self.timing = Timing()
        self._forget()

    def _forget(self) -> None:
        # Plain numbers, not objects: what is touched for each packet of hundreds of sites has to be
        # fetched from memory each time.
        self._arrived = array("q")
        self._transits = array("q")
        """Of the frames in the window, oldest first, and of some before them."""
        self._first = 0
        """Where the window begins."""
        self._ordered = array("q")
        """The window's transits in order of size."""
        self._last = 0
        self._last_ns = self._very_late_ns = 0
        self._minima: deque[tuple[int, int]] = deque(maxlen=_BUCKETS)
        """Second and quickest transit in it."""
        self._drift = Drift()
        self._began_ns = 0
        self._judged_ns = 0

    def note(self, stamp_ns: int, arrival_ns: int) -> bool:
        """Note one frame; False if it begins another timeline, before which all is forgotten."""
        transit = arrival_ns - stamp_ns
        same = not self._ordered or abs(transit - self._last) < JUMP_NS
        if not same:
            self._forget()
        if not self._ordered:
            self._began_ns = self._judged_ns = arrival_ns
            self.timing = Timing(base_ns=transit)
        drained = transit < self._last and arrival_ns - self._last_ns < STALL_NS
        self._last, self._last_ns = transit, arrival_ns
        base_ns = self._note_minimum(transit, arrival_ns)
        if transit - base_ns > VERY_LATE_NS:
            self._very_late_ns = arrival_ns
        if not (drained and self._very_late_ns == arrival_ns):
            self._remember(arrival_ns, transit)
        since_ns = arrival_ns - self._judged_ns
        late = transit - base_ns > self.timing.target_ns
        # A base that rises makes all less late: by the target of before, sound would wait twice.
        risen = base_ns > self.timing.base_ns
        if risen or since_ns >= _JUDGE_EVERY_NS or (late and since_ns >= _JUDGE_SOON_NS):
            self._judge(arrival_ns, base_ns)
        elif base_ns < self.timing.base_ns:
            self.timing = Timing(base_ns, self.timing.target_ns, self.timing.drift_ppm)
        return same

    def _remember(self, arrival_ns: int, transit: int) -> None:
        self._arrived.append(arrival_ns)
        self._transits.append(transit)
        insort(self._ordered, transit)
        begin_ns = arrival_ns - WINDOW_NS
        while len(self._ordered) > MOST_NOTED or self._arrived[self._first] < begin_ns:
            del self._ordered[bisect_left(self._ordered, self._transits[self._first])]
            self._first += 1
        if self._first > MOST_NOTED:
            del self._arrived[: self._first], self._transits[: self._first]
            self._first = 0

    def _note_minimum(self, transit: int, arrival_ns: int) -> int:
        """The quickest transit of the last seconds, this one among them."""
        second = arrival_ns // NS_PER_SECOND
        minima = self._minima
        if minima and minima[-1][0] == second:
            if transit >= minima[-1][1]:
                return self.timing.base_ns
            minima[-1] = (second, transit)
            return min(transit, self.timing.base_ns)
        if minima:
            self._drift.note_second(*minima[-1])
        minima.append((second, transit))
        return min(least for _, least in minima)

    def _judge(self, now_ns: int, base_ns: int) -> None:
        self._judged_ns = now_ns
        transits = self._ordered
        late_ns = transits[int(_ON_TIME_SHARE * (len(transits) - 1))] - base_ns
        wanted = min(BLOCK_NS + MARGIN_NS + late_ns, USUAL_DELAY_NS)
        if late_ns > VERY_LATE_NS and now_ns - self._very_late_ns < CALM_AFTER_NS:
            wanted = BLOCK_NS + MARGIN_NS + transits[-1] - base_ns
        if now_ns - self._began_ns < _ENOUGH_NS:
            wanted = max(wanted, FIRST_DELAY_NS)
        target_ns = max(LEAST_DELAY_NS, min(LONGEST_DELAY_NS, wanted))
        self.timing = Timing(base_ns, target_ns, self._drift.ppm)
