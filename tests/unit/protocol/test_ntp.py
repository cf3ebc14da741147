"""NTP time and round trips."""

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.ntp import middle_bits, ntp_time, round_trip_ns, short_from_ns, unix_ns
from mcu_core.protocol.rtcp import ReportBlock


def test_known_instants() -> None:
    assert ntp_time(0) == 2_208_988_800 << 32
    assert ntp_time(NS_PER_SECOND // 2) & 0xFFFF_FFFF == 0x8000_0000
    assert abs(unix_ns(ntp_time(1_760_000_000_123_456_789)) - 1_760_000_000_123_456_789) <= 1


def test_round_trip_is_the_time_since_the_report_less_the_peers_delay() -> None:
    sent = ntp_time(1_000 * NS_PER_SECOND)
    back = ntp_time(1_000 * NS_PER_SECOND + 750 * NS_PER_MS)
    block = ReportBlock(1, last_report=middle_bits(sent), delay=short_from_ns(500 * NS_PER_MS))
    trip = round_trip_ns(block, back)
    assert trip is not None
    assert abs(trip - 250 * NS_PER_MS) < NS_PER_MS


def test_round_trip_needs_a_report_and_sense() -> None:
    now = ntp_time(1_000 * NS_PER_SECOND)
    assert round_trip_ns(ReportBlock(1), now) is None
    block = ReportBlock(1, last_report=middle_bits(now), delay=65_536)
    assert round_trip_ns(block, now) is None


def test_short_durations_are_clamped() -> None:
    assert short_from_ns(10**18) == 0xFFFF_FFFF
