"""A package: a recording to be kept and watched without any server, as courseware.

A ZIP of its films, its marks, slides and timed data, and a page that plays them from wherever it is
unpacked. Films are cut as downloads are and stored as they are; whoever reads the ZIP makes it, so
it costs no disk. It holds no patient's reference.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from recorder.contract import RecordingInfo
from recorder.export import Export, Span, export_of, tracks_of
from recorder.index import RecordingIndex
from recorder.slide_texts import slides_of
from recorder.timed import all_data

PAGE = Path(__file__).with_name("package.html")
FACTS_PLACE = b"{{facts}}"
MAIN, CONTENT = "main.mp4", "content.mp4"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""A ZIP tells no time before; a machine without a clock may have recorded before."""

MOST_VALUES = 200_000
"""Values of timed data that a page takes at once: three days of one a second; all are in the file
beside it."""


class Moment(msgspec.Struct, frozen=True):
    """A mark or a slide, seconds from the films' beginning; `kind` is a mark's, or `slide`."""

    at_s: float
    kind: str
    text: str


class Value(msgspec.Struct, frozen=True):
    """A value of timed data."""

    at_s: float
    kind: str
    value: msgspec.Raw


class Facts(msgspec.Struct, frozen=True):
    """What the page is told; `content` is empty where none was shown."""

    title: str
    started_at: str
    doctor: str
    department: str
    duration_s: float
    main: str
    content: str
    moments: tuple[Moment, ...]
    data: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """The films by their names, and what the page is told."""

    films: dict[str, Export]
    facts: Facts
    made_at: datetime

    def blocks(self) -> Iterator[bytes]:
        """The ZIP, in blocks; raises BrokenRecording."""
        out = _Outlet()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            facts = msgspec.json.encode(self.facts)
            page = PAGE.read_bytes().replace(FACTS_PLACE, _within_script(facts))
            for name, text in (("index.html", page), ("recording.json", facts)):
                with archive.open(self._entry(name), "w") as entry:
                    entry.write(text)
            yield out.taken()
            for name, film in self.films.items():
                with archive.open(self._entry(name), "w", force_zip64=True) as entry:
                    for block in film.blocks():
                        entry.write(block)
                        yield out.taken()
        yield out.taken()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        """Readable by everybody, as unpacking leaves it."""
        entry = zipfile.ZipInfo(name, max(EARLIEST, self.made_at.timetuple()[:6]))
        entry.external_attr = 0o644 << 16
        return entry


def plan_package(
    folder: Path, info: RecordingInfo, index: RecordingIndex, span: Span | None = None
) -> Package:
    """Plan the package of what `index` knows, or of a part; raises BrokenRecording when there is
    nothing of it."""
    tracks = tracks_of(folder, index, span)
    begin_s, end_s = span or (0.0, index.duration_s)
    people = [track for track in tracks if not track.kind.beside]
    films = {MAIN: export_of(people or tracks)}
    if 0 < len(people) < len(tracks):  # with sound, content can be watched on its own
        films[CONTENT] = export_of([track for track in tracks if track.kind.name != "main"])
    facts = Facts(
        title=info.title,
        started_at=info.started_at,
        doctor=info.tags.doctor,
        department=info.tags.department,
        duration_s=round(min(end_s, index.duration_s) - begin_s, 3),
        main=MAIN,
        content=CONTENT if CONTENT in films else "",
        moments=tuple(_moments(folder, index, begin_s, end_s)),
        data=tuple(_data(folder, begin_s, end_s)),
    )
    return Package(films, facts, datetime.fromisoformat(info.started_at))


def _moments(folder: Path, index: RecordingIndex, begin_s: float, end_s: float) -> Iterator[Moment]:
    """Marks and slides of a part, in their order; what stands at its beginning is at 0."""
    found = [(mark.at_ms / 1000, mark.at_ms / 1000, mark.kind, mark.text) for mark in index.marks]
    for slide in slides_of(folder).slides:
        found.append((slide.at_ms / 1000, slide.until_ms / 1000, "slide", slide.text))
    for at_s, until_s, kind, text in sorted(found):
        if at_s <= end_s and until_s >= begin_s:
            yield Moment(round(max(0.0, at_s - begin_s), 3), kind, text)


def _data(folder: Path, begin_s: float, end_s: float) -> list[Value]:
    inside = [
        Value(round(one.at_ms / 1000 - begin_s, 3), one.kind, one.value)
        for one in all_data(folder)
        if begin_s <= one.at_ms / 1000 <= end_s
    ]
    return sorted(inside[:MOST_VALUES], key=lambda value: value.at_s)


def _within_script(facts: bytes) -> bytes:
    """JSON as it may stand in a script element: no word of it ends that."""
    return facts.replace(b"<", b"\\u003c").replace(b"\xe2\x80\xa8", b"\\u2028")


class _Outlet(io.RawIOBase):
    """Where the ZIP is written to: what has not been taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        """It is; and no place of it can be gone back to."""
        return True

    def write(self, data: object) -> int:
        """Keep it until it is taken."""
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # any buffer, as of any file
        self._waiting.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """All that was written since."""
        pieces = b"".join(self._waiting)
        self._waiting.clear()
        return pieces
