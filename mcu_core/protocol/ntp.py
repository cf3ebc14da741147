"""NTP time as RTCP writes it (RFC 3550 4), and the round trip time that follows from it."""

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol.rtcp_reports import ReportBlock

UNIX_EPOCH_S = 2_208_988_800
"""From 1900 to 1970."""

_SHORT_MASK = 0xFFFF_FFFF


def ntp_time(unix_ns: int) -> int:
    """64 bits, 32.32 seconds since 1900, wrapping in 2036; `unix_ns` nanoseconds since 1970."""
    seconds, rest = divmod(unix_ns, NS_PER_SECOND)
    return ((seconds + UNIX_EPOCH_S) & _SHORT_MASK) << 32 | (rest << 32) // NS_PER_SECOND


def unix_ns(ntp: int) -> int:
    """Nanoseconds since 1970 of a 64 bit NTP time between 1970 and 2036."""
    seconds = (ntp >> 32) - UNIX_EPOCH_S
    return seconds * NS_PER_SECOND + ((ntp & _SHORT_MASK) * NS_PER_SECOND >> 32)


def middle_bits(ntp: int) -> int:
    """The middle 32 bits, in 1/65536 s: what a report block repeats of a sender report."""
    return ntp >> 16 & _SHORT_MASK


def short_from_ns(duration_ns: int) -> int:
    """A duration in 1/65536 s, at most 32 bits."""
    return min(_SHORT_MASK, duration_ns * 65_536 // NS_PER_SECOND)


def round_trip_ns(block: ReportBlock, now_ntp: int) -> int | None:
    """The round trip time that a report block shows when it arrives at `now_ntp` (6.4.1).

    None where it answers no sender report, or is nonsense: a delay longer than all the time since.
    """
    if not block.last_report:
        return None
    trip = (middle_bits(now_ntp) - block.last_report - block.delay) & _SHORT_MASK
    if trip & 0x8000_0000:
        return None
    return trip * NS_PER_SECOND // 65_536
