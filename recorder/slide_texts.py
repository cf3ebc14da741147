"""The file of what a recording's slides say, beside its journal: a line each, as in the journal.

It grows while slides are read and ends with `Read`: without it, reading goes on after the last one.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from recorder.errors import UNREADABLE
from recorder.journal import checked_body, checked_line

SLIDES_NAME = "slides"
LONGEST_TEXT = 8000

MISSING, BROKEN = 3, 4
"""Exit codes of who reads them: Tesseract is not installed; the recording cannot be read."""


class Slide(msgspec.Struct, frozen=True, tag="slide"):
    """What was shown from `at_ms` until `until_ms` of the recording, and its words by lines."""

    at_ms: float
    until_ms: float
    text: str


class Read(msgspec.Struct, frozen=True, tag="read"):
    """All of it was read; `by` says with which languages."""

    by: str


_decode = msgspec.json.Decoder(Slide | Read).decode
_encode = msgspec.json.Encoder().encode


def line_of(record: Slide | Read) -> bytes:
    """The record as its line."""
    return checked_line(_encode(record))


@dataclass(frozen=True, slots=True)
class SlideTexts:
    """What the file holds: the slides, whether these are all, and the bytes that are whole."""

    slides: list[Slide]
    complete: bool = False
    whole: int = 0


def slides_of(folder: Path) -> SlideTexts:
    """The slides that were read so far; what is torn ends them."""
    slides: list[Slide] = []
    whole = 0
    try:
        lines = (folder / SLIDES_NAME).read_bytes().split(b"\n")[:-1]
    except OSError:
        return SlideTexts(slides)
    for line in lines:
        body = checked_body(line)
        try:
            record = _decode(body) if body is not None else None
        except UNREADABLE:
            record = None
        if record is None:
            break
        whole += len(line) + 1
        if isinstance(record, Read):
            return SlideTexts(slides, True, whole)
        slides.append(record)
    return SlideTexts(slides, False, whole)
