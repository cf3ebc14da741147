"""Asking again for what is lost."""

from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol.loss import (
    FIRST_WAIT_NS,
    GIVE_UP_NS,
    MAX_MISSING,
    MAX_TRIES,
    MIN_REPEAT_NS,
    NackSchedule,
)

RTT_NS = 100 * NS_PER_MS


def test_nothing_is_asked_for_without_a_gap() -> None:
    schedule = NackSchedule()
    for sequence in (65_534, 65_535, 0, 1):
        schedule.push(sequence, 0)
    assert schedule.due(GIVE_UP_NS, RTT_NS) == []


def test_a_gap_is_asked_for_after_a_short_wait_oldest_first() -> None:
    schedule = NackSchedule()
    schedule.push(65_534, 0)
    schedule.push(2, 0)
    assert schedule.due(FIRST_WAIT_NS - 1, RTT_NS) == []
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == [65_535, 0, 1]


def test_a_packet_that_was_only_overtaken_is_never_asked_for() -> None:
    schedule = NackSchedule()
    for sequence in (1, 3, 2):
        schedule.push(sequence, 0)
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == []
    assert (schedule.asked, schedule.recovered, schedule.overtaken) == (0, 0, 1)


def test_an_answer_that_is_overdue_is_asked_for_again() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == [2]
    repeat_ns = FIRST_WAIT_NS + RTT_NS * 5 // 4
    assert schedule.due(repeat_ns - 1, RTT_NS) == []
    assert schedule.due(repeat_ns, RTT_NS) == [2]
    schedule.push(2, repeat_ns)
    assert schedule.due(repeat_ns + GIVE_UP_NS, RTT_NS) == []
    assert (schedule.asked, schedule.recovered, schedule.abandoned) == (1, 1, 0)


def test_without_a_round_trip_time_repeats_keep_a_distance() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    assert schedule.due(FIRST_WAIT_NS, 0) == [2]
    assert schedule.due(FIRST_WAIT_NS + MIN_REPEAT_NS - 1, 0) == []
    assert schedule.due(FIRST_WAIT_NS + MIN_REPEAT_NS, 0) == [2]


def test_tries_and_time_have_an_end() -> None:
    schedule = NackSchedule(give_up_ns=10**12)
    schedule.push(1, 0)
    schedule.push(3, 0)
    asked = sum(bool(schedule.due(turn * RTT_NS * 2, RTT_NS)) for turn in range(1, 50))
    assert asked == MAX_TRIES
    assert schedule.abandoned == 1

    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    assert schedule.due(GIVE_UP_NS, RTT_NS) == []
    assert (len(schedule), schedule.abandoned) == (0, 1)


def test_what_is_missing_is_bounded() -> None:
    schedule = NackSchedule()
    schedule.push(0, 0)
    for sequence in range(2, 4000, 2):
        schedule.push(sequence, 0)
        assert len(schedule) <= MAX_MISSING
    assert schedule.abandoned > 0


def test_a_gap_too_wide_is_a_case_for_a_keyframe() -> None:
    schedule = NackSchedule()
    schedule.push(0, 0)
    schedule.push(MAX_MISSING + 2, 0)
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == []
    assert schedule.abandoned == MAX_MISSING + 1


def test_a_sender_that_starts_again_is_followed() -> None:
    schedule = NackSchedule()
    for sequence in (40_000, 40_002, 20_000, 20_002):
        schedule.push(sequence, 0)
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == [20_001]


def test_reset_forgets_what_is_missing() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    schedule.reset()
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == []
