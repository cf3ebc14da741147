"""A section in which three sizes of one picture come in: packets and reports of each."""

import pytest

from mcu_core.adaptation.layer_choice import SILENT_NS
from mcu_core.adaptation.sender_rate import rate_of_layers
from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.inbound import KEYFRAME_REQUEST_EVERY_NS
from mcu_core.endpoints.receive_rate import MOST_BPS
from mcu_core.endpoints.rtp_stream import REPORT_EVERY_NS, RtpStream
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.ingress.layer_sort import LayerSort
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.media.codec import VP8
from mcu_core.media.units import AccessUnit
from mcu_core.negotiation.agreement import Protection
from mcu_core.protocol import rtcp, rtp, rtx
from mcu_core.protocol.loss import FIRST_WAIT_NS

OURS, MEDIA, REPEATED = 1, 96, 97
RID, REPEATED_RID = 10, 11
SOURCES = {"l": 100, "m": 200, "h": 300}
WIDTHS = {"l": 320, "m": 640, "h": 1280}
DELTA = b"\x10\x01\x00\x00"
"""The beginning of a VP8 frame that is no keyframe, behind its descriptor's first byte."""


def keyframe(width: int) -> bytes:
    size = width.to_bytes(2, "little") + (width * 9 // 16).to_bytes(2, "little")
    return b"\x10\x10\x00\x00\x9d\x01\x2a" + size


class Ingress(VideoIngress):
    """Notes what comes in instead of decoding."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.taken: list[AccessUnit] = []

    def push(self, unit: AccessUnit) -> None:
        self.taken.append(unit)


class Rig:
    """The stream in its group, and what it tells."""

    def __init__(self) -> None:
        self.clock = ManualClock(10 * NS_PER_SECOND)
        self.ingress = Ingress(self.clock)
        self.rtcp: list[rtcp.RtcpPacket] = []
        self.stats = EndpointStats()
        self.group = StreamGroup(self.stats)
        self.stream = RtpStream(VP8, (MEDIA, MEDIA), OURS, self.clock, lambda _: None, self._told)
        self.stream.protect(Protection(rtx=REPEATED))
        self.stream.sort = LayerSort(tuple(SOURCES), RID, REPEATED_RID)
        self.stream.rate.layered = True
        self.stream.receive_into(Intake(self.ingress, None))
        self.group.add(self.stream)
        self.numbers = dict.fromkeys(SOURCES, 0)

    def _told(self, data: bytes) -> None:
        self.rtcp += rtcp.parse(data)

    def told(self, kind: type) -> list[rtcp.RtcpPacket]:
        return [one for one in self.rtcp if isinstance(one, kind)]

    def asked(self) -> set[int]:
        """Whose keyframe was asked for."""
        return {one.media_ssrc for one in self.rtcp if isinstance(one, rtcp.PictureLoss)}

    def packet(self, rid: str, payload: bytes = DELTA, named: bool = False) -> rtp.RtpPacket:
        number = self.numbers[rid] = self.numbers[rid] + 1
        extensions = {RID: rid.encode()} if named else {}
        return rtp.RtpPacket(MEDIA, number, number * 3000, SOURCES[rid], True, payload, extensions)

    def take(self, packet: rtp.RtpPacket) -> bool:
        return self.group.rtp_received(packet.serialize(), self.clock.now_ns())

    def begin(self) -> None:
        for rid, width in WIDTHS.items():
            assert self.take(self.packet(rid, keyframe(width), named=True))

    def tick(self) -> None:
        self.stream.tick(self.clock.now_ns())


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.begin()
    return rig


def test_one_layer_goes_in_and_all_are_counted(rig: Rig) -> None:
    for rid in SOURCES:
        assert rig.take(rig.packet(rid))
    assert len(rig.ingress.taken) == 2
    assert rig.stream.reception().received == 6
    assert [one.counters().received for one in rig.stream.receivers] == [2, 2, 2]
    assert rig.stats.packets_dropped == 0


def test_what_names_no_layer_and_is_of_none_is_dropped(rig: Rig) -> None:
    stranger = rtp.RtpPacket(MEDIA, 1, 0, 999, True, DELTA)
    assert not rig.take(stranger)
    assert rig.stats.packets_dropped == 1


def test_each_layer_is_reported_and_the_rate_is_of_all_of_them(rig: Rig) -> None:
    rig.clock.advance_ns(REPORT_EVERY_NS)
    rig.tick()
    (report,) = rig.told(rtcp.ReceiverReport)
    assert isinstance(report, rtcp.ReceiverReport)
    assert [block.ssrc for block in report.reports] == list(SOURCES.values())
    (rate,) = rig.told(rtcp.Remb)
    assert isinstance(rate, rtcp.Remb)
    assert rate.ssrcs == tuple(SOURCES.values())
    assert rate.bitrate_bps == pytest.approx(rate_of_layers(MOST_BPS), rel=1e-4)


def test_a_keyframe_is_asked_of_what_is_shown_and_what_is_to_be(rig: Rig) -> None:
    rig.ingress.shown_pixels = None
    rig.tick()
    assert rig.told(rtcp.PictureLoss) == [rtcp.PictureLoss(OURS, SOURCES["h"])]
    rig.clock.advance_ns(KEYFRAME_REQUEST_EVERY_NS)
    rig.stream.ask_keyframe()
    asked = {one.media_ssrc for one in rig.rtcp if isinstance(one, rtcp.PictureLoss)}
    assert asked == {SOURCES["l"], SOURCES["h"]}
    assert rig.take(rig.packet("h", keyframe(1280)))
    assert rig.stream.layers is not None
    assert rig.stream.layers.current is rig.stream.layers.layers[2]
    rig.rtcp.clear()
    rig.clock.advance_ns(KEYFRAME_REQUEST_EVERY_NS)
    rig.stream.ask_keyframe()
    assert rig.told(rtcp.PictureLoss) == [rtcp.PictureLoss(OURS, SOURCES["h"])]


def test_lost_packets_are_asked_for_and_mended_layer_by_layer(rig: Rig) -> None:
    missing = rig.packet("m")
    assert rig.take(rig.packet("m"))
    rig.clock.advance_ns(FIRST_WAIT_NS)
    rig.tick()
    (asked,) = rig.told(rtcp.Nack)
    assert isinstance(asked, rtcp.Nack)
    assert (asked.media_ssrc, asked.lost) == (SOURCES["m"], (missing.sequence,))
    again = rtp.RtpPacket(
        REPEATED,
        1,
        missing.timestamp,
        201,
        True,
        rtx.wrapped(missing.sequence, missing.payload),
        {REPEATED_RID: b"m"},
    )
    assert rig.take(again)
    repaired = [one.counters().repaired for one in rig.stream.receivers]
    assert repaired == [0, 1, 0]


def test_who_is_held_takes_nothing_and_begins_anew_afterwards(rig: Rig) -> None:
    rig.stream.receive_nothing()
    assert not rig.take(rig.packet("l"))
    rig.stream.receive_into(Intake(rig.ingress, None))
    assert rig.take(rig.packet("l", keyframe(320)))
    assert rig.stream.layers is not None
    assert rig.stream.layers.current is rig.stream.layers.layers[0]


def test_a_layer_that_falls_silent_is_soon_replaced(rig: Rig) -> None:
    rig.ingress.shown_pixels = None
    rids = "lmh"
    went_ns, gaps, newest_ns = 0, [], 0
    for step in range(120):  # a sender at 30 pictures a second that answers 60 ms after a request
        rig.clock.advance_ns(NS_PER_SECOND // 30)
        now_ns = rig.clock.now_ns()
        if step == 60:
            rids, went_ns = "lm", now_ns
        asked = rig.asked() if step % 3 == 0 else set()
        if asked:
            rig.rtcp.clear()
        for rid in rids:
            key = SOURCES[rid] in asked
            before = len(rig.ingress.taken)
            assert rig.take(rig.packet(rid, keyframe(WIDTHS[rid]) if key else DELTA))
            if len(rig.ingress.taken) > before:
                gaps.append(now_ns - newest_ns if newest_ns else 0)
                newest_ns = now_ns
        rig.tick()
    assert went_ns
    assert rig.stream.layers is not None
    assert rig.stream.layers.current is rig.stream.layers.layers[1]
    assert max(gaps) <= SILENT_NS + NS_PER_SECOND // 5
