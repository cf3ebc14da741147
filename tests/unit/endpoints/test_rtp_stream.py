"""One m-line's packets and reports, without sockets."""

import pytest

from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.inbound import KEYFRAME_REQUEST_EVERY_NS, SOURCE_CHANGE_NS
from mcu_core.endpoints.receive_rate import MOST_BPS
from mcu_core.endpoints.rtp_stream import (
    HEALING_NS,
    REPORT_EVERY_NS,
    RtpStream,
)
from mcu_core.endpoints.stream_group import CONTROL_PER_SECOND, StreamGroup
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264
from mcu_core.media.units import EncodedUnit
from mcu_core.negotiation.agreement import NO_PROTECTION, Protection
from mcu_core.protocol import rtcp, rtp, rtx
from mcu_core.protocol.loss import FIRST_WAIT_NS

OURS, THEIRS, OTHER = 1, 77, 78
SLICE = b"\x41\x9a"


class Ingress(VideoIngress):
    """Counts instead of decoding."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1


class Rig:
    """A video stream in a group, and all that it sent."""

    def __init__(
        self, agreed: Protection = NO_PROTECTION, types: tuple[int, int] = (96, 97)
    ) -> None:
        self.clock = ManualClock(NS_PER_SECOND)
        self.ingress = Ingress(self.clock)
        self.rtp: list[bytes] = []
        self.rtcp: list[rtcp.RtcpPacket] = []
        self.stats = EndpointStats()
        self.group = StreamGroup(self.stats)
        self.stream = RtpStream(H264, types, OURS, self.clock, self._sent, self._report)
        self.stream.protect(agreed)
        self.stream.receive_into(Intake(self.ingress, None))
        self.ingress.restarts = 0
        self.group.add(self.stream)

    def _sent(self, burst: rtp.Burst) -> None:
        self.rtp += burst.packets()

    def _report(self, data: bytes) -> None:
        self.rtcp.extend(rtcp.parse(data))

    def receive(self, sequence: int, ssrc: int = THEIRS, payload_type: int = 96) -> bool:
        head = rtp.header(payload_type, True, sequence, sequence * 3000, ssrc)
        return self.group.rtp_received(head + SLICE, self.clock.now_ns())

    def again(self, sequence: int, number: int) -> bool:
        """Receive a packet once more, in the stream of what is sent again."""
        head = rtp.header(self.stream.protection.rtx, True, number, sequence * 3000, OTHER)
        data = head + rtx.wrapped(sequence, SLICE)
        return self.group.rtp_received(data, self.clock.now_ns())

    def told_of_us(self) -> rtcp.ReportBlock:
        """What the stream's next report says of what came."""
        self.clock.advance_ns(REPORT_EVERY_NS)
        self.stream.tick(self.clock.now_ns())
        report = self.told(rtcp.ReceiverReport)[-1]
        assert isinstance(report, rtcp.ReceiverReport)
        return report.reports[0]

    def control(self, data: bytes) -> bool:
        return self.group.rtcp_received(data, self.clock.now_ns())

    def told(self, kind: type) -> list[rtcp.RtcpPacket]:
        return [one for one in self.rtcp if isinstance(one, kind)]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_packets_of_another_payload_type_are_counted_and_dropped(rig: Rig) -> None:
    assert rig.receive(1)
    assert not rig.receive(2, payload_type=111)
    assert not rig.group.rtp_received(b"\x90\x60" + bytes(10), 0)
    assert rig.stats.packets_dropped == 2


def test_garbage_of_other_sources_does_not_restart_the_decoder(rig: Rig) -> None:
    rig.receive(1)
    rig.clock.advance_ns(2 * SOURCE_CHANGE_NS)
    for number in range(100):
        assert not rig.receive(number * 7, ssrc=OTHER + number)
    assert rig.ingress.restarts == 0


def test_a_second_source_does_not_replace_one_that_is_heard(rig: Rig) -> None:
    for number in range(10):
        assert rig.receive(number)
        assert not rig.receive(number, ssrc=OTHER)
    assert rig.ingress.restarts == 0


def test_a_sender_that_began_anew_is_taken_at_its_second_packet(rig: Rig) -> None:
    rig.receive(500)
    rig.clock.advance_ns(SOURCE_CHANGE_NS)
    assert not rig.receive(9, ssrc=OTHER)
    assert rig.receive(10, ssrc=OTHER)
    assert rig.ingress.restarts == 1


def test_keyframe_requests_are_coalesced_and_need_a_sender(rig: Rig) -> None:
    rig.stream.ask_keyframe()
    assert not rig.rtcp
    rig.receive(1)
    rig.stream.ask_keyframe()
    rig.stream.ask_keyframe()
    assert rig.told(rtcp.PictureLoss) == [rtcp.PictureLoss(OURS, THEIRS)]
    rig.stream.tick(rig.clock.now_ns())
    assert len(rig.told(rtcp.PictureLoss)) == 1
    rig.clock.advance_ns(KEYFRAME_REQUEST_EVERY_NS)
    rig.stream.tick(rig.clock.now_ns())
    assert len(rig.told(rtcp.PictureLoss)) == 2, "what came too soon is asked for later"
    rig.clock.advance_ns(KEYFRAME_REQUEST_EVERY_NS)
    rig.stream.tick(rig.clock.now_ns())
    assert len(rig.told(rtcp.PictureLoss)) == 2, "and once"
    rig.stream.ask_keyframe()
    assert len(rig.told(rtcp.PictureLoss)) == 3


def test_what_is_received_is_reported_each_second_with_the_rate_wanted(rig: Rig) -> None:
    rig.stream.tick(rig.clock.now_ns())
    assert not rig.rtcp
    rig.receive(1)
    rig.control(rtcp.SenderReport(THEIRS, 5 << 32, 0, 1, 2).serialize())
    rig.clock.advance_ns(NS_PER_SECOND)
    rig.stream.tick(rig.clock.now_ns())
    rig.stream.tick(rig.clock.now_ns())
    (report,) = rig.told(rtcp.ReceiverReport)
    assert isinstance(report, rtcp.ReceiverReport)
    assert report.reports[0].ssrc == THEIRS
    assert report.reports[0].last_report == 5 << 16
    assert report.reports[0].delay == 65_536
    assert rig.told(rtcp.Remb) == [rtcp.Remb(OURS, MOST_BPS, (THEIRS,))]


def test_what_is_sent_is_reported_by_a_sender_report(rig: Rig) -> None:
    unit = EncodedUnit(H264, SLICE, NS_PER_SECOND, 0, True, (SLICE,), 0)
    rig.stream.send(unit)
    assert not rig.rtp  # the other side takes nothing
    rig.stream.sends = True
    rig.stream.send(unit)
    assert rtp.parse(rig.rtp[0]).payload_type == 97
    rig.clock.advance_ns(REPORT_EVERY_NS)
    rig.stream.tick(rig.clock.now_ns())
    (report,) = rig.told(rtcp.SenderReport)
    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.packet_count) == (OURS, 1)


def test_feedback_about_our_stream_only_reaches_the_owner(rig: Rig) -> None:
    wanted: list[int] = []
    rig.stream.feedback.keyframe_wanted = lambda: wanted.append(1)
    rig.stream.way.told = lambda: wanted.append(2)
    for report in (
        rtcp.PictureLoss(THEIRS, OTHER),
        rtcp.FullIntra(THEIRS, ((OTHER, 1),)),
        rtcp.Remb(THEIRS, 900_000, (OTHER,)),
    ):
        rig.control(report.serialize())
    assert not wanted
    rig.control(rtcp.FullIntra(THEIRS, ((OURS, 1),)).serialize())
    rig.control(rtcp.Remb(THEIRS, 900_000, (OURS,)).serialize())
    assert len(wanted) == 2


def test_what_was_asked_for_again_comes_in_a_stream_of_its_own() -> None:
    rig = Rig(Protection(rtx=98))
    assert not rig.again(1, 5), "of a stream that nobody knows yet"
    for sequence in (1, 3):
        assert rig.receive(sequence)
    rig.clock.advance_ns(FIRST_WAIT_NS)
    rig.stream.tick(rig.clock.now_ns())
    (asked,) = rig.told(rtcp.Nack)
    assert isinstance(asked, rtcp.Nack)
    assert (asked.media_ssrc, asked.lost) == (THEIRS, (2,))
    assert rig.again(2, 40_000)
    assert rig.ingress.units == 3
    counters = rig.stream.reception()
    assert (counters.received, counters.repaired, counters.lost) == (2, 1, 0)
    block = rig.told_of_us()
    assert (block.packets_lost, block.ssrc) == (1, THEIRS), "reports tell how the path is"


def test_padding_and_rubbish_of_that_stream_do_no_harm() -> None:
    rig = Rig(Protection(rtx=98))
    assert rig.receive(1)
    assert rig.group.rtp_received(rtp.header(98, False, 1, 0, OTHER), 0), "tries the path"
    assert not rig.group.rtp_received(rtp.header(98, False, 2, 0, OTHER) + b"x", 0)
    assert rig.again(1, 3)
    assert rig.ingress.units == 1


def test_what_they_ask_for_goes_out_as_agreed() -> None:
    rig = Rig(Protection(rtx=98))
    rig.stream.sends = True
    rig.stream.send(EncodedUnit(H264, SLICE, NS_PER_SECOND, 0, True, (SLICE,), 0))
    sent = rtp.parse(rig.rtp[0])
    rig.control(rtcp.Nack(THEIRS, OURS, (sent.sequence,)).serialize())
    again = rtp.parse(rig.rtp[1])
    assert (again.payload_type, again.ssrc) == (98, rig.stream.repair_ssrc)
    assert rtx.unwrapped(again, 97, OURS) == sent


def test_who_waits_in_vain_for_what_was_let_go_gets_a_keyframe() -> None:
    rig, wanted = Rig(Protection(rtx=98)), []
    rig.stream.sends = True
    rig.stream.feedback.keyframe_wanted = lambda: wanted.append(1)
    rig.stream.send(EncodedUnit(H264, SLICE, NS_PER_SECOND, 0, False, (SLICE,), 0))
    missed = rtcp.Nack(THEIRS, OURS, (rtp.parse(rig.rtp[0]).sequence,)).serialize()
    rig.control(missed)
    assert (len(rig.rtp), wanted) == (2, [])
    rig.stream.way.fell()
    rig.clock.advance_ns(NS_PER_SECOND)
    rig.control(missed)
    assert (len(rig.rtp), wanted) == (2, [1])


def test_pictures_are_mended_where_asking_is_slow() -> None:
    """From one stream to the other, by way of reports that tell of losses."""
    agreed = Protection(rtx=98, red=116, ulpfec=117)
    far, near = Rig(agreed), Rig(agreed, (97, 96))
    far.stream.sends = True
    block = rtcp.ReportBlock(OURS, 30, 0, 0, 0, 0, 0)
    far.control(rtcp.ReceiverReport(THEIRS, (block,)).serialize())
    assert far.stream.overhead > 0
    for number in range(40):
        stamp_ns = (1 + number) * NS_PER_SECOND // 30
        far.stream.send(EncodedUnit(H264, SLICE, stamp_ns, 0, number == 0, (SLICE,), 0))
    assert {rtp.parse(one).payload_type for one in far.rtp} == {116}
    for k, data in enumerate(far.rtp):
        if k % 8 != 1 or k < 8:  # what came before the first repair packet is not kept
            assert near.group.rtp_received(data, near.clock.now_ns())
    near.clock.advance_ns(FIRST_WAIT_NS)
    near.stream.tick(near.clock.now_ns())
    counters = near.stream.reception()
    assert counters.made > 3
    assert near.ingress.units == 40
    assert counters.malformed == 0


def test_who_numbers_packets_of_a_path_is_told_when_they_came() -> None:
    rig = Rig()
    rig.stream.arrived.extension = 3
    group = StreamGroup(rig.stats)
    group.add(rig.stream)
    for number in (7, 9):
        packet = rtp.RtpPacket(96, number, 0, THEIRS, True, SLICE, {3: bytes((0, number))})
        assert group.rtp_received(packet.serialize(), rig.clock.now_ns())
    rig.stream.tick(rig.clock.now_ns())
    (told,) = rig.told(rtcp.TransportFeedback)
    assert isinstance(told, rtcp.TransportFeedback)
    now_us = rig.clock.now_ns() // 1000
    assert (told.first, told.arrivals_us) == (7, (now_us, None, now_us))


def test_who_asks_for_no_packets_and_loses_some_gets_few_keyframes(rig: Rig) -> None:
    wanted: list[str] = []
    rig.stream.nack = False
    rig.stream.lossy_changed = lambda lossy: wanted.append("healing" if lossy else "calm")
    rig.stream.feedback.keyframe_wanted = lambda: wanted.append("keyframe")
    ask = rtcp.PictureLoss(THEIRS, OURS).serialize()
    rig.control(ask)
    block = rtcp.ReportBlock(OURS, 30, 0, 0, 0, 0, 0)
    rig.control(rtcp.ReceiverReport(THEIRS, (block,)).serialize())
    for _ in range(20):
        rig.control(ask)
        rig.clock.advance_ns(HEALING_NS // 20)
    assert wanted == ["keyframe", "healing"]
    rig.control(ask)
    assert wanted[2:] == ["keyframe"]


def test_malformed_reports_are_counted(rig: Rig) -> None:
    assert not rig.control(b"\x80\xc8\x00\x50" + bytes(20))
    assert rig.stats.packets_dropped == 1


def test_a_flood_of_reports_is_not_read(rig: Rig) -> None:
    wanted: list[int] = []
    rig.stream.feedback.keyframe_wanted = lambda: wanted.append(1)
    flood = rtcp.PictureLoss(THEIRS, OURS).serialize()
    for _ in range(10 * CONTROL_PER_SECOND):
        rig.control(flood)
    assert len(wanted) == CONTROL_PER_SECOND
    assert rig.stats.packets_dropped == 9 * CONTROL_PER_SECOND
    rig.clock.advance_ns(NS_PER_SECOND)
    assert rig.control(flood)


def test_two_streams_of_one_payload_type_are_told_apart_by_their_sources() -> None:
    rig = Rig()
    slides = Ingress(rig.clock)
    second = RtpStream(H264, (96, 97), OURS + 1, rig.clock, rig._sent, rig._report)
    second.receive_into(Intake(slides, None))
    rig.group.add(second, [OTHER])
    assert rig.receive(1)
    assert rig.receive(1, OTHER)
    assert (rig.stream.reception().received, second.reception().received) == (1, 1)


def test_a_bound_is_told_at_once_and_kept_up_by_what_the_sender_understands(rig: Rig) -> None:
    rig.receive(1)
    rig.stream.tick(rig.clock.now_ns())
    rig.stream.ask_rate(300_000)
    rig.stream.tick(rig.clock.now_ns())
    rig.stream.ask_rate(300_000)
    rig.stream.tick(rig.clock.now_ns())
    rig.stream.ask_rate(1 << 62)
    rig.stream.tick(rig.clock.now_ns())
    rates = [told.bitrate_bps for told in rig.told(rtcp.Remb) if isinstance(told, rtcp.Remb)]
    assert rates == [MOST_BPS, 300_000, MOST_BPS]
    rig.stream.rate.remb, rig.stream.rate.tmmbr = False, True
    rig.stream.ask_rate(512_000)
    rig.stream.tick(rig.clock.now_ns())
    (request,) = rig.told(rtcp.RateRequest)
    assert isinstance(request, rtcp.RateRequest)
    assert [(one.ssrc, one.bitrate_bps) for one in request.bounds] == [(THEIRS, 512_000)]
