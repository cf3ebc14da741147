"""H.264 units and parameter sets, against what x264 really makes."""

from fractions import Fraction

import av
import pytest

from mcu_core.errors import MalformedInput
from mcu_core.protocol.h264 import Colour, nal_units, picture_sample, sequence_facts

START = b"\x00\x00\x00\x01"


def keyframe(width: int, height: int, profile: str, params: str = "") -> bytes:
    """One grey picture, coded."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"profile": profile, "tune": "zerolatency", "x264-params": params}
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (352, 288), (130, 98)])
def test_facts_of_real_parameter_sets(profile: str, size: tuple[int, int]) -> None:
    params = "sar=12/11:colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=on"
    _, sets = picture_sample(keyframe(*size, profile, params))
    assert sets is not None
    facts = sequence_facts(sets.sps)
    assert (facts.width, facts.height) == size
    assert facts.pixel_aspect == (12, 11)
    assert facts.colour == Colour(1, 1, 1, full_range=True)
    assert sets.codec.startswith(
        {"baseline": "avc1.42", "main": "avc1.4D", "high": "avc1.64"}[profile]
    )


def test_interlaced_height() -> None:
    coded = keyframe(704, 576, "main", "tff=1")
    _, sets = picture_sample(coded)
    assert sets is not None
    facts = sequence_facts(sets.sps)
    assert (facts.width, facts.height) == (704, 576)


def test_a_sample_has_lengths_and_no_parameter_sets() -> None:
    coded = keyframe(320, 180, "baseline")
    sample, sets = picture_sample(START + b"\x09\xf0" + coded)
    assert sets is not None
    kinds = []
    while sample:
        size = int.from_bytes(sample[:4], "big")
        kinds.append(sample[4] & 0x1F)
        sample = sample[4 + size :]
    assert 5 in kinds
    assert not {7, 8, 9} & set(kinds)


def test_units_between_short_and_long_start_codes() -> None:
    assert list(nal_units(START + b"\x65ab\x00" + b"\x00\x00\x01" + b"\x41c" + START)) == [
        b"\x65ab",
        b"\x41c",
    ]
    assert list(nal_units(b"no start code")) == []
    assert picture_sample(b"") == (b"", None)


def test_a_cut_parameter_set_is_refused_or_read() -> None:
    _, sets = picture_sample(keyframe(320, 180, "high"))
    assert sets is not None
    refused = 0
    for end in range(len(sets.sps)):
        try:
            sequence_facts(sets.sps[:end])
        except MalformedInput:
            refused += 1
    assert refused >= 8, "those cut before the size"


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(MalformedInput):
        sequence_facts(b"\x67\x42\xc0\x1f" + bytes(40))
