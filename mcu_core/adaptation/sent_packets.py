"""What became of the packets that were sent over a path, by transport-wide feedback. Pure."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from mcu_core.adaptation.queue_watch import Arrival, QueueWatch
from mcu_core.protocol.sequence import SEQUENCE_MASK
from mcu_core.protocol.transport_cc import TransportFeedback

KEPT = 4096
"""Packets remembered until they are told of; a second of a fast path is a thousand."""


class _Sent(NamedTuple):
    number: int
    time_ns: int
    size: int


class SentPackets:
    """Numbers the packets of one transport and matches what is told of them."""

    def __init__(self) -> None:
        self.watch = QueueWatch()
        self._next = 0
        self._sent: deque[_Sent] = deque(maxlen=KEPT)

    def number(self, sizes: Sequence[int], now_ns: int) -> int:
        """Packets of these sizes leave now; the number of the first, 0..65535."""
        first = self._next
        for size in sizes:
            self._sent.append(_Sent(self._next, now_ns, size))
            self._next += 1
        return first & SEQUENCE_MASK

    def told(self, feedback: TransportFeedback, now_ns: int) -> int | None:
        """What the path bears, bit/s, where the feedback shows that it is full; else None.

        Packets told of are forgotten with those before them: feedback that came twice, or late,
        says nothing.
        """
        if not self._sent:
            return None
        oldest = self._sent[0].number
        ahead = (feedback.first - oldest) & SEQUENCE_MASK
        if ahead > SEQUENCE_MASK // 2:
            skipped = SEQUENCE_MASK + 1 - ahead
            arrivals = feedback.arrivals_us[skipped:]
        else:
            arrivals = feedback.arrivals_us
            for _ in range(min(ahead, len(self._sent))):
                self._sent.popleft()
        found = []
        for at_us in arrivals:
            if not self._sent:
                break
            sent = self._sent.popleft()
            at_ns = at_us * 1000 if at_us is not None else None
            found.append(Arrival(sent.time_ns, at_ns, sent.size))
        return self.watch.look(found, now_ns) if found else None
