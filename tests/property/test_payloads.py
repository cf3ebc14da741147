"""What a payloader cuts, a depayloader puts together, in any size; no loss goes unnoticed."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.payload.base import Depayloader
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.h264 import START_CODE, H264Depayloader, H264Payloader
from mcu_core.protocol.payload.vp8 import Vp8Depayloader, Vp8Payloader
from mcu_core.protocol.rtp import RtpPacket


def packed(payloads: tuple[bytes, ...], timestamp: int = 0) -> list[RtpPacket]:
    """The packets of one frame, the marker on the last."""
    last = len(payloads) - 1
    return [
        RtpPacket(96, index, timestamp, 1, index == last, payload)
        for index, payload in enumerate(payloads)
    ]


def push_all(stream: Depayloader, packets: list[RtpPacket]) -> list[Frame]:
    return [frame for packet in packets for frame in stream.push(packet, False)]


# NAL units: never ending in zero and without start codes inside, as an encoder escapes them.
bodies = st.binary(max_size=400).map(lambda data: data.replace(b"\0", b"\1") + b"\x80")
units = st.builds(
    lambda importance, kind, body: bytes((importance << 5 | kind,)) + body,
    st.integers(0, 3),
    st.sampled_from((1, 5, 6, 12)),
    bodies,
)
pictures = st.lists(units, min_size=1, max_size=6).filter(
    lambda found: any(unit[0] & 31 in (1, 5) for unit in found)
)


@given(pictures, st.integers(16, 300))
def test_h264_comes_back_whole_and_in_size(picture: list[bytes], max_bytes: int) -> None:
    data = b"".join(START_CODE + unit for unit in picture)
    payloads = H264Payloader(max_bytes).payloads(data, False)
    assert all(0 < len(payload) <= max_bytes for payload in payloads)
    (frame,) = push_all(H264Depayloader(), packed(payloads, 9))
    keyframe = any(unit[0] & 31 == 5 for unit in picture)
    assert frame == Frame(data, 9, keyframe, broken=False)


@given(st.binary(min_size=1, max_size=600), st.integers(2, 300))
def test_vp8_comes_back_whole_and_in_size(data: bytes, max_bytes: int) -> None:
    payloads = Vp8Payloader(max_bytes).payloads(data, False)
    assert all(1 < len(payload) <= max_bytes for payload in payloads)
    (frame,) = push_all(Vp8Depayloader(), packed(payloads, 9))
    assert frame.data == data
    assert not frame.broken


@given(st.lists(pictures, min_size=2, max_size=4), st.data())
def test_a_lost_h264_packet_is_told_of(film: list[list[bytes]], data: st.DataObject) -> None:
    packets = [
        packet
        for turn, picture in enumerate(film)
        for packet in packed(
            H264Payloader(60).payloads(b"".join(START_CODE + unit for unit in picture), False),
            turn,
        )
    ]
    # The end of a keyframe that follows may hide that something before it was lost: no harm.
    plain = [packet for packet in packets if not _has_idr(packet.payload)]
    lost = data.draw(st.integers(0, len(packets) - 1))
    stream = H264Depayloader()
    frames: list[Frame] = []
    for index, packet in enumerate(packets):
        if index != lost:
            frames += stream.push(packet, index == lost + 1)
    if len(plain) == len(packets) and lost < len(packets) - len(_last(packets)):
        assert any(frame.broken for frame in frames)


def _has_idr(payload: bytes) -> bool:
    kind = payload[0] & 31
    if kind == 28:
        return payload[1] & 31 == 5
    return kind in (5, 24)


def _last(packets: list[RtpPacket]) -> list[RtpPacket]:
    return [packet for packet in packets if packet.timestamp == packets[-1].timestamp]
