"""Pictures that heal by themselves where packets are lost, without a keyframe."""

from dataclasses import replace

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from mcu_core.egress.video_encoder import REFRESH_S, SMALL_SLICE_BYTES, VideoEncoder
from mcu_core.media.codec import H264
from mcu_core.media.units import EncodedUnit, VideoForm
from mcu_core.protocol.payload.h264 import START_CODE, nal_units
from tests.fakes.moving import noisy

FORM = VideoForm(H264, 176, 144, 15, 400_000, refreshed=True)
SLICE_TYPES = (1, 5)


def coded(count: int, form: VideoForm = FORM) -> list[EncodedUnit]:
    """A picture at rest: what is lost of it stays lost where nothing is coded anew."""
    encoder, still = VideoEncoder(form), noisy(176, 144, 1)
    return [
        encoder.encode(replace(still, stamp_ns=n * 66_000_000 + 1, serial=n + 1), n == 0)
        for n in range(count)
    ]


def errors(units: list[EncodedUnit], lose_of: int) -> list[float]:
    """How far pictures are from what was coded, for a decoder that misses a slice of one."""
    decoder, true, found = av.CodecContext.create("h264", "r"), noisy(176, 144, 1), []
    assert isinstance(decoder, VideoCodecContext)
    for n, unit in enumerate(units):
        parts = list(nal_units(unit.data))
        if n == lose_of:
            slices = [k for k, part in enumerate(parts) if part[0] & 31 in SLICE_TYPES]
            assert len(slices) > 2
            del parts[slices[len(slices) // 2]]
        for frame in decoder.decode(av.Packet(START_CODE + START_CODE.join(parts))):
            luma = frame.to_ndarray(format="yuv420p")[:144].astype(np.int16)
            found.append(float(np.abs(luma - true.y).mean()))
    return found


def test_a_lost_packet_heals_within_two_rounds_and_there_is_no_keyframe() -> None:
    units = coded(3 * REFRESH_S * FORM.fps)
    assert [n for n, unit in enumerate(units) if unit.keyframe] == [0]
    whole, bad = errors(units, -1), errors(units, 0)
    assert bad[5] > 3 * whole[5]
    assert bad[-1] < 1.2 * whole[-1] + 0.5


def test_what_is_not_refreshed_does_not_heal() -> None:
    units = coded(3 * REFRESH_S * FORM.fps, replace(FORM, refreshed=False, whole_slices=True))
    whole, bad = errors(units, -1), errors(units, 0)
    assert bad[-1] > 3 * whole[-1] + 1


def test_slices_are_small_and_a_keyframe_is_one_all_the_same() -> None:
    encoder = VideoEncoder(FORM)
    units = [encoder.encode(noisy(176, 144, n), n in (1, 40)) for n in range(1, 80)]
    assert [n for n, unit in enumerate(units, 1) if unit.keyframe] == [1, 40]
    parts = [part for unit in units for part in nal_units(unit.data)]
    sizes = [len(part) for part in parts if part[0] & 31 in SLICE_TYPES]
    assert max(sizes) <= SMALL_SLICE_BYTES + 20
