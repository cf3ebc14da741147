"""What feedback on each packet says of a path, on links that the test models."""

import random

import pytest

from mcu_core.adaptation.sent_packets import SentPackets
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.transport_cc import TransportFeedback
from tests.fakes.narrow_link import NarrowLink

FRAME_NS = NS_PER_SECOND // 30
CLOCK_OFFSET_US = 777_000_000
"""The receiver's clock is another one."""


class Path:
    """Pictures over a link, told of every 100 ms."""

    def __init__(self, bitrate_bps: int, *, jitter_ms: float = 0, loss: float = 0) -> None:
        self.link = NarrowLink(bitrate_bps)
        self.sent = SentPackets()
        self.now_ns = NS_PER_SECOND
        self.found: list[tuple[float, int]] = []
        self._random = random.Random(7)
        self._jitter_ms, self._loss = jitter_ms, loss
        self._first = 0
        self._times: list[int | None] = []
        self._told_ns = 0

    def go(self, seconds: float, bitrate_bps: int) -> None:
        for _ in range(round(seconds * 30)):
            self.now_ns += FRAME_NS
            left = bitrate_bps // 8 // 30
            while left > 0:
                self._packet(min(left, 1200))
                left -= 1200
            if self.now_ns - self._told_ns > 100 * NS_PER_MS:
                self._tell()

    def _packet(self, size: int) -> None:
        self.sent.number([size], self.now_ns)
        out_ns = self.link.send(size, self.now_ns)
        if out_ns is None or self._random.random() < self._loss:
            self._times.append(None)
            return
        late_ns = self._random.expovariate(1) * self._jitter_ms * NS_PER_MS
        self._times.append(CLOCK_OFFSET_US + int(out_ns + late_ns) // 1000)

    def _tell(self) -> None:
        self._told_ns = self.now_ns
        told = TransportFeedback(1, 2, self._first & 0xFFFF, 0, tuple(self._times))
        self._first += len(self._times)
        self._times = []
        bears = self.sent.told(told, self.now_ns)
        if bears is not None:
            self.found.append((self.now_ns / NS_PER_SECOND, bears))


@pytest.mark.parametrize(
    ("jitter_ms", "loss"), [(0, 0), (20, 0), (0, 0.02), (5, 0.05), (0, 0.2)], ids=str
)
def test_a_wide_path_is_not_found_full(jitter_ms: float, loss: float) -> None:
    path = Path(5_000_000, jitter_ms=jitter_ms, loss=loss)
    path.go(20, 2_000_000)
    assert path.found == []


def test_a_path_that_becomes_narrow_is_found_within_300_ms_and_measured() -> None:
    path = Path(2_500_000)
    path.go(5, 2_000_000)
    fell_s = path.now_ns / NS_PER_SECOND
    path.link.bitrate_bps = 300_000
    path.go(0.6, 2_000_000)
    assert path.found[0][0] - fell_s < 0.3
    assert 230_000 < path.found[-1][1] < 300_000


def test_a_little_too_much_is_found_before_anything_is_lost() -> None:
    path = Path(1_000_000)
    path.go(3, 900_000)
    for _ in range(20):
        if not path.found:
            path.go(0.1, 1_080_000)
    assert path.found
    assert path.link.lost == 0
    assert 800_000 < path.found[0][1] < 1_000_000


def test_once_less_is_sent_the_queue_is_gone_and_nothing_more_is_found() -> None:
    path = Path(2_500_000)
    path.go(3, 2_000_000)
    path.link.bitrate_bps = 300_000
    path.go(0.5, 2_000_000)
    path.go(0.6, 200_000)
    before = len(path.found)
    path.go(10, 200_000)
    assert len(path.found) == before


def test_feedback_that_gets_lost_comes_twice_or_lies_breaks_nothing() -> None:
    sent = SentPackets()
    sent.number([100] * 10, 1)
    assert sent.told(TransportFeedback(1, 2, 60_000, 0, (5, 6)), 2) is None
    assert sent.told(TransportFeedback(1, 2, 4, 0, (5, None)), 2) is None
    assert sent.told(TransportFeedback(1, 2, 4, 0, (5, None)), 3) is None
    assert sent.told(TransportFeedback(1, 2, 0, 0, tuple(range(30))), 4) is None
    assert SentPackets().told(TransportFeedback(1, 2, 0, 0, (1,)), 5) is None


def test_numbers_wrap_and_are_matched_all_the_same() -> None:
    path = Path(5_000_000)
    path.sent._next = path._first = 65_500
    path.go(3, 2_000_000)
    assert path.sent.watch.wait_ns < 10 * NS_PER_MS
    assert len(path.sent._sent) < 50
