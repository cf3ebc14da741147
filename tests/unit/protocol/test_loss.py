"""Asking again for what is lost."""

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.loss import (
    FIRST_WAIT_NS,
    GIVE_UP_NS,
    LATELY_NS,
    LONGEST_FIRST_WAIT_NS,
    LONGEST_PATIENCE_NS,
    MAX_MISSING,
    MAX_TRIES,
    MIN_REPEAT_NS,
    REORDER_NS,
    SEVERAL,
    TRIES_WAITED,
    UNANSWERED,
    WILD_NS,
    NackSchedule,
)
from mcu_core.protocol.peak import FORGOTTEN_NS

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


def test_with_a_short_round_trip_repeats_keep_a_distance() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    assert schedule.due(FIRST_WAIT_NS, 1) == [2]
    assert schedule.due(FIRST_WAIT_NS + MIN_REPEAT_NS - 1, 1) == []
    assert schedule.due(FIRST_WAIT_NS + MIN_REPEAT_NS, 1) == [2]


def test_where_an_answer_stays_away_requests_are_repeated_sooner_than_it_can_come() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    asked = [ms for ms in range(600) if schedule.due(ms * NS_PER_MS, RTT_NS)]
    assert asked[:4] == [5, 130, 150, 170]


def test_answers_that_come_make_requests_patient_again() -> None:
    schedule, second_ns = NackSchedule(), 1000 * NS_PER_MS
    schedule.push(1, 0)
    schedule.push(3, 0)
    schedule.due(FIRST_WAIT_NS, RTT_NS)
    schedule.due(FIRST_WAIT_NS + 2 * RTT_NS, RTT_NS)  # overdue
    for number in range(5, 125, 2):
        now_ns = number * second_ns
        schedule.push(number, now_ns)
        assert schedule.due(now_ns + FIRST_WAIT_NS, RTT_NS) == [number - 1]
        schedule.push(number - 1, now_ns + RTT_NS)
    now_ns = 200 * second_ns
    schedule.push(125, now_ns)
    assert schedule.due(now_ns + FIRST_WAIT_NS, RTT_NS) == [124]
    assert schedule.due(now_ns + RTT_NS, RTT_NS) == []


def test_where_arrivals_jitter_wildly_what_is_missing_is_given_time_to_come_by_itself() -> None:
    schedule = NackSchedule()
    schedule.jitter_ns = WILD_NS
    schedule.push(1, 0)
    schedule.push(3, 0)
    assert schedule.due(LONGEST_FIRST_WAIT_NS - 1, RTT_NS) == []
    schedule.push(2, LONGEST_FIRST_WAIT_NS - 1)
    assert (schedule.asked, schedule.overtaken) == (0, 1)


def test_tries_and_time_have_an_end() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    asked = sum(bool(schedule.due(turn * MIN_REPEAT_NS, 1)) for turn in range(1, 50))
    assert asked < MAX_TRIES, "its patience was over first"
    assert len(schedule) == 1, "it may still come, and tell how late packets are here"
    assert schedule.due(GIVE_UP_NS, RTT_NS) == []
    assert (len(schedule), schedule.abandoned) == (0, 1)


def test_patience_is_that_of_several_requests_and_has_bounds() -> None:
    schedule = NackSchedule()
    assert schedule.patience_ns(0, 2 * NS_PER_MS) == FIRST_WAIT_NS + TRIES_WAITED * MIN_REPEAT_NS
    assert schedule.patience_ns(0, 40 * NS_PER_MS) == FIRST_WAIT_NS + TRIES_WAITED * 50 * NS_PER_MS
    assert schedule.patience_ns(0, NS_PER_SECOND) == LONGEST_PATIENCE_NS
    assert schedule.patience_ns(0, RTT_NS, repairs=False) == REORDER_NS


def test_nobody_who_does_not_answer_is_waited_for() -> None:
    schedule = NackSchedule()
    for turn in range(UNANSWERED):
        schedule.push(2 * turn, turn * NS_PER_SECOND)
        schedule.push(2 * turn + 2, turn * NS_PER_SECOND)
        schedule.due(turn * NS_PER_SECOND + FIRST_WAIT_NS, RTT_NS)
    assert schedule.asked == UNANSWERED
    assert schedule.patience_ns(UNANSWERED * NS_PER_SECOND, RTT_NS) == REORDER_NS


def test_where_packets_overtake_each_other_they_are_given_the_time() -> None:
    schedule = NackSchedule()
    for sequence in (1, 3):
        schedule.push(sequence, 0)
    schedule.push(2, 80 * NS_PER_MS)
    schedule.push(5, 80 * NS_PER_MS)
    assert schedule.due(150 * NS_PER_MS, RTT_NS) == [], "it was 80 ms late before"
    assert schedule.due(160 * NS_PER_MS, RTT_NS) == [4]
    later_ns = 80 * NS_PER_MS + FORGOTTEN_NS
    schedule.push(7, later_ns)
    assert 6 in schedule.due(later_ns + FIRST_WAIT_NS, RTT_NS), "long ago"
    assert schedule.patience_ns(80 * NS_PER_MS, 0, repairs=False) == 100 * NS_PER_MS


def test_how_long_answers_take_is_learnt_from_them() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    assert schedule.due(FIRST_WAIT_NS, 0) == [2]
    schedule.push(2, FIRST_WAIT_NS + 40 * NS_PER_MS)
    schedule.push(5, NS_PER_SECOND)
    asked = [ms for ms in range(1000, 1100) if schedule.due(ms * NS_PER_MS, 0)]
    assert asked[:2] == [1005, 1055]


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


def test_what_repairs_take_is_known_while_there_are_some() -> None:
    schedule = NackSchedule()
    assert schedule.repairs_take_ns(0, RTT_NS) == 0
    schedule.push(0, 0)
    for turn in range(1, SEVERAL + 1):
        schedule.push(2 * turn, 0)
    schedule.due(FIRST_WAIT_NS, RTT_NS)
    assert schedule.repairs_take_ns(FIRST_WAIT_NS, RTT_NS) == FIRST_WAIT_NS + 250 * NS_PER_MS
    assert schedule.repairs_take_ns(FIRST_WAIT_NS + LATELY_NS + 1, RTT_NS) == 0


def test_reset_forgets_what_is_missing() -> None:
    schedule = NackSchedule()
    schedule.push(1, 0)
    schedule.push(3, 0)
    schedule.reset()
    assert schedule.due(FIRST_WAIT_NS, RTT_NS) == []
