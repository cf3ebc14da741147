"""What one receiver was sent lately, and how much of it is sent again. Pure, time comes in."""

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

HISTORY_PACKETS = 1024
HISTORY_BYTES = 2 << 20
HISTORY_NS = 3 * NS_PER_SECOND
"""What can be sent again: two to five seconds of picture; all receivers share the payloads. Later
than that no receiver waits for it any more."""

MOST_SAVED = 48
EARNED_PER_PACKET = 0.5
EARNED_PER_SECOND = 32
"""Packets sent again: one for two that are sent, some for who sends little, this many at once at
most. Who asks for more has no path for it - then more of it would fill the queue that loses them -
or wants us to flood somebody."""

RESEND_EVERY_NS = 10 * NS_PER_MS
LONGEST_SPACING_NS = 500 * NS_PER_MS
"""A packet asked for again within a round trip is on its way already, where that is known, within
RESEND_EVERY_NS where not. Receivers that lose requests repeat them sooner than answers can come."""

URGENT_TRIES, URGENCY, LEAST_URGENT_NS = 2, 3, 30 * NS_PER_MS
"""What was sent again so often in vain is sent so much more often: losses come in bursts, and the
picture waits for it."""

QUEUE_NS = 150 * NS_PER_MS
"""What waits in the queue of a narrow path comes so much later than a round trip that was measured
before."""


class Sent(NamedTuple):
    """A unit that was sent. `number` counts all packets of the stream, up to its first one;
    `octets` are those of its payloads."""

    number: int
    timestamp: int
    marked: int
    payloads: tuple[bytes, ...]
    sent_ns: int
    octets: int


class SentPacket(NamedTuple):
    """One packet of it."""

    number: int
    timestamp: int
    marked: bool
    payload: bytes


class Resent(NamedTuple):
    """When a packet was last sent again, and how often it was."""

    at_ns: int
    times: int


class History:
    """The latest units of a stream, bounded by packets, bytes and age, and an allowance for sending
    them again. `refused`: packets that were asked for and are kept, beyond that allowance."""

    def __init__(self, round_trip_ns: int = 0) -> None:
        self.refused = 0
        self.round_trip_ns = round_trip_ns
        """To the receiver and back; 0 while unknown."""
        self.narrow = False
        """Whether the path is known to bear little: then answers wait in its queue, and impatience
        would fill it."""
        self._units: deque[Sent] = deque()
        self._bytes = 0
        self._resent: dict[int, Resent] = {}
        self._allowed = float(MOST_SAVED)
        self._earned_ns: int | None = None

    @property
    def packets(self) -> int:
        """How many are kept."""
        return sum(len(sent.payloads) for sent in self._units)

    def remember(self, sent: Sent) -> None:
        """Keep one more unit, and let go of what is too much or too old."""
        units = self._units
        units.append(sent)
        self._bytes += sent.octets
        earned = EARNED_PER_PACKET * len(sent.payloads)
        self._allowed = min(MOST_SAVED, self._allowed + earned)
        oldest = sent.number + len(sent.payloads) - HISTORY_PACKETS
        while len(units) > 1 and (
            units[1].number <= oldest
            or self._bytes > HISTORY_BYTES
            or sent.sent_ns - units[0].sent_ns > HISTORY_NS
        ):
            self._bytes -= units.popleft().octets

    def resend(self, number: int, now_ns: int) -> SentPacket | None:
        """That packet, to be sent again now; None where it is not kept, was just sent again, or too
        much has been."""
        before = self._resent.get(number)
        if before is not None and now_ns < before.at_ns + self._spacing_ns(before.times):
            return None
        found = self._find(number, now_ns)
        if found is None or not self._take(now_ns):
            return None
        self._resent.pop(number, None)
        self._resent[number] = Resent(now_ns, before.times + 1 if before is not None else 1)
        if len(self._resent) > HISTORY_PACKETS:
            del self._resent[next(iter(self._resent))]
        return found

    def _spacing_ns(self, times: int) -> int:
        """How long after it was sent again so many times a packet is not sent once more."""
        spacing_ns = min(self.round_trip_ns, LONGEST_SPACING_NS)
        if self.narrow:
            return spacing_ns + QUEUE_NS
        if times >= URGENT_TRIES:
            return max(LEAST_URGENT_NS, spacing_ns // URGENCY)
        return max(RESEND_EVERY_NS, spacing_ns)

    def _find(self, number: int, now_ns: int) -> SentPacket | None:
        if not self._units:
            return None
        last = self._units[-1]
        if number <= last.number + len(last.payloads) - 1 - HISTORY_PACKETS:
            return None
        at = bisect_right(self._units, number, key=lambda sent: sent.number) - 1
        if at < 0:
            return None
        sent = self._units[at]
        index = number - sent.number
        if index >= len(sent.payloads) or now_ns - sent.sent_ns > HISTORY_NS:
            return None
        return SentPacket(number, sent.timestamp, index == sent.marked, sent.payloads[index])

    def _take(self, now_ns: int) -> bool:
        if self._earned_ns is not None:
            earned = (now_ns - self._earned_ns) * EARNED_PER_SECOND / NS_PER_SECOND
            self._allowed = min(MOST_SAVED, self._allowed + earned)
        self._earned_ns = now_ns
        if self._allowed < 1:
            self.refused += 1
            return False
        self._allowed -= 1
        return True
