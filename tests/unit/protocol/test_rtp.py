"""RTP packets: whole, with extensions, and broken."""

import msgspec
import pytest

from mcu_core.errors import MalformedInput
from mcu_core.protocol import rtp
from tests.fakes.captures import datagrams, packets

PLAIN = bytes.fromhex("8060 0001 00000002 00000003")
CAPTURES = ("ffmpeg_h264", "ffmpeg_vp8", "gstreamer_h264", "gstreamer_vp8", "gstreamer_opus")


def test_reads_every_field() -> None:
    packet = rtp.parse(bytes.fromhex("80e0 fffe 89abcdef 01234567") + b"payload")
    assert packet == rtp.RtpPacket(96, 0xFFFE, 0x89ABCDEF, 0x01234567, True, b"payload")


def test_reads_padding_sources_and_extension_together() -> None:
    data = bytes.fromhex("b260 0001 00000002 00000003 aaaaaaaa bbbbbbbb bede 0001 10550000")
    packet = rtp.parse(data + b"xyz" + bytes((0, 2)))
    assert packet.payload == b"xyz"
    assert packet.extensions == {1: b"\x55"}
    assert not packet.marker


def test_one_byte_extensions_have_ids_lengths_and_padding() -> None:
    block = bytes.fromhex("bede 0003 22aabbcc 00 10ff 00 31 1234 00")
    assert rtp.parse(b"\x90" + PLAIN[1:] + block).extensions == {
        2: bytes.fromhex("aabbcc"),
        1: b"\xff",
        3: bytes.fromhex("1234"),
    }


def test_one_byte_extensions_end_at_id_15() -> None:
    block = bytes.fromhex("bede 0002 10aa f000 10bb 0000")
    assert rtp.parse(b"\x90" + PLAIN[1:] + block).extensions == {1: b"\xaa"}


def test_two_byte_extensions_may_be_long_or_empty() -> None:
    block = bytes.fromhex("1005 0006 8000 0a12") + bytes(range(18)) + b"\0\0"
    packet = rtp.parse(b"\x90" + PLAIN[1:] + block + b"rest")
    assert packet.extensions == {0x80: b"", 10: bytes(range(18))}
    assert packet.payload == b"rest"


def test_an_unknown_extension_profile_is_skipped() -> None:
    packet = rtp.parse(b"\x90" + PLAIN[1:] + bytes.fromhex("abcd 0001 01020304") + b"rest")
    assert packet.extensions == {}
    assert packet.payload == b"rest"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        pytest.param(b"", "rtp", id="empty"),
        pytest.param(PLAIN[:11], "rtp", id="header-truncated"),
        pytest.param(b"\x40" + PLAIN[1:], "rtp.version", id="version-1"),
        pytest.param(b"\x81" + PLAIN[1:], "rtp.csrc", id="sources-truncated"),
        pytest.param(b"\x90" + PLAIN[1:], "rtp.extension", id="extension-absent"),
        pytest.param(
            b"\x90" + PLAIN[1:] + b"\xbe\xde\0\2\0\0\0\0", "rtp.extension", id="extension-short"
        ),
        pytest.param(
            b"\x90" + PLAIN[1:] + b"\xbe\xde\0\1\x1f\0\0\0", "rtp.extension", id="element-long"
        ),
        pytest.param(
            b"\x90" + PLAIN[1:] + b"\x10\0\0\1\0\0\0\1", "rtp.extension", id="element-no-length"
        ),
        pytest.param(
            b"\x90" + PLAIN[1:] + b"\x10\0\0\1\1\3\0\0", "rtp.extension", id="element-long-2"
        ),
        pytest.param(b"\xa0" + PLAIN[1:] + b"\0", "rtp.padding", id="padding-zero"),
        pytest.param(b"\xa0" + PLAIN[1:] + b"\x09", "rtp.padding", id="padding-long"),
        pytest.param(b"\xa0" + PLAIN[1:], "rtp.padding", id="padding-of-nothing"),
    ],
)
def test_refuses_what_is_broken(data: bytes, field: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        rtp.parse(data)
    assert refused.value.field == field


@pytest.mark.parametrize("name", CAPTURES)
def test_captured_packets_come_out_as_they_came_in(name: str) -> None:
    for packet in packets(name):
        assert rtp.parse(packet.serialize()) == packet


def test_captured_packets_are_the_same_bytes_again() -> None:
    plain = [data for data in datagrams("gstreamer_opus") if data[0] == 0x80]
    assert plain
    assert [rtp.parse(data).serialize() for data in plain] == plain


def test_header_is_the_packet_without_its_payload() -> None:
    packet = rtp.RtpPacket(111, 7, 8, 9, True, b"abc", {3: b"x", 4: b"long enough"})
    head = rtp.header(111, True, 7, 8, 9, ((3, b"x"), (4, b"long enough")))
    assert head + b"abc" == packet.serialize()


@pytest.mark.parametrize(
    "change",
    [{"payload_type": 128}, {"sequence": 65_536}, {"timestamp": -1}, {"extensions": {256: b""}}],
)
def test_values_beyond_their_range_are_not_written(change: dict[str, object]) -> None:
    packet = msgspec.structs.replace(rtp.RtpPacket(96, 1, 2, 3, False, b""), **change)
    with pytest.raises(ValueError, match=r"range|0\.\.127|fits no form"):
        packet.serialize()
