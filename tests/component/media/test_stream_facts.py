"""What a coded stream tells without being decoded."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.stream_facts import StreamMeter, read_facts


def keyframe(codec: Codec, width: int, height: int) -> AccessUnit:
    context = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, 30)
    if codec is H264:
        context.options = {"profile": "baseline", "tune": "zerolatency"}
    else:
        context.options = {"deadline": "realtime", "lag-in-frames": "0"}
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        np.frombuffer(memoryview(plane), np.uint8)[:] = 100
    frame.pts = 0
    (packet,) = context.encode(frame)
    return AccessUnit(codec, bytes(packet), 1, True)


@pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)
@pytest.mark.parametrize("size", [(176, 144), (640, 360), (1920, 1080)])
def test_size_and_profile_stand_in_the_keyframe(codec: Codec, size: tuple[int, int]) -> None:
    facts = read_facts(keyframe(codec, *size))
    assert facts is not None
    assert (facts.width, facts.height) == size
    assert facts.profile_level[:1] == (b"\x42" if codec is H264 else b"")


@given(st.binary(max_size=200), st.sampled_from([H264, VP8]))
def test_any_bytes_tell_something_or_nothing(data: bytes, codec: Codec) -> None:
    facts = read_facts(AccessUnit(codec, data, 1, True))
    assert facts is None or facts.codec is codec


def test_rates_are_those_of_the_last_second() -> None:
    meter, first = StreamMeter(), keyframe(H264, 640, 360)
    meter.push(first, 0)
    for k in range(1, 31):
        meter.push(AccessUnit(H264, bytes(1000), 1), k * NS_PER_SECOND // 30)
    assert meter.facts is not None
    assert meter.facts.fps == pytest.approx(31)
    assert meter.facts.bitrate_bps == pytest.approx(8 * (30_000 + len(first.data)))
    meter.push(keyframe(H264, 320, 180), NS_PER_SECOND + 1)
    assert (meter.facts.width, meter.facts.bitrate_bps > 0) == (320, True)
