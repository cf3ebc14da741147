"""RTCP packets: each kind, compound ones, and broken ones."""

import pytest

from mcu_core.errors import MalformedInput
from mcu_core.protocol import rtcp
from mcu_core.protocol.rtcp import (
    Bye,
    FullIntra,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceChunk,
    SourceDescription,
)
from mcu_core.protocol.transport_cc import MAX_PACKETS, TransportFeedback
from tests.fakes.captures import datagrams

BLOCK = ReportBlock(5, 128, -3, 0x0001_FFFF, 77, 0x1234_5678, 65_536)

KINDS: list[rtcp.RtcpPacket] = [
    SenderReport(1, 0xE000_0000_8000_0000, 90_000, 10, 12_000, (BLOCK, ReportBlock(6))),
    ReceiverReport(1),
    ReceiverReport(1, (BLOCK,)),
    SourceDescription.named(1, "site@example"),
    SourceDescription((SourceChunk(1, ((1, b"abc"), (6, b""))), SourceChunk(2, ()))),
    Bye((1, 2)),
    Bye((1,), b"closing"),
    Bye(()),
    Nack(1, 2, (10, 11, 26, 27, 65_535, 0)),
    PictureLoss(1, 2),
    FullIntra(1, ((2, 255), (3, 0))),
    Remb(1, 2_000_000 >> 3 << 3, (2, 3)),
    Remb(1, 0, ()),
]


@pytest.mark.parametrize("packet", KINDS, ids=lambda packet: type(packet).__name__)
def test_each_kind_comes_back(packet: rtcp.RtcpPacket) -> None:
    data = packet.serialize()
    assert len(data) % 4 == 0
    assert int.from_bytes(data[2:4]) == len(data) // 4 - 1
    assert rtcp.parse(data) == [packet]
    assert rtcp.is_rtcp(data)


def test_compound_keeps_the_order() -> None:
    assert rtcp.parse(rtcp.compound(KINDS)) == KINDS


def test_known_bytes_of_a_nack() -> None:
    # RFC 4585 6.2.1: packet 0x0100 and, by the mask, 0x0101 and 0x0110.
    data = bytes.fromhex("81cd 0003 00000001 00000002 0100 8001")
    assert rtcp.parse(data) == [Nack(1, 2, (0x100, 0x101, 0x110))]
    assert Nack(1, 2, (0x100, 0x101, 0x110)).serialize() == data


def test_known_bytes_of_a_remb() -> None:
    # The example of an exponent: 0x3ffff << 3.
    data = bytes.fromhex("8fce 0005 00000001 00000000 52454d42 010fffff 00000002")
    assert rtcp.parse(data) == [Remb(1, 0x3FFFF << 3, (2,))]


def test_remb_rounds_down() -> None:
    (read,) = rtcp.parse(Remb(1, 3_141_593, (2,)).serialize())
    assert isinstance(read, Remb)
    assert 3_141_593 - 16 < read.bitrate_bps <= 3_141_593


def test_other_types_and_other_applications_are_skipped() -> None:
    unknown = bytes.fromhex("8ecd 0002 00000001 00000002")
    app = bytes.fromhex("80cc 0002 00000001 61626364")
    other = bytes.fromhex("8fce 0003 00000001 00000000 41424344")
    assert rtcp.parse(unknown + app + other + KINDS[9].serialize()) == [KINDS[9]]


def test_one_datagram_tells_of_no_more_packets_than_one_message() -> None:
    said = TransportFeedback(1, 2, 0, 0, (None,) * MAX_PACKETS).serialize()
    assert len(rtcp.parse(said)) == 1
    with pytest.raises(MalformedInput, match="transport_cc"):
        rtcp.parse(said * 2)


def test_padding_of_the_last_packet_is_taken_off() -> None:
    data = bytes.fromhex("a0c9 0002 00000001 00000004")
    assert rtcp.parse(data) == [ReceiverReport(1)]


def test_loss_beyond_its_bits_is_clamped() -> None:
    (read,) = rtcp.parse(ReceiverReport(1, (ReportBlock(2, packets_lost=1 << 30),)).serialize())
    assert isinstance(read, ReceiverReport)
    assert read.reports[0].packets_lost == 0x7F_FFFF


def test_captured_reports_are_understood() -> None:
    reports = [rtcp.parse(data) for data in datagrams("ffmpeg_h264") if rtcp.is_rtcp(data)]
    assert isinstance(reports[0][0], SenderReport)
    assert reports[0][0].packet_count == 0
    compound = [rtcp.parse(data) for data in datagrams("gstreamer_h264") if rtcp.is_rtcp(data)]
    assert any(isinstance(one, SenderReport) for one in compound[0])


def test_rtp_is_not_rtcp() -> None:
    assert not any(rtcp.is_rtcp(data) for data in datagrams("gstreamer_opus"))
    assert not rtcp.is_rtcp(b"\x80")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("80c9", id="header-truncated"),
        pytest.param("40c9 0001 00000001", id="version-1"),
        pytest.param("80c9 0002 00000001", id="length-beyond"),
        pytest.param("80c9 0000", id="receiver-report-without-ssrc"),
        pytest.param("80c8 0001 00000001", id="sender-report-truncated"),
        pytest.param("81c9 0001 00000001", id="report-block-absent"),
        pytest.param("81ca 0000", id="sdes-no-chunk"),
        pytest.param("81ca 0002 00000001 01ff6162", id="sdes-item-truncated"),
        pytest.param("81ca 0002 00000001 01026162", id="sdes-no-end"),
        pytest.param("81cb 0000", id="bye-no-ssrc"),
        pytest.param("80cb 0001 09616263", id="bye-reason-truncated"),
        pytest.param("81cd 0001 00000001", id="nack-truncated"),
        pytest.param("81ce 0000", id="pli-empty"),
        pytest.param("84ce 0003 00000001 00000000 00000002", id="fir-half-an-entry"),
        pytest.param("8fce 0003 00000001 00000000 52454d42", id="remb-no-rate"),
        pytest.param("8fce 0004 00000001 00000000 52454d42 02000000", id="remb-no-sources"),
        pytest.param("a0c9 0001 00000000", id="padding-zero"),
        pytest.param("a0c9 0001 00000003", id="padding-not-whole-words"),
        pytest.param("a0c9 0001 000000fc", id="padding-beyond"),
        pytest.param("a0c9 0000", id="padding-of-nothing"),
    ],
)
def test_refuses_what_is_broken(text: str) -> None:
    with pytest.raises(MalformedInput):
        rtcp.parse(bytes.fromhex(text))


def test_too_much_for_one_packet_is_not_written() -> None:
    with pytest.raises(ValueError, match="count 32"):
        Bye(tuple(range(32))).serialize()
    with pytest.raises(ValueError, match="256 sources"):
        Remb(1, 1, tuple(range(256))).serialize()
    with pytest.raises(ValueError, match="SDES item"):
        SourceDescription.named(1, "x" * 256).serialize()


def test_a_flood_in_one_packet_is_not_read() -> None:
    """Sixty kilobytes of NACK would name 250 000 packets and hold the engine's loop for long."""
    entries = bytes.fromhex("0000ffff") * 500
    head = bytes.fromhex("81cd") + (2 + 500).to_bytes(2) + bytes(4) + (7).to_bytes(4)
    (nack,) = rtcp.parse(head + entries)
    assert isinstance(nack, Nack)
    assert len(nack.lost) < 300
    with pytest.raises(MalformedInput, match="2048"):
        rtcp.parse(bytes.fromhex("80c9 0001 00000001") * 300)
