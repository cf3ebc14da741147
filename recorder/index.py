"""The index of a recording: its journal read, and read on as it grows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recorder.errors import BrokenRecording
from recorder.journal import (
    JOURNAL_NAME,
    FragmentWritten,
    Gap,
    InitWritten,
    Mark,
    Record,
    Resumed,
    Started,
    Stopped,
    pauses,
    records_of,
)
from recorder.tracks import TRACKS


@dataclass(slots=True)
class TrackIndex:
    """One track: its init segments by id, its fragments in order, and where the next one goes."""

    name: str
    inits: list[InitWritten] = field(default_factory=list)
    fragments: list[FragmentWritten] = field(default_factory=list)
    keyframe_time: int = -1
    """Start of the newest fragment that begins with a keyframe, -1 for none."""

    @property
    def end(self) -> int:
        """The end of what is stored, in ticks."""
        return self.fragments[-1].time + self.fragments[-1].duration if self.fragments else 0

    @property
    def stored(self) -> int:
        """Bytes of the track's file that count; what stands behind was not journalled."""
        ends = [part[-1].offset + part[-1].size for part in (self.inits, self.fragments) if part]
        return max(ends, default=0)


@dataclass(slots=True)
class RecordingIndex:
    """What a journal says so far; `position` is where reading goes on."""

    started: Started | None = None
    resumed: Resumed | None = None
    stopped: Stopped | None = None
    tracks: dict[str, TrackIndex] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    paused: bool = False
    position: int = 0

    def add(self, record: Record) -> None:
        """Take one more record."""
        match record:
            case FragmentWritten():  # nearly all are: hours hold hundreds of thousands
                track = self.tracks.get(record.track) or self._track(record.track)
                track.fragments.append(record)
                if record.keyframe:
                    track.keyframe_time = record.time
            case Started():
                self.started = record
            case Resumed():
                self.resumed, self.stopped = record, None
            case InitWritten():
                self._track(record.track).inits.append(record)
            case Gap():
                self.gaps.append(record)
            case Mark():
                self.marks.append(record)
                self.paused = pauses(record, self.paused)
            case Stopped():
                self.stopped = record

    def read_on(self, folder: Path, is_there: Callable[[Record], bool] | None = None) -> None:
        """Take what was written since, up to a record of which `is_there` says that it is not.

        Raises BrokenRecording when there is no journal at all.
        """
        try:
            with (folder / JOURNAL_NAME).open("rb") as journal:
                journal.seek(self.position)
                data = journal.read()
        except OSError as error:
            raise BrokenRecording(f"the journal cannot be read ({error.strerror})") from error
        begin = self.position
        for record, end in records_of(data):
            if is_there is not None and not is_there(record):
                return
            self.add(record)
            self.position = begin + end
        if self.started is None and begin == 0:
            raise BrokenRecording("the journal has no beginning")

    @property
    def duration_s(self) -> float:
        """From time 0 to the end of the longest track, seconds."""
        ends = [track.end / TRACKS[track.name].timescale for track in self.tracks.values()]
        return max(ends, default=0.0)

    def _track(self, name: str) -> TrackIndex:
        return self.tracks.setdefault(name, TrackIndex(name))


def read_index(folder: Path) -> RecordingIndex:
    """The whole index of a recording; raises BrokenRecording."""
    index = RecordingIndex()
    index.read_on(folder)
    return index


def stored_index(folder: Path) -> RecordingIndex:
    """As read_index, up to what is not in its track: a power cut may keep the journal and lose the
    bytes that it tells of."""
    sizes: dict[str, int] = {}
    for kind in TRACKS.values():
        path = folder / kind.file_name
        sizes[kind.name] = path.stat().st_size if path.exists() else 0

    def is_there(record: Record) -> bool:
        if not isinstance(record, InitWritten | FragmentWritten):
            return True
        return record.offset + record.size <= sizes.get(record.track, 0)

    index = RecordingIndex()
    index.read_on(folder, is_there)
    return index


def keyframe_groups(fragments: Iterable[FragmentWritten]) -> Iterator[list[FragmentWritten]]:
    """A keyframe's fragment and those up to the next one, group after group; what stands before
    the first keyframe belongs to none."""
    group: list[FragmentWritten] = []
    for one in fragments:
        if one.keyframe and group:
            yield group
            group = []
        if one.keyframe or group:
            group.append(one)
    if group:
        yield group
