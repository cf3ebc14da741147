"""From coded pictures to Picture values that view the decoder's memory in place."""

from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.plane import VideoPlane

from mcu_core.errors import CodecFailure
from mcu_core.kernels.deinterlace import deinterlace
from mcu_core.media.codec import H261, Codec
from mcu_core.media.color import Color, Matrix, Range, assumed_color
from mcu_core.media.picture import Picture, Plane
from mcu_core.media.units import CIF_PIXELS, AccessUnit

MAX_PIXELS = 4096 * 2304
"""Larger pictures are refused: a few hostile bytes can announce one of gigabytes."""

_SQUARE = Fraction(1)
_STAMP_BASE = Fraction(1, 1_000_000_000)
_IN_PLACE = ("yuv420p", "yuvj420p")
_SWS_BT709, _SWS_BT601 = 1, 5

# ITU-T H.273 table 4, matrix coefficients; 2 is "unspecified".
_MATRICES = {1: Matrix.BT709, 5: Matrix.BT601, 6: Matrix.BT601}
_RANGES = {1: Range.LIMITED, 2: Range.FULL}

_ASPECTS = {H261: CIF_PIXELS}
"""Of pixels, where FFmpeg does not say what the codec's two sizes have (H.261 3.1)."""

_CODEC_ERRORS = (av.FFmpegError, ValueError, OverflowError, MemoryError)


class VideoDecoder:
    """One decoder of one stream; not thread-safe. It adds no delay of its own to streams without
    reordering, and for others gives each picture its own stamp back."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        try:
            context = av.CodecContext.create(codec.decoder, "r")
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"no decoder for {codec.name}: {error}") from error
        assert isinstance(context, VideoCodecContext)
        context.thread_count = 1  # more threads would add a frame of delay each
        context.flags |= Flags.low_delay
        context.options = {"max_pixels": str(MAX_PIXELS)}
        self._context = context

    def decode(self, unit: AccessUnit, serial: int = 0) -> list[Picture]:
        """The pictures that `unit` completes, mostly one, with serials from that one on.

        Raises CodecFailure for what cannot be decoded, or only with damage.
        """
        if not unit.data:
            raise CodecFailure("an empty picture")
        packet = av.Packet(unit.data)
        packet.pts = packet.dts = unit.stamp_ns
        packet.time_base = _STAMP_BASE
        try:
            frames = self._context.decode(packet)
            aspect = self._context.sample_aspect_ratio or _ASPECTS.get(self.codec)
            pictures = []
            for number, frame in enumerate(frames, serial):
                if frame.is_corrupt:
                    raise CodecFailure("a damaged picture")
                stamp_ns = unit.stamp_ns if frame.pts is None else frame.pts
                pictures.append(picture_of(frame, stamp_ns, aspect, unit.rotation, number))
            return pictures
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"{self.codec.name} picture: {error}") from error


def picture_of(
    frame: av.VideoFrame,
    stamp_ns: int,
    pixel_aspect: Fraction | None,
    rotation: int,
    serial: int = 0,
) -> Picture:
    """A decoded frame as a Picture that views its memory; other forms than I420 are converted, and
    interlaced ones made whole in memory of their own.

    `pixel_aspect` None or 0: square pixels.
    """
    form = frame.format.name
    color = _color(frame.height, form, int(frame.color_range), int(frame.colorspace))
    if form not in _IN_PLACE:
        matrix = _SWS_BT709 if color.matrix is Matrix.BT709 else _SWS_BT601
        frame = frame.reformat(
            format="yuv420p",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            dst_color_range="MPEG",
            threads=1,
        )
        color = Color(color.matrix, Range.LIMITED)
    width, height = frame.width, frame.height
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    sizes = ((width, height), (half_width, half_height), (half_width, half_height))
    y, u, v = (_samples(plane, *size) for plane, size in zip(frame.planes, sizes, strict=True))
    if frame.interlaced_frame:
        y, u, v = map(_without_comb, (y, u, v))
    return Picture(
        y,
        u,
        v,
        stamp_ns=stamp_ns,
        serial=serial,
        color=color,
        pixel_aspect=_pixel_aspect(pixel_aspect),
        rotation=rotation,
        owner=frame,
    )


def _without_comb(plane: Plane) -> Plane:
    made: Plane = np.empty(plane.shape, np.uint8)
    deinterlace(plane, made)
    return made


def _samples(plane: VideoPlane, width: int, height: int) -> Plane:
    return np.ndarray((height, width), np.uint8, memoryview(plane), strides=(plane.line_size, 1))


@lru_cache
def _color(height: int, form: str, told_range: int, told_matrix: int) -> Color:
    assumed = assumed_color(height)
    full = form.startswith("yuvj")
    range_ = Range.FULL if full else _RANGES.get(told_range, assumed.range)
    return Color(_MATRICES.get(told_matrix, assumed.matrix), range_)


def _pixel_aspect(ratio: Fraction | None) -> Fraction:
    return ratio if ratio is not None and ratio.numerator > 0 else _SQUARE
