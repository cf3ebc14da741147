"""Small films made for a test."""

from pathlib import Path

import av
import numpy as np


def flat_clip(path: Path, yuv: tuple[int, int, int], width: int = 320, height: int = 180) -> Path:
    """A film of two seconds in one colour (BT.709, limited range), 10 pictures a second."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "superfast", "tune": "zerolatency", "profile": "baseline"}
        stream.codec_context.colorspace = av.video.reformatter.Colorspace.ITU709
        stream.codec_context.color_range = av.video.reformatter.ColorRange.MPEG
        planes = np.empty((height * 3 // 2, width), np.uint8)
        planes[:height] = yuv[0]
        chroma = planes[height:].reshape(2, -1)
        chroma[0], chroma[1] = yuv[1], yuv[2]
        for _ in range(20):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        film.mux(stream.encode())
    return path
