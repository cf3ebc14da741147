"""Reads the slides of recordings that have ended: `python -m recorder.slides FOLDER`.

A process of its own with nothing to do but this, after everybody else (nice 19). Of the content
track keyframes are looked at, and all pictures only where something changed between them. A slide
counts once it stood still for a look.
"""

import fcntl
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import McuError
from recorder.errors import BrokenRecording
from recorder.index import TrackIndex, keyframe_groups, read_index
from recorder.journal import FragmentWritten
from recorder.ocr import NoReader, languages, words_in
from recorder.slide_texts import (
    BROKEN,
    LONGEST_TEXT,
    MISSING,
    SLIDES_NAME,
    Read,
    Slide,
    line_of,
    slides_of,
)
from recorder.stills import frames_of
from recorder.tracks import TRACKS

MOST_MEMORY = 1 << 30
NICENESS = 19
MOST_SLIDES = 5000

MOVING_BYTES = 3000
"""Of a fragment (a quarter of a second) without a keyframe: fewer change no more than a pointer."""

LOOK_S = 0.5
SAME_S = 0.001
THUMB = (96, 54)
CELL_DIFFERS = 14
"""Of 255; coding alone changes cells by less."""

PART_DIFFERS = 0.006
"""Of the cells: a line of text is more, a pointer is less."""

RESTLESS_S = 20.0
"""A picture that never stands still is read as often as this."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """What was shown at a time; `still`: nothing moved around it."""

    at_s: float
    grey: Grey
    still: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A slide: its span, and the last look at it."""

    at_s: float
    until_s: float
    grey: Grey


def looks(folder: Path, track: TrackIndex, after_s: float = 0.0) -> Iterator[Look]:
    """What is to be looked at, in its order; what cannot be decoded is passed over."""
    scale = TRACKS[track.name].timescale
    for group in keyframe_groups(track.fragments):
        if (group[-1].time + group[-1].duration) / scale <= after_s:
            continue
        moving = any(one.size > MOVING_BYTES for one in group[1:])
        try:
            for look in _of_group(folder, track, group if moving else group[:1], moving):
                if look.at_s >= after_s - SAME_S:
                    yield look
        except BrokenRecording:
            continue


def _of_group(
    folder: Path, track: TrackIndex, group: list[FragmentWritten], moving: bool
) -> Iterator[Look]:
    due_s = 0.0
    for at_s, frame in frames_of(folder, track, group):
        if not moving:
            yield Look(at_s, _grey(frame), True)
            return
        if at_s >= due_s:
            due_s = at_s + LOOK_S
            yield Look(at_s, _grey(frame), False)


def slides(looks: Iterator[Look], end_s: float) -> Iterator[Shown]:
    """The slides of these looks: what stood still, or went on changing for RESTLESS_S."""
    begun = newest = None
    thumb: Grey | None = None
    rested, unrest_s = False, 0.0
    for look in looks:
        seen = _thumb(look.grey)
        if thumb is not None and not differs(thumb, seen):
            newest, thumb, rested = look, seen, True
            continue
        if begun is not None and newest is not None and rested:
            yield Shown(begun.at_s, look.at_s, newest.grey)
            unrest_s = look.at_s
        elif begun is None:
            unrest_s = look.at_s
        elif newest is not None and look.at_s - unrest_s >= RESTLESS_S:
            yield Shown(unrest_s, look.at_s, newest.grey)
            unrest_s = look.at_s
        begun = newest = look
        thumb, rested = seen, look.still
    if begun is not None and newest is not None:
        yield Shown(begun.at_s, max(end_s, begun.at_s), newest.grey)


def differs(before: Grey, now: Grey) -> bool:
    """Whether two thumbs show different slides."""
    if before.shape != now.shape:
        return True
    changed = np.count_nonzero(cv2.absdiff(before, now) > CELL_DIFFERS)
    return bool(changed > PART_DIFFERS * before.size)


def _grey(frame: av.VideoFrame) -> Grey:
    return frame.to_ndarray(format="gray").astype(np.uint8, copy=False)


def _thumb(grey: Grey) -> Grey:
    made: Grey = cv2.resize(grey, THUMB, interpolation=cv2.INTER_AREA)
    return made


def read(folder: Path) -> int:
    """Read what was not read yet, slide by slide into the file; how many there are now.

    Raises NoReader, BrokenRecording, BlockingIOError while another process reads them.
    """
    by = languages()
    index = read_index(folder)
    with (folder / SLIDES_NAME).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = slides_of(folder)
        count = len(found.slides)
        if found.complete:
            return count
        file.truncate(found.whole)
        after_s = found.slides[-1].until_ms / 1000 if found.slides else 0.0
        for slide in _texts(folder, index.tracks.get("content"), after_s):
            file.write(line_of(slide))
            file.flush()
            count += 1
            if count >= MOST_SLIDES:
                break
        file.write(line_of(Read(by)))
        file.flush()
        os.fsync(file.fileno())
    return count


def _texts(folder: Path, track: TrackIndex | None, after_s: float) -> Iterator[Slide]:
    if track is None:
        return
    end_s = track.end / TRACKS[track.name].timescale
    for shown in slides(looks(folder, track, after_s), end_s):
        text = words_in(shown.grey)[:LONGEST_TEXT]
        yield Slide(round(shown.at_s * 1000.0, 1), round(shown.until_s * 1000.0, 1), text)


def main(arguments: list[str]) -> int:
    """Read the slides of the recording in a folder; an exit code."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    try:
        read(Path(arguments[0]))
    except NoReader as error:
        sys.stderr.write(f"{error}\n")
        return MISSING
    except (McuError, OSError, MemoryError) as error:
        sys.stderr.write(f"{error}\n")
        return BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
