"""Bar 3 in moved time: feedback, path, ladder together, over a link that falls and returns."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from mcu_core.adaptation.climber import Climber
from mcu_core.adaptation.path_rate import PathRate
from mcu_core.adaptation.sent_packets import SentPackets
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.protocol.transport_cc import TransportFeedback
from tests.fakes.narrow_link import NarrowLink

FULL = VideoForm(H264, 1280, 720, 30, 2_000_000)
FRAME_NS = NS_PER_SECOND // 30
SOUND_BYTES, WIRE_BYTES = 120, 40
TELL_EVERY_NS, REPORT_EVERY_NS = 100 * NS_PER_MS, NS_PER_SECOND


@dataclass
class Call:
    """Pictures at the rung's rate and sound over one link, told of as its receiver does."""

    tells_each: bool
    link: NarrowLink = field(default_factory=lambda: NarrowLink(2_300_000))
    now_ns: int = NS_PER_SECOND
    sound_lost: int = 0
    rates: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path, self.sent, self.climber = PathRate(), SentPackets(), Climber()
        self.form = FULL
        self._times: list[int | None] = []
        self._first = 0
        self._told_ns = self._reported_ns = self.now_ns
        self._delay_ns = 0
        self._count, self._lost = 0, 0

    def go(self, seconds: float) -> None:
        for _ in range(round(seconds * 30)):
            self.now_ns += FRAME_NS
            for _ in range(2):
                self.sound_lost += self.link.send(SOUND_BYTES, self.now_ns) is None
            left = self.form.bitrate_bps // 8 // 30
            while left > 0:
                self._packet(min(left, 1100) + WIRE_BYTES)
                left -= 1100
            self._tell()
            self.path.tick(self.now_ns)
            limit = int(0.94 * self.path.limit_bps)
            self.form = self.climber.settle(FULL, limit, self.now_ns)
            self.rates.append((self.now_ns, self.form.bitrate_bps))

    def _packet(self, size: int) -> None:
        self.path.sent(size)
        self.sent.number([size], self.now_ns)
        out_ns = self.link.send(size, self.now_ns)
        self._count += 1
        self._lost += out_ns is None
        if out_ns is not None:
            self._delay_ns = out_ns - self.now_ns
        self._times.append(out_ns // 1000 if out_ns is not None else None)

    def _tell(self) -> None:
        if self.tells_each and self.now_ns - self._told_ns >= TELL_EVERY_NS:
            self._told_ns = self.now_ns
            told = TransportFeedback(1, 2, self._first & 0xFFFF, 0, tuple(self._times))
            self._first += len(self._times)
            self._times = []
            bears = self.sent.told(told, self.now_ns)
            if bears is not None:
                self.path.congested(bears, self.now_ns)
        if not self.tells_each and self.now_ns - self._reported_ns >= REPORT_EVERY_NS:
            self._reported_ns = self.now_ns
            lost = self._lost / max(1, self._count)
            self._count = self._lost = 0
            self.path.reported(lost, self._delay_ns + 20 * NS_PER_MS, self.now_ns)


@pytest.mark.parametrize("tells_each", [True, False], ids=["transport-cc", "reports"])
def test_a_link_that_falls_to_a_seventh_and_returns(tells_each: bool) -> None:
    call = Call(tells_each)
    call.go(4)
    assert call.form == FULL
    call.link.bitrate_bps = 300_000
    call.go(2)
    assert call.form.bitrate_bps <= 256_000, "within the link in two seconds"
    lost = call.sound_lost
    call.go(8)
    assert call.form.bitrate_bps >= 128_000, "but not far below it"
    assert call.sound_lost - lost < 25, "sound is lost only while a little more is tried"
    call.link.bitrate_bps = 2_300_000
    call.go(15)
    assert call.form == FULL


def test_a_link_between_two_rungs_is_tried_ever_more_seldom() -> None:
    call = Call(tells_each=True, link=NarrowLink(650_000))
    call.go(60)
    half = len(call.rates) // 2
    changes = [
        sum(1 for a, b in pairwise(part) if a[1] != b[1])
        for part in (call.rates[:half], call.rates[half:])
    ]
    assert changes[1] <= 4
    assert changes[1] <= changes[0]
    assert call.form.bitrate_bps >= 384_000
