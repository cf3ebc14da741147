"""How reports tell the time of a narrow path, and which of the other side's are believed."""

from mcu_core.adaptation.path_rate import UNLIMITED_BPS
from mcu_core.endpoints.rtp_stream import REPORT_EVERY_NS, TIME_EVERY_NS, RtpStream
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264
from mcu_core.media.units import EncodedUnit
from mcu_core.protocol import rtcp
from mcu_core.protocol.ntp import middle_bits

OURS, THEIRS = 7, 8
PICTURE = (b"\x41" + bytes(999),)
BEAT_NS = 20 * NS_PER_MS


class Line:
    """A stream that sends pictures, and its own reports."""

    def __init__(self) -> None:
        self.clock = ManualClock(NS_PER_SECOND)
        self.told: list[tuple[int, rtcp.SenderReport]] = []
        self.stream = RtpStream(
            H264, (96, 96), OURS, self.clock, lambda burst: None, self._note
        )  # fmt: skip
        self.stream.sends = True

    def _note(self, data: bytes) -> None:
        reports = [one for one in rtcp.parse(data) if isinstance(one, rtcp.SenderReport)]
        self.told += [(self.clock.now_ns(), one) for one in reports]

    def go(self, beats: int) -> None:
        for _ in range(beats):
            self.clock.advance_ns(BEAT_NS)
            now_ns = self.clock.now_ns()
            self.stream.send(EncodedUnit(H264, b"", now_ns, 0, False, PICTURE, BEAT_NS))
            self.stream.tick(now_ns)

    def answer(self, of: rtcp.SenderReport, lost: int) -> None:
        """Their report right behind one of ours, of 256 so many lost."""
        block = rtcp.ReportBlock(OURS, lost, 0, 0, 0, middle_bits(of.ntp_time), 0)
        self.stream.report_received(rtcp.ReceiverReport(THEIRS, (block,)), self.clock.now_ns())

    def narrow(self) -> None:
        self.stream.way.path.tick(self.clock.now_ns())
        self.stream.way.path.congested(300_000, self.clock.now_ns())


def test_a_narrow_path_is_told_the_time_four_times_a_second() -> None:
    line = Line()
    line.go(100)
    assert [b - a for (a, _), (b, _) in zip(line.told, line.told[1:], strict=False)] == [
        REPORT_EVERY_NS
    ]
    line.narrow()
    line.told.clear()
    line.go(99)
    steps = [b - a for (a, _), (b, _) in zip(line.told, line.told[1:], strict=False)]
    assert len(steps) >= 6
    assert all(step < TIME_EVERY_NS + BEAT_NS for step in steps)


def test_a_report_of_a_time_that_was_told_before_says_nothing_of_queues() -> None:
    line = Line()
    line.go(1)
    _, first = line.told[-1]
    line.go(1)
    line.answer(first, lost=0)  # 20 ms there and back
    line.go(50)
    line.answer(first, lost=40)  # of a second ago: all of ours since were lost
    assert line.stream.way.path.limit_bps == UNLIMITED_BPS
    _, last = line.told[-1]
    line.go(5)
    line.answer(last, lost=40)  # 100 ms
    assert line.stream.way.path.limit_bps < UNLIMITED_BPS


def test_nobody_is_told_the_time_before_something_was_sent() -> None:
    line = Line()
    line.narrow()
    for _ in range(50):
        line.clock.advance_ns(BEAT_NS)
        line.stream.tick(line.clock.now_ns())
    assert not line.told
