"""What a receiver's path bears, by its own reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.adaptation.path_rate import (
    CAREFUL_GROWTH_PER_S,
    EXCUSED_NS,
    GROWTH_PER_S,
    GUESSED,
    HOLD_NS,
    KNOWN,
    LEAST_BPS,
    SETTLING_NS,
    STEP,
    UNLIMITED_BPS,
    PathRate,
)
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

RTT_NS = 60 * NS_PER_MS


def sending(bitrate_bps: int, seconds: int = 6) -> tuple[PathRate, int]:
    """A path that so much has been sent by, and the time."""
    path = PathRate()
    for tenth in range(10 * seconds + 1):
        path.tick(tenth * NS_PER_SECOND // 10)
        path.sent(bitrate_bps // 80)
    return path, seconds * NS_PER_SECOND


def test_a_still_picture_is_no_congestion() -> None:
    path, now_ns = sending(6_000)
    path.advised(9_000, now_ns)
    assert path.limit_bps == UNLIMITED_BPS


def test_an_advice_below_what_was_sent_is_a_limit() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0.05, RTT_NS, now_ns)
    path.advised(800_000, now_ns)
    path.advised(800_000, now_ns)
    assert path.limit_bps == 800_000


def test_an_advice_alone_is_not_believed() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0, RTT_NS, now_ns)
    for _ in range(3):
        path.advised(5_000, now_ns)
    assert path.limit_bps == UNLIMITED_BPS
    path.reported(0.05, RTT_NS, now_ns)
    path.advised(5_000, now_ns)
    assert path.limit_bps == LEAST_BPS


def test_what_was_let_go_of_on_this_side_is_no_loss_of_the_path() -> None:
    path, now_ns = sending(2_000_000)
    path.excuse(now_ns)
    path.reported(0.9, RTT_NS, now_ns)
    assert path.limit_bps == UNLIMITED_BPS
    path.reported(0.9, RTT_NS, now_ns + EXCUSED_NS)
    assert path.limit_bps < 2_000_000


def test_a_limit_is_lifted_by_time_but_not_at_once() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0.05, RTT_NS, now_ns)
    path.advised(300_000, now_ns)
    path.advised(300_000, now_ns)
    path.tick(now_ns + HOLD_NS)
    assert path.limit_bps == 300_000
    path.tick(now_ns + HOLD_NS + NS_PER_SECOND)
    assert 330_000 < path.limit_bps < 450_000
    for tenth in range(10 * (HOLD_NS // NS_PER_SECOND + 1), 111):
        path.tick(now_ns + tenth * NS_PER_SECOND // 10)
    assert path.limit_bps > 2_000_000
    path.tick(now_ns + 120 * NS_PER_SECOND)
    assert path.limit_bps == UNLIMITED_BPS


@pytest.mark.parametrize(
    ("lost", "round_trip_ms", "limited"),
    [
        (0.0, 200, False),  # a queue that loses nothing
        (0.05, 200, False),
        (0.2, 60, False),  # a bad radio: fewer bits would not help
        (0.2, 160, True),
        (0.5, 60, False),  # a long burst
        (0.85, None, True),
    ],
)
def test_loss_is_congestion_where_packets_wait(
    lost: float, round_trip_ms: int | None, limited: bool
) -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0, RTT_NS, now_ns)
    path.reported(lost, round_trip_ms and round_trip_ms * NS_PER_MS, now_ns)
    if limited:
        assert path.limit_bps == pytest.approx(0.9 * (1 - lost) * 2_000_000, rel=0.1)
    else:
        assert path.limit_bps == UNLIMITED_BPS


def test_a_policer_has_no_queue_and_goes_on_for_longer_than_a_burst() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0.5, RTT_NS, now_ns)
    path.reported(0.05, RTT_NS, now_ns)
    path.reported(0.5, RTT_NS, now_ns)
    assert path.limit_bps == UNLIMITED_BPS
    path.reported(0.5, RTT_NS, now_ns)
    assert path.limit_bps == pytest.approx(0.9 * 0.5 * 2_000_000, rel=0.1)


def test_bursts_that_follow_each_other_are_no_congestion_where_nothing_waits() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0, RTT_NS, now_ns)
    for lost in (0.43, 0.38, 0.36, 0.2, 0.4):
        path.reported(lost, RTT_NS, now_ns)
    assert path.limit_bps == UNLIMITED_BPS
    for lost in (0.4, 0.4, 0.4):
        path.reported(lost, RTT_NS, now_ns)
    assert path.limit_bps == pytest.approx(0.9 * 0.6 * 2_000_000, rel=0.1)


def test_bursts_that_take_a_report_of_ours_too_are_no_congestion_either() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0, RTT_NS, now_ns)
    for lost in (0.43, 0.38, 0.36):
        path.reported(lost, None, now_ns)
    assert path.limit_bps == UNLIMITED_BPS


def test_where_arrivals_jitter_wildly_a_longer_round_trip_is_no_queue() -> None:
    path, now_ns = sending(2_000_000)
    path.reported(0, RTT_NS, now_ns)
    path.reported(0.2, 10 * RTT_NS, now_ns, jitter_ns=300 * NS_PER_MS)
    assert path.limit_bps == UNLIMITED_BPS
    path.reported(0.2, 10 * RTT_NS, now_ns, jitter_ns=20 * NS_PER_MS)
    assert path.limit_bps < 2_000_000


def test_a_guess_is_taken_back_where_the_next_report_tells_of_wild_jitter() -> None:
    path, now_ns = sending(2_000_000)
    path.collapsed(0.8, now_ns)
    assert path.limit_bps < 2_000_000
    path.reported(0.2, RTT_NS, now_ns + NS_PER_SECOND, jitter_ns=200 * NS_PER_MS)
    assert path.limit_bps == UNLIMITED_BPS
    path.congested(300_000, now_ns + NS_PER_SECOND)
    path.reported(0.2, RTT_NS, now_ns + NS_PER_SECOND, jitter_ns=200 * NS_PER_MS)
    assert path.limit_bps == 300_000, "that was no guess"


def test_an_order_holds_until_the_next_one() -> None:
    path, now_ns = sending(100_000)
    path.ordered(500_000)
    path.tick(now_ns + 60 * NS_PER_SECOND)
    assert path.limit_bps == 500_000
    path.ordered(3_000_000)
    assert path.limit_bps == 3_000_000


def narrowed(bitrate_bps: int = 300_000) -> tuple[PathRate, int]:
    """A path that was found full at so much, is sent half of it, and had no queue lately."""
    path, now_ns = sending(2_000_000)
    path.congested(bitrate_bps, now_ns)
    for _ in range(40):
        now_ns += NS_PER_SECOND // 10
        path.tick(now_ns)
        path.sent(bitrate_bps // 160)
    path.reported(0, RTT_NS, now_ns)
    return path, now_ns


def test_where_packets_wait_on_a_narrow_path_no_more_is_tried() -> None:
    path, now_ns = narrowed()
    before = path.limit_bps
    assert before > 330_000
    path.reported(0, RTT_NS + 60 * NS_PER_MS, now_ns)
    path.tick(now_ns + HOLD_NS)
    assert path.limit_bps == before
    path.tick(now_ns + HOLD_NS + NS_PER_SECOND)
    assert path.limit_bps > before


@pytest.mark.parametrize(("reports", "lost"), [(1, 0.05), (2, 0.0)])
def test_what_waits_there_and_loses_or_waits_on_leads_back_to_what_it_bore(
    reports: int, lost: float
) -> None:
    path, now_ns = narrowed()
    for _ in range(reports):
        path.reported(lost, RTT_NS + 60 * NS_PER_MS, now_ns)
    assert path.limit_bps == 300_000
    path.reported(lost, RTT_NS + 60 * NS_PER_MS, now_ns)
    assert path.limit_bps == int(STEP * 300_000), "that was too much as well"


def test_near_what_it_bore_a_limit_is_lifted_more_slowly() -> None:
    path, now_ns = narrowed()
    near = path.limit_bps
    path.tick(now_ns + NS_PER_SECOND)
    assert path.limit_bps == pytest.approx(CAREFUL_GROWTH_PER_S * near, rel=0.01)
    for tenth in range(1, 101):
        path.tick(now_ns + NS_PER_SECOND + tenth * NS_PER_SECOND // 10)
    assert path.limit_bps > KNOWN * 300_000 * GROWTH_PER_S**6


def test_what_got_lost_before_a_fall_is_told_after_it() -> None:
    path, now_ns = sending(2_000_000)
    path.collapsed(0.8, now_ns)
    fallen = path.limit_bps
    assert fallen == pytest.approx(GUESSED * 0.2 * 2_000_000, rel=0.1)
    path.reported(0.7, RTT_NS, now_ns + NS_PER_SECOND)
    assert path.limit_bps == fallen
    path.reported(0.7, RTT_NS, now_ns + SETTLING_NS)
    assert path.limit_bps < fallen


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**9),
            st.integers(0, 10**7),
            st.integers(0, 1 << 60),
            st.floats(0, 1),
            st.none() | st.integers(0, 10**10),
        )
    )
)
def test_whatever_is_told_the_limit_stays_a_rate(
    told: list[tuple[int, int, int, float, int | None]],
) -> None:
    path, now_ns = PathRate(), 0
    for step_ns, count, advice, lost, round_trip in told:
        now_ns += step_ns
        path.sent(count)
        path.advised(advice, now_ns)
        path.reported(lost, round_trip, now_ns)
        path.tick(now_ns)
        assert 1 <= path.limit_bps <= UNLIMITED_BPS
