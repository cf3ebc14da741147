"""The marker survives real H.264 at low rates, also when scaled down to a pane of 320x180."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import pytest

from mcu_core.media import marker
from mcu_core.media.picture import Plane

FRAMES = 30


def moving_background(width: int, height: int, number: int) -> Plane:
    x = np.arange(width)[None, :] + number * 7
    y = np.arange(height)[:, None] + number * 3
    return ((np.sin(x / 19) + np.cos(y / 11)) * 50 + 120).astype(np.uint8)


def through_x264(pictures: list[Plane], bitrate: int) -> Iterator[Plane]:
    height, width = pictures[0].shape
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.bit_rate, encoder.thread_count = Fraction(1, 30), bitrate, 1
    encoder.options = {"preset": "superfast", "tune": "zerolatency", "profile": "baseline"}
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    neutral = np.full((height // 2, width), 128, np.uint8)
    packets = []
    for number, luma in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, neutral]), "yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    for packet in [*packets, None]:
        for frame in decoder.decode(packet):
            yield frame.to_ndarray()[:height].astype(np.uint8)


@pytest.mark.parametrize(("bitrate", "scale"), [(400_000, 1), (1_000_000, 4)])
def test_every_counter_is_read_after_x264(bitrate: int, scale: int) -> None:
    pictures = []
    for number in range(FRAMES):
        luma = moving_background(1280 // scale, 720 // scale, number)
        empty = np.zeros((360 // scale, 640 // scale), np.uint8)
        marker.draw((luma, empty, empty.copy()), 8_000_000 + number * 977, number)
        pictures.append(luma)
    found = [marker.read(luma) for luma in through_x264(pictures, bitrate)]
    assert found == [marker.Marker(8_000_000 + n * 977, n) for n in range(FRAMES)]


def test_a_720p_marker_is_read_out_of_a_pane_of_320_by_180() -> None:
    mosaics = []
    for number in range(FRAMES):
        luma = moving_background(1280, 720, number)
        chroma = np.zeros((360, 640), np.uint8)
        marker.draw((luma, chroma, chroma), number, 3)
        pane = luma.reshape(180, 4, 320, 4).mean(axis=(1, 3)).astype(np.uint8)
        mosaics.append(np.tile(pane, (4, 4)))
    rects = [(320.0 * (k % 4), 180.0 * (k // 4), 320.0, 180.0) for k in range(16)]
    decoded = list(through_x264(mosaics, 1_500_000))
    assert [[marker.read(luma, rect) for rect in rects] for luma in decoded] == [
        [marker.Marker(number, 3)] * 16 for number in range(FRAMES)
    ]
