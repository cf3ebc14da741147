"""Parameter sets of simpler profiles said to be High: what they say otherwise stays."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol.h264 import NAL_SPS, nal_units, sequence_facts
from mcu_core.protocol.h264_high import LEVEL_41, LEVEL_42, as_high, why_not_high


def _stream(profile: str, width: int = 208, height: int = 120) -> bytes:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
    encoder.thread_count = 1
    encoder.options = {"preset": "superfast", "tune": "zerolatency", "profile": profile}
    packets = []
    for number in range(6):
        plane = np.full((height * 3 // 2, width), 40 + 20 * number, np.uint8)
        plane[: height // 2, number * 10 :] = 200
        frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    return b"".join(bytes(one) for one in [*packets, *encoder.encode(None)])


def _sps(stream: bytes) -> bytes:
    return next(unit for unit in nal_units(stream) if unit[0] & 0x1F == NAL_SPS)


def _decoded(stream: bytes) -> list[bytes]:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = []
    for packet in [*decoder.parse(stream), *decoder.parse(b""), None]:
        frames += [frame.to_ndarray().tobytes() for frame in decoder.decode(packet)]
    return frames


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_the_relabelled_stream_shows_the_same_pictures(profile: str) -> None:
    stream = _stream(profile)
    sps = _sps(stream)
    high = as_high(sps, 41)
    assert (high[1], high[3]) == (100, 41)
    assert sequence_facts(high) == sequence_facts(sps)
    pictures = _decoded(stream)
    assert len(pictures) == 6
    assert _decoded(stream.replace(sps, high)) == pictures
    assert as_high(high, 41) == high


def test_what_is_no_high_stream_is_told() -> None:
    sps = _sps(_stream("baseline"))
    plain = bytes((sps[0], 66, sps[2] & ~0x40)) + sps[3:]
    assert "plain Baseline" in why_not_high(plain)
    with pytest.raises(MalformedInput):
        as_high(plain, 41)
    high = _sps(_stream("high"))
    assert "244" in why_not_high(high[:1] + bytes((244,)) + high[2:])
    assert why_not_high(sps) == ""


def test_levels_take_what_they_are_made_for() -> None:
    facts = sequence_facts(_sps(_stream("main", 1920, 1080)))
    assert LEVEL_41.takes(facts, 30, 4e6)
    assert not LEVEL_41.takes(facts, 60, 4e6)
    assert LEVEL_42.takes(facts, 60, 4e6)
    assert not LEVEL_42.takes(facts, 30, 70e6)


@given(st.binary(max_size=60))
def test_any_bytes_are_relabelled_or_refused(data: bytes) -> None:
    sps = b"\x67" + data
    try:
        facts = sequence_facts(sps)
        high = as_high(sps, 41)
    except MalformedInput:
        return
    assert sequence_facts(high) == facts
