"""From the conference clock to a stream's RTP clock: the one mapping of all that leaves."""

import secrets

from mcu_core.media.clock import NS_PER_SECOND

TIMESTAMPS = 1 << 32


class StreamClock:
    """One stream's RTP clock of `rate` Hz. It begins at a random `first` (RFC 3550 5.1)."""

    def __init__(self, rate: int) -> None:
        self.first = secrets.randbelow(TIMESTAMPS)
        self._rate = rate

    def at(self, stamp_ns: int) -> int:
        """The timestamp of that moment: the nearest tick, 32 bits, wrapped."""
        ticks = (stamp_ns * self._rate + NS_PER_SECOND // 2) // NS_PER_SECOND
        return (self.first + ticks) % TIMESTAMPS
