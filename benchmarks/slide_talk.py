"""A talk with slides as a recording that has ended: rendered, coded as content is, stored."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_SECOND
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import Mark, Started, Stopped
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
SIZE = (1280, 720)
FPS = 5
BITS_S = 1_000_000
WALL = "2026-11-21T08:00:00+00:00"


def page(
    title: str, lines: Sequence[str], size: tuple[int, int] = SIZE, font: str = FONT
) -> Image.Image:
    """A slide: its title light on a dark bar, its lines below."""
    width, height = size
    image = Image.new("RGB", size, "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 9), fill="#184068")
    draw.text(
        (width * 0.04, height * 0.02), title, "#ffffff", ImageFont.truetype(font, height // 18)
    )
    text = ImageFont.truetype(font, height // 24)
    for k, line in enumerate(lines):
        draw.text((width * 0.05, height * (0.16 + 0.09 * k)), line, "#101010", text)
    return image


def talk(pages: Sequence[Image.Image], each_s: float, gop: int, pointer: bool) -> Iterator[TapUnit]:
    """The pages one after the other, coded; a pointer wanders over them where it is asked for."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = pages[0].size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size, encoder.thread_count, encoder.bit_rate = gop, 1, BITS_S
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1",
    }
    packets = []
    for number in range(round(len(pages) * each_s * FPS)):
        shown: NDArray[np.uint8] = np.asarray(pages[int(number / FPS / each_s)]).copy()
        if pointer:
            left = 100 + 40 * (number % 20)
            shown[600:616, left : left + 10] = (200, 30, 30)
        frame = av.VideoFrame.from_ndarray(shown, "rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    for packet in [*packets, *encoder.encode(None)]:
        assert packet.pts is not None
        at_ns, lasts_ns = packet.pts * NS_PER_SECOND // FPS, NS_PER_SECOND // FPS
        yield TapUnit("content", at_ns, lasts_ns, packet.is_keyframe, bytes(packet))


def store_talk(
    folder: Path,
    units: Sequence[TapUnit],
    title: str = "Talk",
    marks: Sequence[Mark] = (),
    size: tuple[int, int] = SIZE,
) -> None:
    """The recording of these units in that folder, ended."""
    started = Started(1, folder.name, "c1", title, WALL, 0, "boot")
    made = RecordingFiles.create(folder, started)
    line = Timeline(RecorderTallies())
    out = line.announce(TapTrack("content", "H264", width=size[0], height=size[1], fps=FPS))
    for unit in units:
        out += line.push(unit, unit.stamp_ns)
    for item in (*out, *line.flush(), *marks, Stopped(WALL)):
        if isinstance(item, Fragment):
            made.put(item)
        else:
            made.note(item)
    made.close()
