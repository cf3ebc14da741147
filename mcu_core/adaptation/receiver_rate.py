"""What one receiver can take, read out of its REMB messages: a pure decision.

A receiver cannot estimate more than about one and a half times what it is sent. While a picture
stands still and costs a few kbit/s, its advice is a few kbit/s too; taken at its word, the next
movement would find an encoder that has been starved by its own thrift. So an advice counts as a
limit only when it lies below what was really sent: then the path is full.
"""

from mcu_core.media.clock import NS_PER_SECOND

UNLIMITED_BPS = 1_000_000_000
COMPLAINT = 0.95
"""An advice below this share of what was sent means congestion."""

GROWTH_PER_S = 1.08
"""How fast a limit is lifted again while nothing complains, as Google's congestion control does."""

MEASURE_NS = NS_PER_SECOND // 2


class ReceiverRate:
    """Limit of one receiver, bit/s. Give it every byte sent and every advice heard."""

    def __init__(self) -> None:
        self.limit_bps = UNLIMITED_BPS
        self._sent_bytes = 0
        self._sent_bps = 0.0
        self._measured_ns: int | None = None
        self._heard_ns: int | None = None

    def sent(self, count: int) -> None:
        """So many bytes were sent."""
        self._sent_bytes += count

    def heard(self, advice_bps: int, now_ns: int) -> int:
        """Take one advice; the limit that now holds."""
        self._measure(now_ns)
        if advice_bps < COMPLAINT * self._sent_bps:
            self.limit_bps = advice_bps
        elif self._heard_ns is not None:
            seconds = (now_ns - self._heard_ns) / NS_PER_SECOND
            grown = self.limit_bps * GROWTH_PER_S**seconds
            self.limit_bps = min(UNLIMITED_BPS, max(int(grown), advice_bps))
        self._heard_ns = now_ns
        return self.limit_bps

    def _measure(self, now_ns: int) -> None:
        if self._measured_ns is None:
            self._measured_ns, self._sent_bytes = now_ns, 0
        elif now_ns - self._measured_ns >= MEASURE_NS:
            seconds = (now_ns - self._measured_ns) / NS_PER_SECOND
            self._sent_bps = self._sent_bytes * 8 / seconds
            self._measured_ns, self._sent_bytes = now_ns, 0
