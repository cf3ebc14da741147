"""Whether a path's queue fills, and what the path bears then: out of when packets left and came.

The delay of a packet is its way and its wait. Ways are constant, so what a packet was slower than
the quickest of the last seconds is its wait in queues. Single packets wait for many reasons (a
radio that sends again, a burst of our own); a full path lets all of them wait: so the shortest wait
of a short while is looked at. Own design; Google's congestion control has a trend line instead,
which must tell a slope from noise where this one has a level.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

WINDOW_NS = 500 * NS_PER_MS
"""As long as this losses are counted."""

RATE_NS = 250 * NS_PER_MS
"""As long as this is measured what arrives: while a queue stands that is what the path bears,
however little is sent meanwhile."""

STANDING_NS = 150 * NS_PER_MS
"""The shortest wait within this time is that of a queue that stands."""

BASE_NS = 20 * NS_PER_SECOND
"""The quickest packet within this time shows the way without a wait; clocks drift apart by no more
than 4 ms meanwhile."""

FULL_NS = 45 * NS_PER_MS
QUEUED_NS = 20 * NS_PER_MS
LOSS, HEAVY_LOSS = 0.08, 0.35
"""Loss while a queue stands is the queue's overflow; without one, only so much is congestion."""

KEPT = 0.88
"""So much of what arrives may be sent: the rest empties the queue."""

SETTLING_NS = 250 * NS_PER_MS
"""So long after a finding there is no other one: then all of RATE_NS is new."""

LEAST_PACKETS, LEAST_ARRIVED = 8, 3


class Arrival(NamedTuple):
    """One packet: when it left, when it came on the receiver's clock (None: never), its bytes."""

    sent_ns: int
    came_ns: int | None
    size: int


class QueueWatch:
    """Follows one path; `wait_ns` is how long its queue was at the last look, `told` counts packets
    told of."""

    def __init__(self) -> None:
        self.wait_ns = 0
        self.told = 0
        self._recent: deque[Arrival] = deque()
        self._bases: deque[tuple[int, int]] = deque()
        self._settled_ns = 0

    def look(self, arrivals: Sequence[Arrival], now_ns: int) -> int | None:
        """Take what became of some packets; what the path bears, bit/s, where it is full."""
        recent = self._recent
        self.told += len(arrivals)
        for one in arrivals:
            recent.append(one)
            if one.came_ns is not None:
                self._note_base(one.came_ns - one.sent_ns, one.sent_ns)
        while recent and recent[0].sent_ns < recent[-1].sent_ns - WINDOW_NS:
            recent.popleft()
        came = [one for one in recent if one.came_ns is not None]
        if len(recent) < LEAST_PACKETS or not self._bases:
            return None
        standing = [
            one.came_ns - one.sent_ns
            for one in came
            if one.came_ns is not None and one.sent_ns >= recent[-1].sent_ns - STANDING_NS
        ]
        if standing:
            self.wait_ns = min(standing) - self._bases[0][1]
        lost = 1 - len(came) / len(recent)
        full = (
            self.wait_ns > FULL_NS
            or lost >= HEAVY_LOSS
            or (lost >= LOSS and self.wait_ns > QUEUED_NS)
        )
        if not full or now_ns < self._settled_ns or len(came) < LEAST_ARRIVED:
            return None
        self._settled_ns = now_ns + SETTLING_NS
        if self._collapsing():
            return int(KEPT * _rate(came, RATE_NS // 2))
        return int(KEPT * max(_rate(came), _delivered(came, recent[-1].sent_ns)))

    def _collapsing(self) -> bool:
        """Whether most of what was sent just now is lost: then only what came just now counts."""
        newest_ns = self._recent[-1].sent_ns
        lately = [one for one in self._recent if one.sent_ns >= newest_ns - STANDING_NS]
        return sum(one.came_ns is None for one in lately) > len(lately) // 2

    def _note_base(self, delay_ns: int, sent_ns: int) -> None:
        """Keep the least delay of the last seconds: a queue of falling values, least first."""
        bases = self._bases
        while bases and bases[-1][1] >= delay_ns:
            bases.pop()
        bases.append((sent_ns, delay_ns))
        while bases[0][0] < sent_ns - BASE_NS:
            bases.popleft()


def _delivered(came: Sequence[Arrival], newest_ns: int) -> float:
    """What was sent lately and arrived, bit/s: of a burst that took its time, as much as of an even
    flow."""
    bits = sum(8 * one.size for one in came if one.sent_ns > newest_ns - RATE_NS)
    return bits * NS_PER_SECOND / (RATE_NS + STANDING_NS // 4)


def _rate(came: Sequence[Arrival], length_ns: int = RATE_NS) -> float:
    """What arrived lately, bit/s: all but the first packet, over the time between both ends."""
    times = sorted((one.came_ns, one.size) for one in came if one.came_ns is not None)
    lately = [one for one in times if one[0] >= times[-1][0] - length_ns]
    if len(lately) < LEAST_ARRIVED:
        lately = times
    span_ns = max(lately[-1][0] - lately[0][0], length_ns // 5)
    return sum(size for _, size in lately[1:]) * 8 * NS_PER_SECOND / span_ns
