"""Streams for the senders of a benchmark: real pictures with a counter in them, coded before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mcu_core.media import marker
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.protocol.payload.base import payloader

FPS = 30
BLOCKS_PER_S = SAMPLE_RATE // BLOCK_SAMPLES
LOOP_S = 8
BITRATE = 2_000_000

Blocks = Callable[[int], NDArray[np.float32]]
"""Makes 20 ms of one channel of sound, by number."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A loop of LOOP_S seconds, ready for the wire.

    `pictures[n]`: the RTP payloads of the picture with counter n; the first one is a keyframe, and
    so is one in each second. `sound[k]`: the Opus payload of block k.
    """

    pictures: tuple[tuple[bytes, ...], ...]
    sound: tuple[bytes, ...]


def make_stream(clip: Path, size: tuple[int, int], source: int, sound: Blocks) -> Stream:
    """Pictures of a clip with marker `source` in them, and the sound that `sound` makes."""
    h264 = payloader(H264)
    pictures = [h264.payloads(data, keyframe) for data, keyframe in _coded(clip, size, source)]
    return Stream(tuple(pictures), tuple(_sound(sound)))


def _coded(clip: Path, size: tuple[int, int], source: int) -> Iterator[tuple[bytes, bool]]:
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = BITRATE, FPS, 1
    encoder.options = {"preset": "superfast", "tune": "zerolatency", "profile": "baseline"}
    with av.open(str(clip), "r") as container:
        for number, decoded in enumerate(islice(container.decode(video=0), LOOP_S * FPS)):
            frame = decoded.reformat(*size, "yuv420p", threads=1)
            marker.draw(_planes(frame), number, source)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            for packet in encoder.encode(frame):
                yield bytes(packet), packet.is_keyframe


def _planes(frame: av.VideoFrame) -> Any:
    """The planes y, u, v of a frame, in its own memory."""
    sizes = (
        (frame.height, frame.width),
        *[((frame.height + 1) // 2, (frame.width + 1) // 2)] * 2,
    )
    return tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, :width]
        for plane, (height, width) in zip(frame.planes, sizes, strict=True)
    )


def _sound(sound: Blocks) -> Iterator[bytes]:
    encoder: Any = av.CodecContext.create(OPUS.encoder, "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "mono", "flt"
    encoder.bit_rate, encoder.time_base = 96_000, Fraction(1, SAMPLE_RATE)
    encoder.options = {"frame_duration": "20", "application": "lowdelay"}
    for number in range(LOOP_S * BLOCKS_PER_S):
        frame = av.AudioFrame.from_ndarray(sound(number)[None, :], "flt", "mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, number * BLOCK_SAMPLES
        for packet in encoder.encode(frame):
            yield bytes(packet)
