"""VP8 payloads: descriptors, frame ends, loss."""

import pytest

from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.vp8 import Vp8Depayloader, Vp8Payloader, descriptor_bytes
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.captures import packets

KEY = bytes((0x10, 2, 0, 0x9D, 1, 0x2A, 64, 1, 240, 0)) + bytes(range(50))
DELTA = bytes((0x11,)) + bytes(range(100, 150))
START = b"\x10"
MORE = b"\x00"


def packet(payload: bytes, timestamp: int = 0, marker: bool = False) -> RtpPacket:
    return RtpPacket(96, 0, timestamp, 1, marker, payload)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("10 aa", 1, id="shortest"),
        pytest.param("90 00 aa", 2, id="no-fields"),
        pytest.param("90 80 7f aa", 3, id="short-picture-id"),
        pytest.param("90 80 ff ff aa", 4, id="long-picture-id"),
        pytest.param("90 c0 ff ff 01 aa", 5, id="with-level-index"),
        pytest.param("90 f0 ff ff 01 02 aa", 6, id="with-all"),
        pytest.param("90 20 02 aa", 3, id="layer-only"),
        pytest.param("90 10 02 aa", 3, id="key-index-only"),
        pytest.param("10", 0, id="descriptor-only"),
        pytest.param("90", 0, id="flags-truncated"),
        pytest.param("90 80", 0, id="picture-id-truncated"),
        pytest.param("90 80 ff ff", 0, id="nothing-after-it"),
    ],
)
def test_descriptor_length(text: str, size: int) -> None:
    assert descriptor_bytes(bytes.fromhex(text)) == size


def test_a_frame_comes_out_at_its_marker() -> None:
    stream = Vp8Depayloader()
    assert stream.push(packet(START + KEY[:20], 9), False) == []
    assert stream.push(packet(MORE + KEY[20:], 9, marker=True), False) == [Frame(KEY, 9, True)]
    assert stream.push(packet(START + DELTA, 10, marker=True), False) == [Frame(DELTA, 10, False)]


def test_a_frame_without_marker_ends_where_the_next_begins() -> None:
    stream = Vp8Depayloader()
    stream.push(packet(START + KEY, 9), False)
    assert stream.push(packet(START + DELTA, 10), False) == [Frame(KEY, 9, True)]


def test_a_loss_inside_keeps_what_came_before_it() -> None:
    stream = Vp8Depayloader()
    stream.push(packet(START + KEY[:20]), False)
    (frame,) = stream.push(packet(MORE + KEY[40:], marker=True), True)
    assert frame == Frame(KEY[:20], 0, True, broken=True)
    (after,) = stream.push(packet(START + DELTA, 1, marker=True), False)
    assert not after.broken  # told once


def test_a_lost_end_breaks_the_frame_that_it_belongs_to() -> None:
    stream = Vp8Depayloader()
    stream.push(packet(START + KEY[:20]), False)
    frames = stream.push(packet(START + DELTA, 1, marker=True), True)
    assert [frame.broken for frame in frames] == [True, False]


def test_a_frame_without_its_head_is_dropped_and_told_of_with_the_next() -> None:
    stream = Vp8Depayloader()
    assert stream.push(packet(MORE + KEY[20:], marker=True), True) == []
    (frame,) = stream.push(packet(START + DELTA, 1, marker=True), False)
    assert frame.broken


def test_a_lost_frame_breaks_the_next_unless_that_is_a_keyframe() -> None:
    stream = Vp8Depayloader()
    (frame,) = stream.push(packet(START + KEY, marker=True), True)
    assert not frame.broken
    (frame,) = stream.push(packet(START + DELTA, 1, marker=True), True)
    assert frame.broken


def test_a_later_partition_is_not_a_start() -> None:
    stream = Vp8Depayloader()
    stream.push(packet(START + KEY[:30]), False)
    (frame,) = stream.push(packet(b"\x11" + KEY[30:], marker=True), False)
    assert frame == Frame(KEY, 0, True)


def test_broken_descriptors_are_counted_as_lost() -> None:
    stream = Vp8Depayloader()
    stream.push(packet(START + KEY[:20]), False)
    (frame,) = stream.push(packet(b"\x90\x80", marker=True), False)
    assert frame.broken
    assert stream.malformed == 1


def test_padding_only_packets_change_nothing() -> None:
    stream = Vp8Depayloader()
    stream.push(packet(START + KEY[:20]), False)
    assert stream.push(packet(b""), False) == []
    assert stream.push(packet(MORE + KEY[20:], marker=True), False) == [Frame(KEY, 0, True)]


@pytest.mark.parametrize("name", ["ffmpeg_vp8", "gstreamer_vp8"])
def test_captured_frames(name: str) -> None:
    stream = Vp8Depayloader()
    frames = [frame for one in packets(name) for frame in stream.push(one, False)]
    assert len(frames) == 15
    assert [index for index, frame in enumerate(frames) if frame.keyframe] == [0, 8]
    assert not any(frame.broken for frame in frames)


def test_payloads_are_even_pieces_with_one_start() -> None:
    payloads = Vp8Payloader(21).payloads(KEY, True)
    assert [len(payload) for payload in payloads] == [21, 21, 21]
    assert [payload[0] for payload in payloads] == [0x10, 0, 0]
    assert b"".join(payload[1:] for payload in payloads) == KEY


def test_room_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        Vp8Payloader(1)
