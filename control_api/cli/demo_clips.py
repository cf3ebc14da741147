"""The four clips of the demo conference, made once out of what packages bring along.

Each clip is a loop of 24 s in the form that the file player takes as it is: H.264 constrained
baseline without B-frames, Opus in 20 ms frames. Their sites take turns: site k speaks in the k-th
quarter, so that the mark of the speaker wanders.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress, TaskID

from control_api.cli.demo_sources import (
    ASTERISK,
    I420,
    LIBRIVOX,
    OPENCV_DOC,
    Footage,
    bleeps,
    in_time,
    levelled,
    loudest,
    monitor_pictures,
    read_pictures,
    read_speech,
    sample_clips,
)
from mcu_core.errors import McuError
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE

VERSION = 1
"""Clips made by another version, or from other sources, are made anew."""

FPS = 30
LENGTH_S = 24
KEYFRAME_EACH_S = 2
BLOCKS_PER_S = SAMPLE_RATE // BLOCK_SAMPLES
SPOKEN, FADE_S = 0.9, 0.05
"""The part of its quarter in which a site speaks at most; a pause follows."""

LIST = "demo.json"
STAMP = "made-from.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One clip: what may be its pictures and its speech, best first; the first one there is taken.

    Without any footage a made-up monitor is drawn; without speech, `own_sound` or bleeps are heard.
    """

    file: str
    name: str
    width: int
    height: int
    bitrate_bps: int
    footage: tuple[Footage, ...]
    speech: tuple[Path, ...]
    pitch: float
    own_sound: bool = False


def recipes() -> tuple[Recipe, ...]:
    """The four sites of the demo; raises Refused when there are no sample clips at all."""
    clips = sample_clips()
    head = Footage(clips / "carphone_pristine.mp4", anchor=0.3)
    bikes = Footage(clips / "bikes.mp4", boomerang=False)
    film = Footage(clips / "bigbuckbunny.mp4")
    cup = Footage(OPENCV_DOC / "opencv4/html/cup.mp4.gz", anchor=0.4)
    yard = Footage(OPENCV_DOC / "examples/data/vtest.avi", anchor=0.3, boomerang=False)
    libri = [LIBRIVOX / f"sense_and_sensibility_01_austen_64kb-0{n}.wav" for n in (870, 890, 920)]
    prompts = [ASTERISK / f"{name}.wav" for name in ("demo-moreinfo", "demo-abouttotry")]
    return (
        Recipe("ambulance.mp4", "急救车 Ambulance", 640, 360, 600_000, (head,), (libri[0],), 0.82),
        Recipe(
            "pharmacy.mp4", "药房 Pharmacy", 640, 360, 500_000, (cup, bikes),
            (prompts[0], libri[1]), 1.0,
        ),
        Recipe("campus.mp4", "院区 Campus", 640, 360, 900_000, (yard,), (libri[2],), 1.06),
        Recipe(
            "teaching.mp4", "教学部 Teaching", 1280, 720, 2_000_000, (film,),
            (prompts[1], libri[1]), 0.9, own_sound=True,
        ),
    )  # fmt: skip


def prepare(directory: Path, progress: Progress | None = None) -> list[dict[str, str]]:
    """The demo's clips as [{"name", "path"}]; made when missing, which takes some seconds.

    Writes the same list to `directory`/demo.json. Raises McuError when that cannot be done.
    """
    wanted = recipes()
    listing = directory / LIST
    sources = _sources(wanted)
    clips = [{"name": r.name, "path": str((directory / r.file).resolve())} for r in wanted]
    try:
        if _is_made(directory, clips, sources):
            return clips
        directory.mkdir(parents=True, exist_ok=True)
        if progress is not None:
            _make_all(wanted, directory, progress)
        else:
            with Progress(transient=True) as own_progress:
                _make_all(wanted, directory, own_progress)
        listing.write_text(json.dumps(clips, ensure_ascii=False, indent=1), "utf-8")
        (directory / STAMP).write_text(json.dumps(sources), "utf-8")
    except OSError as error:
        raise McuError(f"cannot write the demo clips to {directory}: {error.strerror}") from error
    return clips


def _sources(wanted: tuple[Recipe, ...]) -> dict[str, Any]:
    """What the clips are made from on this machine: when that changes they are made anew."""
    used = [str(source) for recipe in wanted for source in (_footage(recipe), _speech(recipe))]
    return {"version": VERSION, "sources": used}


def _is_made(directory: Path, clips: list[dict[str, str]], sources: dict[str, Any]) -> bool:
    stamp = directory / STAMP
    if not (directory / LIST).exists() or not stamp.exists():
        return False
    if json.loads((directory / LIST).read_text("utf-8")) != clips:
        return False
    made_from = json.loads(stamp.read_text("utf-8"))
    return made_from == sources and all(Path(clip["path"]).exists() for clip in clips)


def _make_all(wanted: tuple[Recipe, ...], directory: Path, progress: Progress) -> None:
    tasks = [
        progress.add_task(f"demo clip {recipe.name}", total=LENGTH_S * FPS) for recipe in wanted
    ]
    with ThreadPoolExecutor(2) as pool:
        made = [
            pool.submit(_make, recipe, slot, directory / recipe.file, progress, task)
            for slot, (recipe, task) in enumerate(zip(wanted, tasks, strict=True))
        ]
        for future in made:
            future.result()


def _make(recipe: Recipe, slot: int, path: Path, progress: Progress, task: TaskID) -> None:
    """Write one clip; it has its name only when it is whole."""
    partial = path.with_suffix(".part")
    try:
        with av.open(str(partial), "w", format="mp4") as container:
            video, audio = _streams(container, recipe)
            pictures = _pictures(recipe)
            sound = _coded_sound(audio, _blocks(_sound(recipe, slot)))
            for second in range(LENGTH_S):
                for number, picture in enumerate(islice(pictures, FPS), second * FPS):
                    container.mux(video.encode(_frame(picture, number)))
                    progress.advance(task)
                for packet in islice(sound, BLOCKS_PER_S):
                    container.mux(packet)
            container.mux(video.encode(None))
    except av.error.FFmpegError as error:
        raise McuError(f"cannot make the demo clip {path}: {error}") from error
    os.replace(partial, path)


def _streams(container: Any, recipe: Recipe) -> tuple[Any, Any]:
    video = container.add_stream("libx264", rate=FPS)
    video.width, video.height, video.pix_fmt = recipe.width, recipe.height, "yuv420p"
    video.bit_rate, video.codec_context.max_b_frames = recipe.bitrate_bps, 0
    video.codec_context.gop_size = FPS * KEYFRAME_EACH_S
    video.codec_context.thread_count = 1
    video.options = {"preset": "superfast", "profile": "baseline", "rc-lookahead": "10"}
    audio = container.add_stream("libopus", rate=SAMPLE_RATE)
    audio.layout, audio.bit_rate = "mono", 48_000
    audio.options = {"frame_duration": "20", "application": "voip"}
    return video, audio


def _frame(picture: I420, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    return frame


def _coded_sound(audio: Any, blocks: Iterator[NDArray[np.float32]]) -> Iterator[Any]:
    """One packet for each block: what an encoder adds at the end would make the loop uneven."""
    count = LENGTH_S * BLOCKS_PER_S

    def packets() -> Iterator[Any]:
        for number, block in enumerate(blocks):
            frame = av.AudioFrame.from_ndarray(block[None, :], "flt", "mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, number * BLOCK_SAMPLES
            yield from audio.encode(frame)
        yield from audio.encode(None)

    return islice(packets(), count)


def _footage(recipe: Recipe) -> Footage | None:
    return next((footage for footage in recipe.footage if footage.path.exists()), None)


def _speech(recipe: Recipe) -> Path | None:
    return next((path for path in recipe.speech if path.exists()), None)


def _pictures(recipe: Recipe) -> Iterator[I420]:
    footage = _footage(recipe)
    count = LENGTH_S * FPS
    if footage is None:
        drawn = monitor_pictures(recipe.width, recipe.height, FPS, 4.0)
        return in_time(drawn, FPS, FPS, count, boomerang=False)
    pictures, rate = read_pictures(footage, recipe.width, recipe.height)
    return in_time(pictures, rate, FPS, count, footage.boomerang)


def _sound(recipe: Recipe, slot: int) -> NDArray[np.float32]:
    """The whole loop, silent but in its quarter."""
    slot_samples = LENGTH_S * SAMPLE_RATE // 4
    speech, footage = _speech(recipe), _footage(recipe)
    if speech is not None:
        words = read_speech(speech, recipe.pitch)
    elif recipe.own_sound and footage is not None:
        words = loudest(read_speech(footage.path)[SAMPLE_RATE // 2 :], slot_samples)
    else:
        words = bleeps(slot_samples / SAMPLE_RATE)
    words = levelled(words[: int(slot_samples * SPOKEN)])
    fade = np.linspace(0, 1, int(FADE_S * SAMPLE_RATE), dtype=np.float32)
    words[: len(fade)] *= fade
    words[-len(fade) :] *= fade[::-1]
    loop = np.zeros(LENGTH_S * SAMPLE_RATE, np.float32)
    loop[slot * slot_samples :][: len(words)] = words
    return loop


def _blocks(sound: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(sound), BLOCK_SAMPLES):
        yield sound[start : start + BLOCK_SAMPLES]
