"""The encoder with real codecs: keyframes, rates, stamps, and what it refuses."""

import numpy as np
import pytest

from mcu_core.egress.video_encoder import REOPEN_EVERY_S, VideoEncoder
from mcu_core.errors import BadInput
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.codec import H264, OPUS, VP8, Codec
from mcu_core.media.units import VideoForm
from tests.fakes.moving import FRAME_NS, access_unit, form_of, noisy, quartered

CODECS = pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)
SPS, PPS, IDR = 7, 8, 5


def nal_types(data: bytes) -> list[int]:
    return [part[0] & 31 for part in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]]


@CODECS
def test_one_unit_per_picture_and_a_keyframe_only_when_asked(codec: Codec) -> None:
    encoder = VideoEncoder(form_of(codec))
    units = [encoder.encode(noisy(320, 180, n), n in (1, 20)) for n in range(1, 40)]
    encoder.close()
    assert [n for n, unit in enumerate(units, 1) if unit.keyframe] == [1, 20]
    assert all(unit.payloads for unit in units)


def test_an_h264_keyframe_carries_its_parameter_sets() -> None:
    encoder = VideoEncoder(form_of(H264))
    for n in range(1, 6):
        unit = encoder.encode(noisy(320, 180, n), n == 4)
        kinds = nal_types(unit.data)
        assert ({SPS, PPS, IDR} <= set(kinds)) == (n in (1, 4))
        assert kinds.count(1) + kinds.count(IDR) == 1


def test_h264_is_constrained_baseline() -> None:
    unit = VideoEncoder(form_of(H264)).encode(noisy(320, 180, 1), True)
    profile, constraints = unit.data[unit.data.index(b"\0\0\1\x67") + 4 :][:2]
    assert profile == 66
    assert constraints & 0x40, "constraint_set1"


@CODECS
def test_a_scene_change_makes_no_keyframe(codec: Codec) -> None:
    encoder = VideoEncoder(form_of(codec))
    units = [encoder.encode(noisy(320, 180, n), False) for n in range(1, 10)]
    units += [encoder.encode(quartered(320, 180, n), False) for n in range(10, 15)]
    assert [unit.keyframe for unit in units] == [True] + [False] * 13


@CODECS
def test_stamps_map_to_the_rtp_clock(codec: Codec) -> None:
    encoder = VideoEncoder(form_of(codec))
    units = [encoder.encode(quartered(320, 180, n), False) for n in (1, 2, 4, 34)]
    steps = [(unit.rtp_timestamp - units[0].rtp_timestamp) % 2**32 for unit in units]
    for step, wanted in zip(steps, (0, 3000, 9000, 99_000), strict=True):
        assert abs(step - wanted) <= 1, "a thirtieth of a second is no whole number of nanoseconds"
    assert [unit.stamp_ns for unit in units] == [
        FRAME_NS,
        2 * FRAME_NS,
        4 * FRAME_NS,
        34 * FRAME_NS,
    ]


def bits_per_second(encoder: VideoEncoder, first: int, count: int) -> tuple[float, int]:
    units = [encoder.encode(noisy(320, 180, n), False) for n in range(first, first + count)]
    half = units[count // 2 :]
    return sum(len(u.data) for u in half) * 8 * 30 / len(half), sum(u.keyframe for u in units)


def test_h264_follows_a_lower_rate_without_a_keyframe() -> None:
    encoder = VideoEncoder(form_of(H264, bps=800_000))
    before, _ = bits_per_second(encoder, 1, 60)
    encoder.set_bitrate(200_000)
    after, keyframes = bits_per_second(encoder, 61, 60)
    encoder.set_bitrate(800_000)
    again, more_keyframes = bits_per_second(encoder, 121, 60)
    assert 500_000 < before < 1_000_000
    assert 120_000 < after < 300_000
    assert 500_000 < again < 1_000_000
    assert keyframes + more_keyframes == 0


def test_another_preset_on_a_thin_link_leaves_room_for_the_rate_to_rise_unseen() -> None:
    encoder = VideoEncoder(form_of(H264, bps=800_000))
    encoder.set_bitrate(200_000)
    encoder.set_preset("ultrafast")
    thin, keyframes = bits_per_second(encoder, 1, 60)
    encoder.set_bitrate(400_000)
    encoder.set_bitrate(800_000)
    again, more_keyframes = bits_per_second(encoder, 61, 60)
    assert thin < 300_000
    assert again > 500_000
    assert (keyframes, more_keyframes) == (1, 0)


def test_a_rate_that_needs_a_new_encoder_gives_one_keyframe() -> None:
    encoder = VideoEncoder(form_of(H264, bps=200_000))
    bits_per_second(encoder, 1, 20)
    encoder.set_bitrate(800_000)
    after, keyframes = bits_per_second(encoder, 21, 60)
    assert keyframes == 1
    assert 400_000 < after < 1_200_000


def test_an_encoder_that_cannot_follow_begins_anew_seldom_but_for_a_path_grown_narrow() -> None:
    encoder = VideoEncoder(form_of(VP8, bps=800_000))

    def keyframes(wanted_bps: int, first: int, count: int) -> int:
        found = 0
        for n in range(first, first + count):
            encoder.set_bitrate(wanted_bps)
            found += encoder.encode(noisy(320, 180, n), False).keyframe
        return found

    assert keyframes(800_000, 0, 10) == 1
    assert keyframes(700_000, 10, 30) == 0
    assert keyframes(400_000, 40, 1) == 1
    after, more = bits_per_second(encoder, 41, 60)
    assert 200_000 < after < 600_000
    assert more == 0
    assert keyframes(800_000, 101, 30 * REOPEN_EVERY_S - 61) == 0
    assert keyframes(800_000, 401, 1) == 1


@CODECS
@pytest.mark.parametrize("size", [(128, 96), (426, 240), (176, 144), (642, 362), (32, 32)])
def test_any_even_size(codec: Codec, size: tuple[int, int]) -> None:
    encoder = VideoEncoder(form_of(codec, *size))
    unit = encoder.encode(quartered(*size), True)
    (picture,) = VideoDecoder(codec).decode(access_unit(unit))
    assert (picture.width, picture.height) == size


def test_read_only_planes_are_taken_too() -> None:
    picture = quartered(320, 180)
    for plane in (picture.y, picture.u, picture.v):
        plane.flags.writeable = False
    assert VideoEncoder(form_of(H264)).encode(picture, True).keyframe


def test_the_canvas_is_not_written() -> None:
    picture = noisy(320, 180, 1)
    before = np.array(picture.y)
    VideoEncoder(form_of(H264)).encode(picture, True)
    assert np.array_equal(picture.y, before)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (VideoForm(H264, 321, 180, 30, 1), "size"),
        (VideoForm(H264, 320, 181, 30, 1), "size"),
        (VideoForm(H264, 320, 180, 0, 1), "fps"),
        (VideoForm(OPUS, 320, 180, 30, 1), "codec"),
    ],
)
def test_refuses_what_cannot_be_coded(form: VideoForm, field: str) -> None:
    with pytest.raises(BadInput) as error:
        VideoEncoder(form)
    assert error.value.field == field


def test_refuses_a_picture_of_another_size() -> None:
    with pytest.raises(BadInput):
        VideoEncoder(form_of(H264)).encode(quartered(320, 192), False)
