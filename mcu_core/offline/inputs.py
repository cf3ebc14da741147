"""Inputs of an offline mix: what is in a file, and how its streams are opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import av.error
from av.stream import Discard

from mcu_core.errors import BadInput

READ_ERRORS = (av.error.FFmpegError, OSError, ValueError, EOFError)
"""What a broken file raises when it is opened, read or decoded."""

_NS_PER_US = 1000


@dataclass(frozen=True, slots=True)
class InputInfo:
    """What a look into a file tells. `start_ns` is where its clock begins, `length_ns` may be 0."""

    path: Path
    start_ns: int
    length_ns: int
    has_video: bool
    has_audio: bool


def look_into(path: Path, field: str) -> InputInfo:
    """What is in the file; raises BadInput naming `field` when it cannot be mixed."""
    if not path.is_file():
        raise BadInput(field, f"a file; {path} does not exist" if not path.exists() else "a file")
    try:
        with av.open(str(path), "r") as container:
            video, audio = container.streams.best("video"), container.streams.best("audio")
            start = container.start_time or 0
            length = container.duration or 0
    except READ_ERRORS as error:
        raise BadInput(field, f"a media file ({error})") from error
    if video is None and audio is None:
        raise BadInput(field, f"a file with pictures or sound, not {path}")
    return InputInfo(
        path, start * _NS_PER_US, length * _NS_PER_US, video is not None, audio is not None
    )


def open_stream(path: Path, kind: Literal["video", "audio"]) -> tuple[Any, Any]:
    """The file, to be closed, and its best stream of that kind; the others are not even read."""
    container = av.open(str(path), "r")
    wanted = container.streams.best(kind)
    for stream in container.streams:
        if stream is not wanted:
            stream.discard = Discard.all
    return container, wanted
