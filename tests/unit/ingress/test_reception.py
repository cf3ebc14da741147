"""Reception reports: loss, jitter, times."""

from mcu_core.ingress.reception import Reception
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.rtcp import SenderReport

RATE = 8_000
STEP_NS = 20 * NS_PER_MS
STEP_TICKS = 160


def receive(reception: Reception, *sequences: int, first: int = 0) -> None:
    """Packets 20 ms apart, each arriving when its timestamp says."""
    for sequence in sequences:
        turn = sequence - first
        stamp = turn * STEP_TICKS & 0xFFFF_FFFF
        reception.push(sequence & 0xFFFF, stamp, 160, turn * STEP_NS)


def test_a_stream_without_loss() -> None:
    reception = Reception(7, RATE)
    receive(reception, *range(65_530, 65_546), first=65_530)
    block = reception.report_block(0)
    assert block.ssrc == 7
    assert (block.fraction_lost, block.packets_lost, block.jitter) == (0, 0, 0)
    assert block.highest_sequence == 0x1_0009
    assert (reception.received, reception.bytes) == (16, 16 * 160)


def test_the_fraction_is_since_the_last_report_and_the_sum_is_not() -> None:
    reception = Reception(7, RATE)
    receive(reception, 0, 1, 3)
    block = reception.report_block(0)
    assert (block.fraction_lost, block.packets_lost) == (64, 1)
    receive(reception, 4, 5, 6, 7)
    block = reception.report_block(0)
    assert (block.fraction_lost, block.packets_lost) == (0, 1)


def test_packets_sent_twice_make_the_loss_negative_but_not_the_fraction() -> None:
    reception = Reception(7, RATE)
    receive(reception, 0, 1, 1, 1)
    block = reception.report_block(0)
    assert (block.fraction_lost, block.packets_lost) == (0, -2)


def test_jitter_grows_as_the_standard_says() -> None:
    reception = Reception(7, RATE)
    reception.push(0, 0, 1, 0)
    reception.push(1, STEP_TICKS, 1, STEP_NS + 10 * NS_PER_MS)
    assert reception.jitter == 80 // 16  # 10 ms are 80 ticks, of which a sixteenth counts
    assert reception.jitter_ns == 5 * NS_PER_SECOND // RATE


def test_packets_of_one_picture_are_measured_once() -> None:
    reception = Reception(7, 90_000)
    for sequence in range(20):
        reception.push(sequence, 1234, 1, sequence * NS_PER_MS)
    assert reception.jitter == 0


def test_the_last_sender_report_is_repeated_with_its_age() -> None:
    reception = Reception(7, RATE)
    receive(reception, 0)
    assert reception.report_block(NS_PER_SECOND).last_report == 0
    reception.sender_report(SenderReport(7, 0x1111_2222_3333_4444, 0, 0, 0), NS_PER_SECOND)
    block = reception.report_block(2 * NS_PER_SECOND + NS_PER_SECOND // 2)
    assert block.last_report == 0x2222_3333
    assert block.delay == 3 * 65_536 // 2


def test_a_stray_changes_nothing_and_a_restart_counts_anew() -> None:
    reception = Reception(7, RATE)
    receive(reception, 0, 1)
    reception.push(30_000, 0, 1, 0)
    assert reception.lost == 0
    receive(reception, 2)
    reception.push(40_000, 0, 1, 0)
    reception.push(40_001, 0, 1, 0)
    reception.push(40_003, 0, 1, 0)
    assert (reception.expected, reception.lost) == (4, 1)


def test_a_sender_that_restarts_a_little_earlier_is_counted_anew() -> None:
    reception = Reception(7, RATE)
    receive(reception, *range(1000, 1500))
    for k in range(200):
        reception.push(800 + k, 3_000_000_000 + k * STEP_TICKS, 1, 0)
    assert reception.report_block(0).highest_sequence == 999
    assert (reception.expected, reception.lost) == (200, 0)


def test_late_packets_of_the_same_time_are_no_restart() -> None:
    reception = Reception(7, RATE)
    receive(reception, *range(1000, 1200), *range(1300, 1500), *range(1200, 1300))
    assert reception.report_block(0).highest_sequence == 1499
    assert reception.lost == 0


def test_nothing_received_reports_nothing_lost() -> None:
    block = Reception(7, RATE).report_block(0)
    assert (block.fraction_lost, block.packets_lost, block.highest_sequence) == (0, 0, 0)
