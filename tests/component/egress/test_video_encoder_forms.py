"""Encoders of the older codecs, and of H.264 in other forms than the common one."""

import pytest

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.codec import H261, H263_FORMS, H264, Codec
from mcu_core.media.units import AccessUnit, VideoForm
from mcu_core.protocol.payload.base import MAX_PAYLOAD_BYTES, depayloader
from mcu_core.protocol.payload.h264 import nal_units
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.moving import noisy, quartered

CIF = (352, 288)
OLD = pytest.mark.parametrize("codec", [*H263_FORMS, H261], ids=lambda codec: codec.name)


@OLD
def test_keyframes_come_when_asked_for_alone(codec: Codec) -> None:
    encoder = VideoEncoder(VideoForm(codec, *CIF, 30, 384_000))
    units = [encoder.encode(noisy(*CIF, n), n == 5) for n in range(1, 10)]
    units += [encoder.encode(quartered(*CIF, n), False) for n in range(10, 15)]
    assert [n for n, unit in enumerate(units) if unit.keyframe] == [0, 4]


@OLD
def test_its_packets_decode_again(codec: Codec) -> None:
    encoder, decoder = VideoEncoder(VideoForm(codec, *CIF, 30, 384_000)), VideoDecoder(codec)
    taker = depayloader(codec)
    seen = []
    for n in range(1, 9):
        unit = encoder.encode(quartered(*CIF, n), n == 1)
        for at, payload in enumerate(unit.payloads):
            last = at == len(unit.payloads) - 1
            for frame in taker.push(RtpPacket(96, at, n * 3000, 1, last, payload), False):
                assert frame.keyframe == unit.keyframe
                seen += decoder.decode(AccessUnit(codec, frame.data, n, frame.keyframe))
    assert [(one.width, one.height) for one in seen] == [CIF] * 8
    assert seen[0].pixel_aspect == pytest.approx(12 / 11)
    wanted = quartered(*CIF, 8)
    assert abs(int(seen[-1].y[40, 40]) - int(wanted.y[40, 40])) < 12


@pytest.mark.parametrize(("profile", "number"), [("baseline", 66), ("main", 77), ("high", 100)])
def test_h264_of_a_profile_without_reordering(profile: str, number: int) -> None:
    encoder = VideoEncoder(VideoForm(H264, 320, 180, 30, 500_000, profile=profile))
    units = [encoder.encode(quartered(320, 180, n), n == 1) for n in range(1, 6)]
    sps = next(unit for unit in nal_units(units[0].data) if unit[0] & 31 == 7)
    assert sps[1] == number
    decoder = VideoDecoder(H264)
    for n, unit in enumerate(units):
        (picture,) = decoder.decode(AccessUnit(H264, unit.data, n, unit.keyframe))
        assert picture.stamp_ns == n


def test_mode_0_has_only_whole_units_that_fit_a_packet() -> None:
    encoder = VideoEncoder(VideoForm(H264, 640, 360, 30, 4_000_000, whole_slices=True))
    for n in range(1, 9):
        unit = encoder.encode(noisy(640, 360, n), n in (1, 5))
        assert len(unit.payloads) > 3
        assert max(map(len, unit.payloads)) <= MAX_PAYLOAD_BYTES
        assert all(1 <= payload[0] & 31 <= 23 for payload in unit.payloads)
        assert tuple(nal_units(unit.data)) == unit.payloads
