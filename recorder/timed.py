"""The timed data of a recording: small JSON values on its clock, such as vital signs (REC-06).

They stand in a file of their own, `data`, a line each as in the journal: what is torn ends it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import msgspec

from mcu_core.errors import BadInput
from recorder.errors import UNREADABLE
from recorder.journal import checked_body, checked_line

DATA_NAME = "data"
KIND_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")

LONGEST_VALUE = 2048
"""Bytes of JSON."""

LARGEST_FILE = 256 * 1024 * 1024
"""Half a day of ten full values a second."""

PAGE_BYTES = 256 * 1024
SHOWN_MS = 1000.0
"""How long a value stands in subtitles, unless one of its kind follows sooner."""


class Datum(msgspec.Struct, frozen=True, tag="data"):
    """A value that held `at_ms` after the recording's start; `by` who gave it."""

    at_ms: float
    kind: str
    value: msgspec.Raw
    by: str = ""


class DataPage(TypedDict):
    """Some data in the order in which it came; asked again with `after` set to `next`, what is
    new."""

    next: int
    items: list[Datum]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Datum).decode


def datum(at_ms: float, kind: str, value: str, by: str) -> Datum:
    """A value that may be stored; raises BadInput naming what is wrong. `value` is JSON."""
    if not KIND_PATTERN.fullmatch(kind):
        raise BadInput("kind", "1..32 small letters, digits, dots, _ or -")
    raw = value.encode()
    if len(raw) > LONGEST_VALUE:
        raise BadInput("value", f"at most {LONGEST_VALUE} bytes of JSON")
    try:
        msgspec.json.decode(raw)
    except UNREADABLE as error:
        raise BadInput("value", "JSON") from error
    return Datum(round(at_ms, 1), kind, msgspec.Raw(raw), by)


def line_of_datum(one: Datum) -> bytes:
    """As a line of the file, newline included."""
    return checked_line(_encode(one))


def data_of(data: bytes) -> Iterator[tuple[Datum, int]]:
    """The values at the beginning of `data`, each with the offset at which it ends."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        body = checked_body(data[start:end])
        if body is None:
            return
        try:
            one = _decode(body)
        except UNREADABLE:
            return
        start = end + 1
        yield one, start


def data_page(folder: Path, after: int = 0) -> DataPage:
    """What stands behind `after` in the data of the recording in that folder, or some of it."""
    position, items = after, []
    try:
        with (folder / DATA_NAME).open("rb") as file:
            file.seek(after)
            for one, end in data_of(file.read(PAGE_BYTES)):
                items.append(one)
                position = after + end
    except OSError:
        pass  # nobody gave any
    return DataPage(next=position, items=items)


def all_data(folder: Path) -> Iterator[Datum]:
    """All of it, page by page."""
    position = 0
    while (page := data_page(folder, position))["items"]:
        yield from page["items"]
        position = page["next"]


def data_bytes(folder: Path) -> int:
    """How large the data of the recording in that folder is; 0: there is none."""
    try:
        return (folder / DATA_NAME).stat().st_size
    except OSError:
        return 0


def whole_bytes(folder: Path) -> int:
    """Where the file's last whole line ends: the next one belongs there."""
    position = 0
    while (page := data_page(folder, position))["items"]:
        position = page["next"]
    return position


def json_lines(folder: Path) -> Iterator[bytes]:
    """For downloads: an object a line, `at_s`, `kind`, `value`, `by`."""
    for one in all_data(folder):
        line = {"at_s": one.at_ms / 1000, "kind": one.kind, "value": one.value, "by": one.by}
        yield msgspec.json.encode(line) + b"\n"


def web_vtt(folder: Path) -> Iterator[bytes]:
    """For players: a metadata track (W3C WebVTT 4.2), a cue for each value, its payload JSON."""
    yield b"WEBVTT\n\n"
    ends: dict[str, float] = {}
    ordered = sorted(all_data(folder), key=lambda one: one.at_ms)
    cues = []
    for one in reversed(ordered):
        until = min(one.at_ms + SHOWN_MS, ends.get(one.kind, one.at_ms + SHOWN_MS))
        ends[one.kind] = one.at_ms
        cues.append((one, max(until, one.at_ms + 1)))
    for one, until in reversed(cues):
        # The arrow may not stand in a cue's text; in JSON a > may be written as \u003e.
        body = msgspec.json.encode({one.kind: one.value}).replace(b"-->", b"--\\u003e")
        yield f"{_stamp(one.at_ms)} --> {_stamp(until)}\n".encode() + body + b"\n\n"


def _stamp(ms: float) -> str:
    minutes, millis = divmod(round(ms), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{millis / 1000:06.3f}"
