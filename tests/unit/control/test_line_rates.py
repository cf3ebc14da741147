"""Rates and losses out of two snapshots."""

from control_api.services.line_rates import lines_between
from control_api.services.views import LineView
from mcu_core.contract.snapshots import SiteSnapshot
from mcu_core.media.clock import NS_PER_SECOND

TWO_S = 2 * NS_PER_SECOND


def site(octets: int = 0, packets: int = 0, lost: int = 0, endpoint: str = "e1") -> SiteSnapshot:
    return SiteSnapshot(
        "a",
        "A",
        endpoint,
        bytes_received=octets,
        packets_received=packets,
        packets_lost=lost,
    )


def test_what_came_between_two_snapshots_is_told_to_two_digits() -> None:
    before, now = site(1_000, 10, 1), site(309_000, 290, 21)
    expected = LineView(rate_kbps=1200, loss_percent=6.7)
    assert lines_between({"a": before}, [now], TWO_S) == {"a": expected}


def test_a_new_connection_a_first_look_and_a_site_without_packets_have_no_line() -> None:
    now = site(300_000, 290)
    assert lines_between({"a": site(endpoint="e0")}, [now], TWO_S) == {}
    assert lines_between({}, [now], TWO_S) == {}
    assert lines_between({"a": site()}, [site()], TWO_S) == {}


def test_clocks_of_two_engines_are_not_compared() -> None:
    before, now = {"a": site()}, [site(300_000, 290)]
    assert lines_between(before, now, -TWO_S) == {}
    assert lines_between(before, now, 3600 * NS_PER_SECOND) == {}


def test_counters_that_began_anew_are_no_negative_rates() -> None:
    line = lines_between({"a": site(9_000, 90, 9)}, [site(100, 1)], TWO_S)["a"]
    assert line == LineView(rate_kbps=0, loss_percent=0.0)
