"""Whatever payloads come, a picture put together natively is the one that Python makes of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.ingress.quick_pictures import QuickPictures
from mcu_core.ingress.reception import Reception
from mcu_core.kernels.assembling import GOES_ON, REFUSED, keep
from mcu_core.kernels.rows import HIGHEST, KEPT, KEPT_ROOM, TIMESTAMP
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.protocol.payload.base import Frame, depayloader
from mcu_core.protocol.rtp import RtpPacket

BEGIN = 100

UNITS = st.builds(
    bytes.__add__,
    st.sampled_from([b"\x41\x80", b"\x61\x9a", b"\x06", b"\x09\x10", b"\x67", b"\x65\x88"]),
    st.binary(max_size=12),
)
FRAGMENTS = st.builds(
    lambda indicator, kind, flags, rest: bytes((indicator | 28, kind | flags)) + rest,
    st.sampled_from([0x40, 0x60]),
    st.sampled_from([1, 1, 1, 6, 5, 9]),
    st.sampled_from([0x80, 0x00, 0x40, 0xC0]),
    st.binary(max_size=12),
)
AGGREGATES = st.lists(UNITS, max_size=3).map(
    lambda units: b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
)
PIECES = st.builds(
    bytes.__add__,
    st.sampled_from([b"\x10\x11", b"\x10\x10", b"\x00", b"\x90\x80\x05\x01", b"\x80\xf0\x85\x01"]),
    st.binary(max_size=12),
)


def made_of(codec: Codec, payloads: list[bytes]) -> bytes | None:
    """The picture that is made natively; None where it is left to Python."""
    reception = Reception(1, 90_000)
    quick = QuickPictures(codec, reception.row, 96)
    row = np.frombuffer(reception.row, np.int64)
    row[HIGHEST], row[TIMESTAMP] = 0xFFFF, 5
    made = np.zeros(4096, np.uint8)
    for k, payload in enumerate(payloads):
        last = k == len(payloads) - 1
        packet = np.frombuffer(bytes(12) + payload, np.uint8)
        before = row[KEPT]
        end = keep(row, packet, 12, len(packet), last, made, BEGIN)
        assert not made[:BEGIN].any()
        if end == REFUSED:
            assert row[KEPT] == before <= row[KEPT_ROOM]
            assert [packet.payload for packet in quick.give_back()] == payloads[:k]
            return None
        if not last:
            assert end == GOES_ON
            assert made.max() == 0
    assert row[KEPT] == 0
    return made[BEGIN:end].tobytes()


def slowly_made_of(codec: Codec, payloads: list[bytes]) -> list[Frame]:
    slow = depayloader(codec)
    frames: list[Frame] = []
    for k, payload in enumerate(payloads):
        last = k == len(payloads) - 1
        frames += slow.push(RtpPacket(96, k, 5, 1, last, payload), lost_before=False)
    assert slow.malformed == 0, "what cannot be read is left to Python"
    return frames


def same_or_left(codec: Codec, payloads: list[bytes]) -> None:
    made = made_of(codec, payloads)
    if made is not None:
        assert slowly_made_of(codec, payloads) == [Frame(made, 5, False)]


@given(st.lists(UNITS | FRAGMENTS | AGGREGATES | st.binary(min_size=1, max_size=20), min_size=1))
def test_h264(payloads: list[bytes]) -> None:
    same_or_left(H264, payloads)


@given(st.lists(PIECES | st.binary(min_size=1, max_size=20), min_size=1, max_size=12))
def test_vp8(payloads: list[bytes]) -> None:
    same_or_left(VP8, payloads)


def test_the_usual_are_not_left_to_python() -> None:
    slices = [b"\x41\x80abc", b"\x5c\x81ab", b"\x5c\x01cd", b"\x5c\x41ef"]
    beside = b"\x78" + b"\x00\x02\x09\x10" + b"\x00\x03\x06\x05\x01" + b"\x00\x03\x41\x80x"
    for payloads in (slices, [beside], [beside, *slices], [b"\x5c\xc1ab"]):
        assert made_of(H264, payloads) is not None
        same_or_left(H264, payloads)
    frame = [b"\x10\x11abc", b"\x00def", b"\x90\x80\x05\x01"[:1] + b"\x80\x05ghi"]
    assert made_of(VP8, frame) == b"\x11abcdefghi"
    same_or_left(VP8, frame)
