"""The journal of a recording: what stands where in its track files, and what happened.

One record a line: eight hex digits of CRC-32, a blank, JSON. A record counts when its line is whole
and true; reading ends before the first one that is not. So a process that died in mid-write leaves
a shorter journal, never a broken one, and nobody has to repair anything.
"""

import struct
import zlib
from collections.abc import Iterator

import msgspec

from recorder.errors import UNREADABLE

JOURNAL_NAME = "journal"
JOURNAL_VERSION = 1


class Started(msgspec.Struct, frozen=True, tag="start"):
    """First record. `base_ns` is the stamp at the recording's time 0, on the monotonic clock of the
    boot named `boot`; `wall` is the time of day then (ISO 8601)."""

    version: int
    id: str
    conference: str
    title: str
    wall: str
    base_ns: int
    boot: str


class Resumed(msgspec.Struct, frozen=True, tag="resume"):
    """Another process, or the same after a failure, goes on; stamps count from `base_ns` now."""

    wall: str
    base_ns: int
    boot: str


class InitWritten(msgspec.Struct, frozen=True, tag="init"):
    """An init segment stands in the track's file; `id` counts from 0 within the track."""

    track: str
    id: int
    offset: int
    size: int
    codec: str
    width: int = 0
    height: int = 0


class FragmentWritten(msgspec.Struct, frozen=True, tag="fragment", gc=False):
    """A fragment stands in the track's file; times in ticks of the track, 0 at the start.

    The collector need not walk them: hours hold hundreds of thousands, of plain values alone.
    """

    track: str
    offset: int
    size: int
    time: int
    duration: int
    keyframe: bool
    init: int


class Gap(msgspec.Struct, frozen=True, tag="gap"):
    """Nothing of the track came from `time` for `duration` ticks; the last picture may stand."""

    track: str
    time: int
    duration: int
    reason: str


class Mark(msgspec.Struct, frozen=True, tag="mark"):
    """Something happened `at_ms` after the recording's start, for a list to jump by.

    `kind` is one of MARK_KINDS. Between `pause` and `continue` nothing is recorded. `text` is what
    an operator wrote or who spoke, joined or left; `by` the user who set the mark, else empty.
    """

    at_ms: float
    kind: str
    text: str = ""
    by: str = ""


PAUSE, CONTINUE = "pause", "continue"
MARK_KINDS = frozenset(
    {"operator", "speaker", "join", "leave", "layout", "content", PAUSE, CONTINUE}
)


class Stopped(msgspec.Struct, frozen=True, tag="stop"):
    """The recording has ended; `failed` says that nobody asked for it, `reason` why."""

    wall: str
    failed: bool = False
    reason: str = ""


Record = Started | Resumed | InitWritten | FragmentWritten | Gap | Mark | Stopped

CRC_DIGITS = 8
BATCH_BYTES = 256 * 1024
"""Lines that are read at once: some two thousand, in a millisecond."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def pauses(record: object, before: bool) -> bool:
    """Whether a recording is paused after this record."""
    if isinstance(record, Mark) and record.kind in (PAUSE, CONTINUE):
        return record.kind == PAUSE
    return before


def line_of(record: Record) -> bytes:
    """The record as its line, newline included."""
    return checked_line(_encoder.encode(record))


def checked_line(body: bytes) -> bytes:
    """The body as a line with its checksum, newline included."""
    return b"%08x %b\n" % (zlib.crc32(body), body)


def checked_body(line: bytes) -> bytes | None:
    """What a line (without newline) holds, None when it is torn."""
    body = line[CRC_DIGITS + 1 :]
    return body if line[: CRC_DIGITS + 1] == b"%08x " % zlib.crc32(body) else None


def record_of(line: bytes) -> Record | None:
    """The record in a line (without newline), or None when it is torn or not one of ours."""
    body = checked_body(line)
    if body is None:
        return None
    try:
        return _decoder.decode(body)
    except UNREADABLE:
        return None


def records_of(data: bytes) -> Iterator[tuple[Record, int]]:
    """The records at the beginning of `data`, each with the offset at which it ends."""
    start = 0
    while end := _batch_end(data, start):
        lines = data[start:end].split(b"\n")[:-1]
        batch = _batch(lines)
        records = batch if batch is not None else map(record_of, lines)
        for line, record in zip(lines, records, strict=True):
            if record is None:
                return
            start += len(line) + 1
            yield record, start


def _batch_end(data: bytes, start: int) -> int:
    """Where some whole lines end; 0 where no line ends any more."""
    return data.rfind(b"\n", start, start + BATCH_BYTES) + 1 or data.find(b"\n", start) + 1


def _batch(lines: list[bytes]) -> list[Record] | None:
    """All records of lines that are true, in a quarter of the time that they take one by one; None
    where any is not, or where that cannot be told so."""
    bodies = [line[CRC_DIGITS + 1 :] for line in lines]
    heads = b"".join([line[: CRC_DIGITS + 1] for line in lines])
    sums = struct.pack(f">{len(lines)}I", *map(zlib.crc32, bodies))
    if heads != sums.hex(" ", CRC_DIGITS // 2).encode() + b" ":
        return None
    try:
        records = _decoder.decode_lines(b"\n".join(bodies))
    except UNREADABLE:
        return None
    return records if len(records) == len(lines) else None


def last_records_of(tail: bytes) -> list[Record]:
    """The whole records in the last bytes of a journal, whose first line may be cut off."""
    lines = tail.split(b"\n")[:-1]
    return [record for line in lines if (record := record_of(line)) is not None]
