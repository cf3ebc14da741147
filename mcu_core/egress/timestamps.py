"""From the conference clock to a codec's RTP clock: the one mapping of all that leaves."""

from mcu_core.media.clock import NS_PER_SECOND

TIMESTAMPS = 1 << 32


def rtp_ticks(stamp_ns: int, clock_rate: int) -> int:
    """`stamp_ns` in ticks of `clock_rate` Hz, rounded; not wrapped."""
    return (stamp_ns * clock_rate + NS_PER_SECOND // 2) // NS_PER_SECOND
