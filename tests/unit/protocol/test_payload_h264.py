"""H.264 payloads: single units, STAP-A, FU-A, parameter sets, frame ends, loss."""

import pytest

from mcu_core.protocol.payload.frame import MAX_FRAME_BYTES, Frame
from mcu_core.protocol.payload.h264 import (
    MAX_SET_BYTES,
    MAX_SETS,
    START_CODE,
    H264Depayloader,
    H264Payloader,
    ParameterSets,
    nal_units,
    sprop_units,
)
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.captures import packets

SPS = bytes.fromhex("67 42c01e 8c 68 42")  # id 0
PPS = bytes.fromhex("68 ce 3c 80")  # id 0
IDR = b"\x65\x88" + bytes(range(1, 60))
SLICE = b"\x41\x9a" + bytes(range(60, 120))
SECOND_SLICE = b"\x41\x12" + bytes(range(1, 30))
DELIMITER = b"\x09\x10"
SEI = b"\x06\x05\x01\x77\x80"


def packet(payload: bytes, timestamp: int = 0, marker: bool = False) -> RtpPacket:
    return RtpPacket(96, 0, timestamp, 1, marker, payload)


def annex_b(*units: bytes) -> bytes:
    return b"".join(START_CODE + unit for unit in units)


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(len(unit).to_bytes(2) + unit for unit in units)


def fragments(unit: bytes, size: int) -> list[bytes]:
    """FU-A written down from RFC 6184 5.8, apart from the code under test."""
    body = [unit[at : at + size] for at in range(1, len(unit), size)]
    flags = [0x80] + [0] * (len(body) - 2) + [0x40]
    return [
        bytes((unit[0] & 0xE0 | 28, flag | unit[0] & 0x1F)) + piece
        for flag, piece in zip(flags, body, strict=True)
    ]


def test_single_units_make_a_picture_at_the_marker() -> None:
    stream = H264Depayloader()
    for unit in (SPS, PPS, SEI):
        assert stream.push(packet(unit, 7), False) == []
    frames = stream.push(packet(IDR, 7, marker=True), False)
    assert frames == [Frame(annex_b(SPS, PPS, SEI, IDR), 7, keyframe=True)]


def test_an_aggregate_is_its_units() -> None:
    (frame,) = H264Depayloader().push(packet(stap(SPS, PPS, IDR), marker=True), False)
    assert frame == Frame(annex_b(SPS, PPS, IDR), 0, keyframe=True)


def test_fragments_are_one_unit() -> None:
    stream = H264Depayloader()
    *first, last = fragments(SLICE, 20)
    for payload in first:
        assert stream.push(packet(payload), False) == []
    assert stream.push(packet(last, marker=True), False) == [Frame(annex_b(SLICE), 0, False)]


def test_a_picture_without_marker_ends_where_the_next_begins() -> None:
    stream = H264Depayloader()
    stream.push(packet(SLICE, 1), False)
    stream.push(packet(SECOND_SLICE, 1), False)
    frames = stream.push(packet(SLICE, 2, marker=True), False)
    assert frames == [
        Frame(annex_b(SLICE, SECOND_SLICE), 1, False),
        Frame(annex_b(SLICE), 2, False),
    ]


def test_sets_from_the_sdp_go_before_a_keyframe() -> None:
    stream = H264Depayloader.of({"sprop-parameter-sets": "Z0LAHoxoQg==,aM48gA=="})
    (frame,) = stream.push(packet(IDR, marker=True), False)
    assert frame.data == annex_b(SPS, PPS, IDR)
    (frame,) = stream.push(packet(SLICE, 1, marker=True), False)
    assert frame.data == annex_b(SLICE)


def test_sets_that_came_once_go_before_every_later_keyframe() -> None:
    stream = H264Depayloader()
    stream.push(packet(stap(SPS, PPS), marker=True), False)
    for turn in (1, 2):
        (frame,) = stream.push(packet(IDR, turn, marker=True), False)
        assert frame.data == annex_b(SPS, PPS, IDR)


def test_newer_sets_replace_older_ones_of_their_id() -> None:
    newer = bytes.fromhex("67 42c01e 8c 68 43")
    stream = H264Depayloader()
    stream.push(packet(stap(SPS, PPS)), False)
    stream.push(packet(newer), False)
    (frame,) = stream.push(packet(IDR, marker=True), False)
    assert frame.data == annex_b(newer, PPS, IDR)


def test_a_picture_that_brings_sets_keeps_them_without_being_a_keyframe() -> None:
    (frame,) = H264Depayloader().push(packet(stap(SPS, PPS, SLICE), marker=True), False)
    assert frame == Frame(annex_b(SPS, PPS, SLICE), 0, keyframe=False)


def test_sets_alone_are_no_picture_and_delimiters_are_left_out() -> None:
    stream = H264Depayloader()
    assert stream.push(packet(SPS, marker=True), False) == []
    assert stream.push(packet(DELIMITER, 1), False) == []
    assert stream.push(packet(SLICE, 1, marker=True), False)[0].data == annex_b(SLICE)


def test_a_lost_fragment_breaks_the_picture_and_drops_the_rest_of_its_unit() -> None:
    stream = H264Depayloader()
    first, _, third, last = fragments(SLICE, 16)
    stream.push(packet(first), False)
    stream.push(packet(third), True)
    (frame,) = stream.push(packet(last, marker=True), False)
    assert frame == Frame(annex_b(SLICE[:17]), 0, False, broken=True)
    (after,) = stream.push(packet(SLICE, 1, marker=True), False)
    assert not after.broken


def test_a_lost_first_fragment_leaves_no_picture_but_is_told_of() -> None:
    stream = H264Depayloader()
    assert stream.push(packet(fragments(SLICE, 31)[1], marker=True), True) == []
    (frame,) = stream.push(packet(SLICE, 1, marker=True), False)
    assert frame.broken


def test_a_lost_end_breaks_the_picture_that_it_belongs_to() -> None:
    stream = H264Depayloader()
    stream.push(packet(SLICE, 0), False)
    frames = stream.push(packet(SLICE, 1, marker=True), True)
    assert [frame.broken for frame in frames] == [True, False]


def test_a_fragment_that_never_ends_breaks_its_picture() -> None:
    stream = H264Depayloader()
    stream.push(packet(fragments(SLICE, 31)[0]), False)
    frames = stream.push(packet(SLICE, 1, marker=True), False)
    assert [frame.broken for frame in frames] == [True, False]


def test_a_lost_picture_breaks_the_next_unless_that_is_a_whole_keyframe() -> None:
    stream = H264Depayloader()
    (frame,) = stream.push(packet(SLICE, marker=True), True)
    assert frame.broken
    (frame,) = stream.push(packet(IDR, 1, marker=True), True)
    assert not frame.broken


def test_a_keyframe_whose_first_slice_is_lost_is_broken() -> None:
    second = b"\x65\x12" + bytes(range(1, 30))
    (frame,) = H264Depayloader().push(packet(second, marker=True), True)
    assert frame.keyframe
    assert frame.broken


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\x00\x01", id="type-0"),
        pytest.param(b"\x79\x00\x01\x00\x01\x41", id="stap-b"),
        pytest.param(b"\x7d\x80\x00", id="fu-b"),
        pytest.param(b"\x7f\x00", id="type-31"),
        pytest.param(b"\x78", id="stap-empty"),
        pytest.param(b"\x78\x00", id="stap-half-a-size"),
        pytest.param(b"\x78\x00\x00\x41", id="stap-size-0"),
        pytest.param(b"\x78\x00\x09\x41", id="stap-size-beyond"),
        pytest.param(b"\x78\x00\x01\x78", id="stap-in-stap"),
        pytest.param(b"\x78\x00\x02\x41\x9a\x00", id="stap-rest"),
        pytest.param(b"\x7c\x85", id="fu-empty"),
        pytest.param(b"\x7c\x9c\x00", id="fu-in-fu"),
        pytest.param(b"\x7c\x87\x42", id="sps-in-pieces"),
    ],
)
def test_what_cannot_be_read_counts_as_lost(payload: bytes) -> None:
    stream = H264Depayloader()
    stream.push(packet(SLICE), False)
    stream.push(packet(payload), False)
    (frame,) = stream.push(packet(SECOND_SLICE, marker=True), False)
    assert frame.broken
    assert stream.malformed == 1


def test_a_picture_that_never_ends_fills_no_memory() -> None:
    stream = H264Depayloader()
    piece = SLICE + bytes(60_000)
    count = MAX_FRAME_BYTES // len(piece) + 5
    for _ in range(count):
        stream.push(packet(piece), False)
    (frame,) = stream.push(packet(SLICE, marker=True), False)
    assert frame.broken
    assert len(frame.data) < MAX_FRAME_BYTES + 65_536
    assert stream.malformed > 0


def test_parameter_sets_are_bounded() -> None:
    sets = ParameterSets()
    sets.take(SPS + bytes(MAX_SET_BYTES))
    assert sets.annex_b() == b""
    for identifier in range(200):
        # PPS of id n: ue(v) of n, left-aligned after the NAL header.
        bits = (identifier + 1).bit_length() * 2 - 1
        sets.take(b"\x68" + ((identifier + 1) << (32 - bits)).to_bytes(4) + b"\x80")
    assert len(nal_units(sets.annex_b())) == MAX_SETS


def test_sets_without_an_id_are_passed_over() -> None:
    sets = ParameterSets()
    for unit in (b"\x67", b"\x68", b"\x68\0\0\0\0", b"\x41\x9a"):
        sets.take(unit)
    assert sets.annex_b() == b""


def test_sprop_takes_what_is_base64() -> None:
    assert sprop_units("Z0LAHoxoQg==,???,aM48gA==,") == (SPS, PPS)
    assert sprop_units("") == ()


def test_nal_units_of_both_start_codes() -> None:
    data = b"\0\0\0\1" + SPS + b"\0\0\1" + PPS + b"\0\0\0\0\1" + IDR + b"\0\0"
    assert nal_units(data) == [SPS, PPS, IDR]
    assert nal_units(b"no start code") == []
    assert nal_units(b"\0\0\1\0\0\1") == []


@pytest.mark.parametrize(("name", "count"), [("ffmpeg_h264", 15), ("gstreamer_h264", 15)])
def test_captured_pictures(name: str, count: int) -> None:
    stream = H264Depayloader()
    frames = [frame for one in packets(name) for frame in stream.push(one, False)]
    assert len(frames) == count
    assert [index for index, frame in enumerate(frames) if frame.keyframe] == [0, 8]
    assert not any(frame.broken for frame in frames)
    assert stream.malformed == 0
    for frame in frames:
        kinds = [unit[0] & 31 for unit in nal_units(frame.data)]
        assert kinds[:2] == [7, 8] if frame.keyframe else set(kinds) <= {1, 6}


def test_payloads_share_cut_and_fit() -> None:
    large = b"\x65\x88" + bytes(range(1, 200)) * 2
    payloads = H264Payloader(100).payloads(annex_b(SPS, PPS, SEI, large, SLICE), True)
    assert payloads[0] == b"\x78" + stap(SPS, PPS, SEI)[1:]
    assert payloads[-1] == SLICE
    middle = payloads[1:-1]
    assert all(payload[0] == 0x7C for payload in middle)
    assert [payload[1] & 0xC0 for payload in middle] == [0x80, 0, 0, 0, 0x40]
    assert max(map(len, payloads)) <= 100
    assert b"".join(payload[2:] for payload in middle) == large[1:]


def test_the_importance_of_an_aggregate_is_the_highest_of_its_units() -> None:
    (payload,) = H264Payloader(100).payloads(annex_b(SEI, b"\x41\x9a\x01"), False)
    assert payload[0] == 0x58


def test_mode_0_sends_each_unit_as_it_is() -> None:
    large = SLICE * 5
    assert H264Payloader(100, mode=0).payloads(annex_b(SPS, PPS, large), True) == (SPS, PPS, large)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        H264Payloader(15)
    with pytest.raises(ValueError, match="mode 2"):
        H264Payloader(1200, mode=2)
