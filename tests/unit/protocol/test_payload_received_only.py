"""VP9, H.265 and AV1 as they come: descriptors by the letter, and sizes out of keyframes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.payload.av1 import Av1Depayloader, leb128, to_leb128
from mcu_core.protocol.payload.base import Depayloader
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.h265 import H265Depayloader
from mcu_core.protocol.payload.vp9 import Vp9Depayloader
from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.sizes import av1_size, h265_size, vp9_size

KEYFRAME = bytes.fromhex("82498342") + ((639 << 28 | 359 << 12) >> 0).to_bytes(6) + b"rest"


def pushed(taker: Depayloader, *payloads: bytes, lost: int = -1) -> list[Frame]:
    """The frames out of the payloads of one picture; before payload `lost` some are missing."""
    found = []
    for at, payload in enumerate(payloads):
        packet = RtpPacket(96, at, 3000, 1, at == len(payloads) - 1, payload)
        found += taker.push(packet, at == lost)
    return found


# --------------------------------------------------------------------------------------------- VP9


@pytest.mark.parametrize(
    "descriptor",
    [
        *("08", "8811", "889234", "a8 11 00 05", "b8 11 00", "f8 9122 00 03 03 02"),
        "0a 18 0140 00b4 01 04 01",
    ],
    ids=["plain", "id", "long id", "layers", "flexible", "references", "structure"],
)
def test_vp9_descriptors_are_passed_over(descriptor: str) -> None:
    (frame,) = pushed(Vp9Depayloader(), bytes.fromhex(descriptor) + KEYFRAME)
    assert frame.data == KEYFRAME
    assert frame.keyframe
    assert not frame.broken


def test_vp9_of_the_lowest_layer_alone() -> None:
    base, above = bytes.fromhex("28 00 00"), bytes.fromhex("28 02 00")
    (frame,) = pushed(Vp9Depayloader(), base + KEYFRAME, above + b"detail")
    assert frame.data == KEYFRAME


def test_vp9_without_its_beginning_is_nothing() -> None:
    assert pushed(Vp9Depayloader(), b"\0tail") == []
    (frame,) = pushed(Vp9Depayloader(), b"\x08" + KEYFRAME, b"\0tail", lost=1)
    assert frame.broken


def test_vp9_keyframes_tell_their_size() -> None:
    assert vp9_size(KEYFRAME) == (640, 360)
    assert vp9_size(b"\x86" + KEYFRAME[1:]) is None


# ------------------------------------------------------------------------------------------- H.265


def unit(kind: int, body: bytes) -> bytes:
    return bytes((kind << 1, 1)) + body


VPS, SPS, PPS = (unit(kind, bytes((kind, 2))) for kind in (32, 33, 34))
ENTRY, SLICE = unit(19, b"\x80" + b"entry" * 40), unit(1, b"\x80slice")


def annex_b(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + one for one in units)


def test_h265_aggregates_and_fragments() -> None:
    sets = b"".join(len(one).to_bytes(2) + one for one in (VPS, SPS, PPS))
    body = ENTRY[2:]
    pieces = [
        bytes((49 << 1, 1, flag | 19)) + body[at : at + 80]
        for at, flag in ((0, 0x80), (80, 0), (160, 0x40))
    ]
    taker = H265Depayloader()
    (frame,) = pushed(taker, unit(48, sets), *pieces)
    assert frame.data == annex_b(VPS, SPS, PPS, ENTRY)
    assert frame.keyframe
    (frame,) = pushed(taker, SLICE)
    assert (frame.data, frame.keyframe) == (annex_b(SLICE), False)
    (frame,) = pushed(taker, ENTRY)
    assert frame.data == annex_b(VPS, SPS, PPS, ENTRY)
    (frame,) = pushed(taker, pieces[0], pieces[2], lost=1)
    assert frame.broken


def test_h265_sets_may_stand_in_the_description() -> None:
    told = {"sprop-vps": "QAEgAg==", "sprop-sps": "QgEhAg==", "sprop-pps": "RAEiAg=="}
    (frame,) = pushed(H265Depayloader.of(told), ENTRY)
    assert frame.data == annex_b(VPS, SPS, PPS, ENTRY)


# --------------------------------------------------------------------------------------------- AV1


def test_av1_pieces_become_units_with_sizes() -> None:
    sequence, picture = b"\x08" + b"s" * 10, b"\x30" + b"p" * 300
    first = bytes((0x48 | 2 << 4,)) + to_leb128(len(sequence)) + sequence + picture[:100]
    second = bytes((0x80 | 1 << 4,)) + picture[100:]
    (frame,) = pushed(Av1Depayloader(), first, second)
    sized = b"\x0a\x0a" + sequence[1:] + b"\x32" + to_leb128(300) + picture[1:]
    assert frame.data == b"\x12\0" + sized
    assert frame.keyframe
    (frame,) = pushed(Av1Depayloader(), first, second, lost=1)
    assert frame.broken


@given(st.integers(0, (1 << 50) - 1))
def test_leb128_comes_back(value: int) -> None:
    assert leb128(to_leb128(value), 0) == (value, len(to_leb128(value)))


@given(st.binary(max_size=40))
def test_any_bytes_have_a_size_or_none(data: bytes) -> None:
    for size in (vp9_size(b"\x80\x49\x83\x42" + data), h265_size(annex_b(unit(33, data)))):
        assert size is None or len(size) == 2
    assert av1_size(b"\x0a" + data) is None or data
