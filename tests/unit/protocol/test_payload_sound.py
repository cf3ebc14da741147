"""Opus, G.711, G.722 and L16 payloads."""

from itertools import pairwise

import pytest

from mcu_core.media.codec import G722, L16_CD_STEREO, L16_FORMS, L16_STEREO, OPUS, PCMA, Codec
from mcu_core.protocol.payload.base import MAX_PAYLOAD_BYTES, depayloader, payloader, sound_ticks
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.opus import carries_frame_before, is_silence, packet_ticks
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.captures import packets


@pytest.mark.parametrize("codec", [PCMA, G722])
def test_octets_are_ticks(codec: Codec) -> None:
    frames = depayloader(codec).push(RtpPacket(8, 1, 800, 1, False, bytes(160)), True)
    assert frames == [Frame(bytes(160), 800, keyframe=True, broken=False, duration=160)]


def test_a_long_sound_frame_stays_whole() -> None:
    assert payloader(PCMA).payloads(bytes(4000), True) == (bytes(4000),)


@pytest.mark.parametrize(
    "codec", L16_FORMS, ids=lambda codec: f"{codec.rtp_clock}/{codec.channels}"
)
def test_twenty_milliseconds_of_samples_fit_their_packets(codec: Codec) -> None:
    sample = 2 * codec.channels
    data = bytes(n % 251 for n in range(codec.sample_rate // 50 * sample))
    pieces = payloader(codec).payloads(data, True)
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= MAX_PAYLOAD_BYTES and len(piece) % sample == 0 for piece in pieces)
    assert len({len(piece) for piece in pieces}) == 1, "none is much shorter than the others"
    assert sum(sound_ticks(codec, piece) for piece in pieces) == codec.rtp_clock // 50
    stream = depayloader(codec)
    ticks = sound_ticks(codec, pieces[0])
    frames = [
        frame
        for n, piece in enumerate(pieces)
        for frame in stream.push(RtpPacket(96, n, n * ticks, 1, False, piece), False)
    ]
    assert [(frame.rtp_timestamp, frame.duration) for frame in frames] == [
        (n * ticks, ticks) for n in range(len(pieces))
    ]


def test_half_a_sample_is_none() -> None:
    stream = depayloader(L16_STEREO)
    assert stream.push(RtpPacket(96, 1, 1, 1, False, bytes(958)), False) == []
    assert stream.malformed == 1
    assert payloader(L16_CD_STEREO).payloads(b"", True) == ()
    with pytest.raises(ValueError, match="no room"):
        payloader(L16_STEREO, 3)


@pytest.mark.parametrize(
    ("data", "has"),
    [
        (bytes((15 << 3, 0x40)), True),  # hybrid 20 ms, mono: activity, then the repeated frame
        (bytes((15 << 3, 0x80)), False),
        (bytes((15 << 3 | 4, 0x10)), True),  # the side channel's
        (bytes((3 << 3, 0x10)), True),  # SILK 60 ms: three bits of activity
        (bytes((3 << 3, 0x20)), False),
        (bytes((31 << 3, 0xFF)), False),  # CELT has none
        (bytes((15 << 3 | 1, 0xFF)), False),  # two frames: the encoder puts none there
        (bytes((15 << 3,)), False),
        (b"", False),
    ],
)
def test_whether_a_packet_repeats_the_frame_before(data: bytes, has: bool) -> None:
    assert carries_frame_before(data) is has


@pytest.mark.parametrize(
    ("data", "silent"),
    [
        (bytes((15 << 3,)), True),  # DTX
        (bytes((31 << 3, 0xFF, 0xFE)), True),  # CELT's silence flag
        (bytes((31 << 3, 0xFF, 0xFF, 0, 0)), True),
        (bytes((31 << 3, 0xFF, 0xFD)), False),
        (bytes((31 << 3, 0xFE, 0xFE)), False),
        (bytes((15 << 3, 0xFF, 0xFE)), False),  # SILK has none
        (bytes((31 << 3 | 3, 0xFF, 0xFE)), False),
    ],
)
def test_whether_a_packet_is_silence(data: bytes, silent: bool) -> None:
    assert is_silence(data) is silent


def test_captured_opus_is_20_ms_a_packet() -> None:
    stream = depayloader(OPUS)
    frames = [frame for packet in packets("gstreamer_opus") for frame in stream.push(packet, False)]
    assert len(frames) == 30
    assert {frame.duration for frame in frames} == {960}
    # GStreamer takes its encoder's look-ahead off the first one: 648 ticks to the second.
    steps = {
        (later.rtp_timestamp - frame.rtp_timestamp) & 0xFFFF_FFFF
        for frame, later in pairwise(frames[1:])
    }
    assert steps == {960}


@pytest.mark.parametrize(
    ("data", "ticks"),
    [
        (bytes((0 << 3,)), 480),  # SILK narrow band 10 ms
        (bytes((3 << 3,)), 2880),  # SILK 60 ms
        (bytes((11 << 3,)), 2880),
        (bytes((12 << 3,)), 480),  # hybrid 10 ms
        (bytes((15 << 3,)), 960),
        (bytes((16 << 3,)), 120),  # CELT 2.5 ms
        (bytes((31 << 3,)), 960),
        (bytes((31 << 3 | 1,)), 1920),  # two frames of one size
        (bytes((31 << 3 | 2,)), 1920),  # two of different sizes
        (bytes((31 << 3 | 3, 6)), 5760),  # six
        (bytes((31 << 3 | 3, 7)), 0),  # more than 120 ms
        (bytes((31 << 3 | 3, 0)), 0),  # none
        (bytes((31 << 3 | 3,)), 0),  # no count
        (b"", 0),
    ],
)
def test_opus_length_is_in_its_first_bytes(data: bytes, ticks: int) -> None:
    assert packet_ticks(data) == ticks


def test_what_is_no_opus_is_counted_and_dropped() -> None:
    stream = depayloader(OPUS)
    assert stream.push(RtpPacket(97, 1, 1, 1, False, b"\xff"), False) == []
    assert stream.malformed == 1
