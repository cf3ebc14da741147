"""Interlaced H.264 comes out as whole pictures."""

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.codec import H264
from mcu_core.media.picture import Picture
from mcu_core.media.units import AccessUnit

WIDTH, HEIGHT = 320, 192


def woven(step: int) -> av.VideoFrame:
    """A bar that moves by 16 pixels from field to field, on grey."""
    fields = []
    for field in range(2):
        plane = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        at = 20 + 32 * step + 16 * field
        plane[40:150, at : at + 40] = 220
        fields.append(plane)
    fields[0][1:HEIGHT:2] = fields[1][1:HEIGHT:2]
    return av.VideoFrame.from_ndarray(fields[0], format="yuv420p")


def units(interlaced: int) -> list[AccessUnit]:
    context = av.CodecContext.create(H264.encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base = Fraction(1, 25)
    params = f"interlaced={interlaced}:tff={interlaced}:bframes=0:qp=10"
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": params}
    packets = []
    for step in range(6):
        frame = woven(step)
        frame.pts = step
        packets += context.encode(frame)
    packets += context.encode(None)
    return [AccessUnit(H264, bytes(one), n, n == 0) for n, one in enumerate(packets)]


def comb(picture: Picture) -> float:
    """How far lines lie beside the mean of their neighbours."""
    y = picture.y[50:140].astype(float)
    return float(np.abs(y[1:-1] - (y[:-2] + y[2:]) / 2).mean())


def test_what_moves_has_no_comb() -> None:
    shown = {}
    for interlaced in (0, 1):
        decoder = VideoDecoder(H264)
        pictures = [one for unit in units(interlaced) for one in decoder.decode(unit)]
        assert len(pictures) == 6
        shown[interlaced] = comb(pictures[-1])
    assert shown[1] < shown[0] / 5
