"""Opus, G.711 and G.722 payloads."""

from itertools import pairwise

import pytest

from mcu_core.media.codec import G722, OPUS, PCMA, Codec
from mcu_core.protocol.payload.base import depayloader, payloader
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.opus import packet_ticks
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.captures import packets


@pytest.mark.parametrize("codec", [PCMA, G722])
def test_octets_are_ticks(codec: Codec) -> None:
    frames = depayloader(codec).push(RtpPacket(8, 1, 800, 1, False, bytes(160)), True)
    assert frames == [Frame(bytes(160), 800, keyframe=True, broken=False, duration=160)]


def test_a_long_sound_frame_stays_whole() -> None:
    assert payloader(PCMA).payloads(bytes(4000), True) == (bytes(4000),)


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
