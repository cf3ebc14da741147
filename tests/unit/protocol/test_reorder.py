"""Packets in order: overtaking, gaps given up, restarts."""

import pytest

from mcu_core.protocol.reorder import RESTARTED, SAME_TIME_TICKS, ReorderBuffer
from mcu_core.protocol.rtp import RtpPacket

WAIT_NS = 50


def packet(sequence: int) -> RtpPacket:
    return RtpPacket(96, sequence & 0xFFFF, 0, 1, False, b"x")


def push(buffer: ReorderBuffer, *sequences: int, now_ns: int = 0) -> list[bool]:
    return [buffer.push(packet(sequence), now_ns) for sequence in sequences]


def pop(buffer: ReorderBuffer, now_ns: int = 0) -> list[int]:
    return [one.sequence for one in buffer.pop(now_ns)]


def test_packets_in_order_pass_at_once_over_the_wrap() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    push(buffer, 65_534, 65_535, 0, 1)
    assert pop(buffer) == [65_534, 65_535, 0, 1]
    assert buffer.next_due_ns() is None


def test_overtaken_packets_are_put_in_order() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    push(buffer, 65_535, 2, 1)
    assert pop(buffer) == [65_535]
    push(buffer, 0)
    assert pop(buffer) == [0, 1, 2]
    assert buffer.lost == 0


def test_a_gap_is_given_up_when_its_time_is_over_and_not_before() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    push(buffer, 1, 4, now_ns=100)
    push(buffer, 5, now_ns=120)
    assert pop(buffer, 100) == [1]
    assert buffer.next_due_ns() == 150
    assert pop(buffer, 149) == []
    assert pop(buffer, 150) == [4, 5]
    assert buffer.lost == 2


def test_each_gap_waits_from_when_it_was_seen() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    push(buffer, 1, 3, now_ns=100)
    push(buffer, 5, now_ns=130)
    assert pop(buffer, 150) == [1, 3]
    assert pop(buffer, 179) == []
    assert pop(buffer, 180) == [5]


def test_late_and_duplicate_packets_are_dropped_and_counted() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    assert push(buffer, 1, 3, 3, 1) == [True, True, False, False]
    assert (buffer.duplicate, buffer.late) == (1, 1)
    assert pop(buffer, WAIT_NS) == [1, 3]
    assert push(buffer, 2) == [False]
    assert buffer.late == 2


def test_more_than_the_limit_gives_up_the_oldest_gap() -> None:
    buffer = ReorderBuffer(WAIT_NS, limit=3)
    push(buffer, 0, 2, 3, 5, 7)
    assert pop(buffer) == [0, 2, 3]
    assert len(buffer) == 2
    assert buffer.lost == 1


def test_a_stray_is_ignored_and_a_restarted_sender_believed_at_its_second_packet() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    push(buffer, 10, 12)
    assert push(buffer, 40_000) == [False]
    assert push(buffer, 11) == [True]
    assert pop(buffer) == [10, 11, 12]
    assert push(buffer, 50_000, 50_001, 50_002) == [False, True, True]
    assert pop(buffer) == [50_000, 50_001, 50_002]
    assert buffer.restarts == 1
    assert buffer.lost == 0


def test_a_restart_hands_out_what_waited() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    push(buffer, 10, 12, 50_000, 50_001)
    assert pop(buffer) == [10, 12, 50_000, 50_001]


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="no reorder buffer"):
        ReorderBuffer(-1)
    with pytest.raises(ValueError, match="no reorder buffer"):
        ReorderBuffer(1, limit=0)


def timed(sequence: int, timestamp: int) -> RtpPacket:
    return RtpPacket(96, sequence, timestamp & 0xFFFF_FFFF, 1, False, b"x")


def test_a_sender_that_restarts_a_little_earlier_is_believed_and_nothing_of_it_is_lost() -> None:
    buffer = ReorderBuffer(WAIT_NS)
    for sequence in range(1000, 2000):
        buffer.push(timed(sequence, sequence * 3000), 0)
    assert len(pop(buffer)) == 1000
    anew = [buffer.push(timed(500 + k, 9_000_000 + k * 3000), 0) for k in range(2 * RESTARTED)]
    assert anew.index(True) == RESTARTED - 1
    assert pop(buffer) == list(range(500, 500 + 2 * RESTARTED))
    assert (buffer.restarts, buffer.late, buffer.lost) == (1, 0, 0)


@pytest.mark.parametrize(("back", "between"), [(SAME_TIME_TICKS, False), (10**9, True)])
def test_what_is_sent_again_or_comes_beside_others_is_no_restart(back: int, between: bool) -> None:
    buffer = ReorderBuffer(WAIT_NS)
    for sequence in range(1000, 2000):
        buffer.push(timed(sequence, 10**6), 0)
    for k in range(3 * RESTARTED):
        assert not buffer.push(timed(500 + k, 10**6 - back), 0)
        if between:
            assert buffer.push(timed(2000 + k, 10**6), 0)
    assert (buffer.restarts, buffer.late) == (0, 3 * RESTARTED)
