"""H.263 in both payload formats: headers by the letter of RFC 2190 and RFC 4629."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.h263 import picture_header
from mcu_core.protocol.payload.base import Depayloader
from mcu_core.protocol.payload.bits import BitPieces
from mcu_core.protocol.payload.h263 import H263Depayloader, H263Payloader
from mcu_core.protocol.payload.h263_plus import H263PlusDepayloader, H263PlusPayloader
from mcu_core.protocol.rtp import RtpPacket


def bits(text: str) -> bytes:
    """Bytes from bits written in groups; filled up with zeros."""
    digits = text.replace(" ", "")
    return int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8))


START = "0000 0000 0000 0000 1 00000"
CIF_INTRA = bits(START + "00000001 10 000 011 0 1010 01010") + b"picture of CIF"
QCIF_INTER = bits(START + "00000010 10 000 010 1 0000 01010") + b"difference"
CUSTOM_INTRA = bits(
    START + "00000001 10 000 111 001 110 000000000000000 000 000001 0 0010 001001111 1 000111100"
).ljust(20, b"x")


def pushed(taker: Depayloader, payloads: tuple[bytes, ...]) -> list[bytes]:
    """The pictures out of the payloads of one."""
    found = []
    for at, payload in enumerate(payloads):
        last = at == len(payloads) - 1
        found += taker.push(RtpPacket(34, at, 3000, 1, last, payload), False)
    assert not any(frame.broken for frame in found)
    return [frame.data for frame in found]


def test_headers_tell_size_and_kind() -> None:
    cif, qcif, custom = map(picture_header, (CIF_INTRA, QCIF_INTER, CUSTOM_INTRA))
    assert cif is not None
    assert (cif.intra, cif.width, cif.height, cif.options) == (True, 352, 288, 0b1010)
    assert qcif is not None
    assert (qcif.intra, qcif.width, qcif.height) == (False, 176, 144)
    assert custom is not None
    assert (custom.intra, custom.width, custom.height) == (True, 320, 240)
    assert picture_header(b"\0\0\x80\x02" + bytes(8)) is None


@given(st.binary(max_size=20))
def test_any_bytes_have_a_header_or_none(data: bytes) -> None:
    found = picture_header(b"\0\0\x80" + data)
    assert found is None or found.width >= 0


def test_mode_a_repeats_what_the_picture_says() -> None:
    (payload,) = H263Payloader(1200).payloads(CIF_INTRA, True)
    assert payload[:4] == bits("0 0 000 000 011 0 1 0 1 0000 00 000 00000000")
    (payload,) = H263Payloader(1200).payloads(QCIF_INTER, False)
    assert payload[:4] == bits("0 0 000 000 010 1 0 0 0 0000 00 000 00000000")


def test_mode_a_is_cut_where_groups_begin() -> None:
    group = b"\0\0\x85" + b"g" * 300
    data = CIF_INTRA + 6 * group
    payloads = H263Payloader(700).payloads(data, True)
    assert [len(one) for one in payloads] == [4 + len(CIF_INTRA) + 606, 4 + 606, 4 + 606]
    assert all(one[4:7] == b"\0\0\x85" for one in payloads[1:])
    assert pushed(H263Depayloader(), payloads) == [data]


def test_a_group_larger_than_a_packet_stays_whole() -> None:
    data = CIF_INTRA + b"\0\0\x85" + b"g" * 2000
    payloads = H263Payloader(700).payloads(data, True)
    assert [len(one) - 4 for one in payloads] == [len(CIF_INTRA), 2003]


@pytest.mark.parametrize(("flags", "size"), [(0x00, 4), (0x80, 8), (0xC0, 12)])
def test_pieces_meet_within_a_byte(flags: int, size: int) -> None:
    """RFC 2190 4.2: SBIT bits of the first byte, EBIT of the last one belong to the neighbour."""
    cut, skipped = len(CIF_INTRA) - 5, 3
    first = bytes([5]) + bytes(3) + CIF_INTRA[: cut + 1]
    second = bytes([flags | skipped << 3]) + bytes(size - 1) + CIF_INTRA[cut:]
    assert pushed(H263Depayloader(), (first, second)) == [CIF_INTRA]


def test_pieces_that_do_not_meet_break_the_picture() -> None:
    first = bytes([5]) + bytes(3) + CIF_INTRA
    second = bytes([0x80 | 1 << 3]) + bytes(7) + b"tail"
    taker = H263Depayloader()
    assert taker.push(RtpPacket(34, 1, 3000, 1, False, first), False) == []
    (frame,) = taker.push(RtpPacket(34, 2, 3000, 1, True, second), False)
    assert frame.broken


@given(st.binary(min_size=1, max_size=60), st.data())
def test_bits_cut_anywhere_come_back(data: bytes, draw: st.DataObject) -> None:
    ends = draw.draw(st.sets(st.integers(1, 8 * len(data) - 1), max_size=6))
    joined = BitPieces()
    for begin, end in pairwise(sorted({0, 8 * len(data)} | ends)):
        piece = data[begin // 8 : -(-end // 8)]
        assert joined.add(piece, begin % 8, -end % 8)
    assert joined.take() == data


def test_the_format_of_1998_leaves_start_codes_zeros_out() -> None:
    data = CIF_INTRA + b"x" * 2000
    payloads = H263PlusPayloader(700).payloads(data, True)
    assert [one[:2] for one in payloads] == [b"\x04\0", b"\0\0", b"\0\0"]
    assert max(map(len, payloads)) <= 700
    assert pushed(H263PlusDepayloader(), payloads) == [data]


def test_extra_headers_and_redundancy_are_passed_over() -> None:
    """V: a byte of redundancy coding; PLEN: a repeated picture header (RFC 4629 5.1)."""
    with_both = bits("00000 1 1 000011 000") + b"R" + b"abc" + CIF_INTRA[2:]
    assert pushed(H263PlusDepayloader(), (with_both,)) == [CIF_INTRA]


def test_without_its_beginning_a_picture_is_nothing() -> None:
    taker = H263PlusDepayloader()
    assert taker.push(RtpPacket(96, 1, 3000, 1, True, b"\0\0tail"), False) == []
    (frame,) = taker.push(
        RtpPacket(96, 2, 6000, 1, True, b"\x04\0" + QCIF_INTER[2:]), lost_before=False
    )
    assert frame.broken
    assert not frame.keyframe
