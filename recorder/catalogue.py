"""The reading side of a store: what recordings there are, and what a player needs of one.

Reads files only, so that any process may use it, also while a recorder writes and after it died.
Calls block on the disk: an event loop calls them in a thread.
"""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import structlog

from mcu_core.errors import BadInput, NotFound
from recorder import lock
from recorder.archive import wipe
from recorder.contract import RecordingInfo, RecordingState, Tags
from recorder.disks import Disks
from recorder.errors import BrokenRecording, StoreFailed
from recorder.export import Export, Span, plan_export
from recorder.index import RecordingIndex, read_index
from recorder.journal import (
    JOURNAL_NAME,
    FragmentWritten,
    Resumed,
    Started,
    Stopped,
    last_records_of,
    pauses,
    records_of,
)
from recorder.manifest import Manifest, manifest_of
from recorder.media_files import MOVED_NAME, MediaFile, media_size, open_media
from recorder.package import Package, plan_package
from recorder.tags import read_tags, tags_seen, write_tags
from recorder.tracks import TRACKS

log = structlog.get_logger()

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
HEAD_BYTES = 16 * 1024
TAIL_BYTES = 16 * 1024


def checked_id(recording: str) -> str:
    """The id; raises BadInput for what could not name a folder of ours."""
    if not ID_PATTERN.fullmatch(recording):
        raise BadInput("recording", "1..64 letters, digits, - or _, beginning with no sign")
    return recording


class Catalogue:
    """All recordings of a store, a folder with one folder for each, and of its further disks."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._disks = Disks(store)

    def roots(self) -> list[Path]:
        """The folders in which recordings may lie, each perhaps on a disk of its own."""
        return self._disks.roots()

    def known(self, recording: str) -> Path | None:
        """Where a recording lies, None where there is none; raises BadInput."""
        return self._disks.folder(checked_id(recording))

    def folder(self, recording: str) -> Path:
        """Where a recording lies, or would if there were one disk; raises BadInput."""
        return self.known(recording) or self._store / recording

    def looked(self) -> tuple[int, ...]:
        """Something that changes when recordings came or went on any disk."""
        return tuple(_changed_ns(root) for root in self.roots())

    def recordings(self) -> list[RecordingInfo]:
        """All of them, oldest first; folders that hold no recording are passed over."""
        infos: list[RecordingInfo] = []
        for folder in self._names().values():
            try:
                infos.append(_info(folder))
            except BrokenRecording:
                continue
        return sorted(infos, key=lambda info: (info.started_at, info.id))

    def info(self, recording: str) -> RecordingInfo:
        """One of them; raises NotFound, BadInput."""
        try:
            return _info(self.folder(recording))
        except BrokenRecording as error:
            raise NotFound("recording", recording) from error

    def manifest(self, recording: str, after: int = 0) -> Manifest:
        """What a player needs, or what is new since; raises NotFound, BadInput."""
        if after < 0:
            raise BadInput("after", "the `next` of an earlier manifest, or 0")
        info = self.info(recording)
        folder = self.folder(recording)
        news = RecordingIndex(position=after)
        news.read_on(folder)
        return manifest_of(info, news, folder)

    def track_path(self, recording: str, track: str) -> Path:
        """The file of a track, which may be growing, or in an archive (recorder/media_files.py).

        Raises NotFound, BadInput.
        """
        kind = TRACKS.get(track)
        path = self.folder(recording) / kind.file_name if kind else None
        if path is None or media_size(path) is None:
            raise NotFound("track", track)
        return path

    def open_track(self, recording: str, track: str) -> MediaFile:
        """The same, open for reading."""
        try:
            return open_media(self.track_path(recording, track))
        except FileNotFoundError as error:  # deleted just now
            raise NotFound("track", track) from error

    def export(self, recording: str, span: Span | None = None, *, small: bool = False) -> Export:
        """A plain MP4 of what is stored now, or of a span, as a file that exists while it is read.

        Raises NotFound, BadInput, or BrokenRecording when there is nothing in it yet.
        """
        self.info(recording)
        folder = self.folder(recording)
        return plan_export(folder, read_index(folder), span, small=small)

    def package(self, recording: str, span: Span | None = None) -> Package:
        """The same to be watched without a server, with all that is known of it; raises as export
        does."""
        info = self.info(recording)
        folder = self.folder(recording)
        return plan_package(folder, info, read_index(folder), span)

    def seen(self) -> dict[str, str]:
        """Of each folder of the store, a text that changes with its files: whoever keeps a list
        need not read again what stayed as it was."""
        found = {}
        for name, folder in self._names().items():
            try:
                journal = (folder / JOURNAL_NAME).stat()
            except OSError:
                continue
            moved = "m" if (folder / MOVED_NAME).exists() else ""
            found[name] = f"{journal.st_size}:{journal.st_mtime_ns}:{tags_seen(folder)}{moved}"
        return found

    def _names(self) -> dict[str, Path]:
        """All folders that may be recordings; of two of one name the first counts."""
        found: dict[str, Path] = {}
        for root in self.roots():
            try:
                with os.scandir(root) as folders:
                    names = [one.name for one in folders if ID_PATTERN.fullmatch(one.name)]
            except OSError:
                continue
            for name in names:
                found.setdefault(name, root / name)
        return found

    def tag(self, recording: str, tags: Tags) -> None:
        """Give a recording tags; raises NotFound, BadInput, StoreFailed."""
        self.info(recording)
        write_tags(self.folder(recording), tags)

    def is_held(self, recording: str) -> bool:
        """Whether a recording may not be deleted; raises BadInput."""
        return read_tags(self.folder(recording)).hold

    def delete(self, recording: str) -> None:
        """Remove a recording's files; it is gone at once, whatever happens meanwhile."""
        folder = self.folder(recording)
        bin_ = folder.with_name(f".deleted-{folder.name}")
        _remove(bin_)
        try:
            folder.rename(bin_)
        except FileNotFoundError:
            return
        _remove(bin_)

    def sweep(self) -> None:
        """Remove what deletions left that were cut short, or whose archive did not answer."""
        for root in self.roots():
            for folder in root.glob(".deleted-*"):
                _remove(folder)


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    try:
        wipe(folder)
    except StoreFailed as error:
        log.warning("deleted later", folder=folder.name, reason=str(error))
        return
    shutil.rmtree(folder, ignore_errors=True)


def _changed_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _ends(folder: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of the journal; raises BrokenRecording."""
    try:
        with (folder / JOURNAL_NAME).open("rb") as journal:
            head = journal.read(HEAD_BYTES)
            size = os.fstat(journal.fileno()).st_size
            journal.seek(max(0, size - TAIL_BYTES))
            return head, journal.read()
    except OSError as error:
        raise BrokenRecording(f"no journal ({error.strerror})") from error


def _duration_s(records: Iterable[object]) -> float:
    ends = (
        (record.time + record.duration) / TRACKS[record.track].timescale
        for record in records
        if isinstance(record, FragmentWritten)
    )
    return max(ends, default=0.0)


def _info(folder: Path) -> RecordingInfo:
    """A recording from the two ends of its journal, however long that is."""
    head, tail = _ends(folder)
    started = next((record for record, _ in records_of(head)), None)
    if not isinstance(started, Started):
        raise BrokenRecording("the journal has no beginning")
    last = last_records_of(tail)
    turns = [record for record in last if isinstance(record, (Resumed, Stopped))]
    stopped = turns[-1] if turns and isinstance(turns[-1], Stopped) else None
    paused = False
    for record in last:
        paused = pauses(record, paused)
    return RecordingInfo(
        id=folder.name,
        conference=started.conference,
        title=started.title,
        state=_state(folder, stopped, paused),
        started_at=started.wall,
        duration_s=round(_duration_s(last), 3),
        size_bytes=sum(media_size(folder / kind.file_name) or 0 for kind in TRACKS.values()),
        archived=(folder / MOVED_NAME).exists(),
        reason=stopped.reason if stopped else "",
        tags=read_tags(folder),
    )


def _state(folder: Path, stopped: Stopped | None, paused: bool) -> RecordingState:
    if stopped is not None:
        return RecordingState.FAILED if stopped.failed else RecordingState.DONE
    if lock.is_taken(folder / JOURNAL_NAME):
        return RecordingState.PAUSED if paused else RecordingState.RECORDING
    return RecordingState.INTERRUPTED
