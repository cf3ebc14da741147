"""The files of one recording, for the one who writes them: append, then journal, then sync.

Every call blocks on the disk and belongs into the recording's writer thread. A write that fails
leaves the files as they were before it.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcu_core.errors import Refused
from recorder import lock
from recorder.errors import StoreFailed
from recorder.fragments import Fragment, Init
from recorder.index import RecordingIndex, read_index, stored_index
from recorder.journal import (
    JOURNAL_NAME,
    FragmentWritten,
    InitWritten,
    Record,
    Started,
    line_of,
)
from recorder.media_files import read_moved
from recorder.syncing import sync_folder
from recorder.timed import DATA_NAME, LARGEST_FILE, Datum, line_of_datum, whole_bytes
from recorder.tracks import TRACKS

RESERVE_NAME = "reserve"
RESERVE_BYTES = 64 * 1024
"""Given back when the disk is full, so that the journal can still say so."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a disk recordings may take, in bytes.

    `kept_free` is left to everybody else: accounts, logins, other people's files. `least` is what
    each recording needs to be begun: some minutes at 8 Mbit/s.
    """

    kept_free: int = 64 * 1024 * 1024
    least: int = 256 * 1024 * 1024


Write = Callable[[int, bytes], int]

SAYINGS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file may not grow further",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk is broken",
}


def _failed(error: OSError) -> StoreFailed:
    text = SAYINGS.get(error.errno or 0, error.strerror or str(error))
    return StoreFailed(f"cannot write the recording: {text}")


def free_bytes(folder: Path) -> int:
    """What may still be written to the disk of a folder; the limit is the disk's, not ours."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def boot_id() -> str:
    """Names this run of the machine: monotonic stamps of another one do not compare."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


class AppendFile:
    """A file that only grows: what was not written whole is taken back."""

    def __init__(self, path: Path, write: Write) -> None:
        """Open or make the file, and touch nothing in it yet."""
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self.size = 0
        self._write = write

    def cut(self, keep: int) -> None:
        """Leave the `keep` first bytes, and append behind them."""
        os.ftruncate(self.fd, keep)
        os.lseek(self.fd, keep, os.SEEK_SET)
        self.size = keep

    def close(self) -> None:
        """Close; safe twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def append(self, data: bytes) -> int:
        """Write all of it; the offset at which it stands. Raises OSError, with nothing written."""
        begin, left = self.size, memoryview(data)
        try:
            while left:
                left = left[self._write(self.fd, bytes(left)) :]
        except OSError:
            self.cut(begin)
            raise
        self.size = begin + len(data)
        return begin


class RecordingFiles:
    """Track files and journal of one recording, locked against a second writer.

    `stored_bytes` is what the tracks hold.
    """

    def __init__(self, folder: Path, index: RecordingIndex, write: Write = os.write) -> None:
        """Open for writing behind what `index` says is there; raises StoreFailed or Refused."""
        self._folder = folder
        self._write = write
        self._index = index
        self._tracks: dict[str, AppendFile] = {}
        self._inits: dict[str, Init] = {}
        self._init_ids: dict[str, int] = {}
        self._data: AppendFile | None = None
        self._new_names = True
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._journal = AppendFile(folder / JOURNAL_NAME, write)
        except OSError as error:
            raise _failed(error) from error
        try:
            lock.take(self._journal.fd)  # before anything is cut: another writer's end is not ours
            self._journal.cut(index.position)
            self._keep_reserve()
            for name in index.tracks:
                self._track(name)
        except OSError as error:
            self.close()
            raise _failed(error) from error
        except Refused:
            self._journal.close()
            raise

    @classmethod
    def create(cls, folder: Path, started: Started, write: Write = os.write) -> "RecordingFiles":
        """Begin a recording in that folder; raises StoreFailed, or Refused when it is written."""
        files = cls(folder, RecordingIndex(), write)
        try:
            files.note(started)
        except StoreFailed:
            files.close()
            raise
        return files

    @classmethod
    def resume(
        cls, folder: Path, write: Write = os.write
    ) -> "tuple[RecordingFiles, RecordingIndex]":
        """Go on with a recording; raises StoreFailed, BrokenRecording or Refused."""
        if lock.is_taken(folder / JOURNAL_NAME):
            raise Refused("another recorder writes this recording")
        if read_moved(folder) is not None:
            raise Refused("this recording was moved to the archive")
        index = stored_index(folder)
        return cls(folder, index, write), index

    @property
    def stored_bytes(self) -> int:
        """What the track files hold."""
        return sum(track.size for track in self._tracks.values())

    def put(self, fragment: Fragment) -> FragmentWritten:
        """Store a fragment, and its init segment where that is a new one; raises StoreFailed."""
        try:
            track = self._track(fragment.track)
            init_id = self._init_id(fragment, track)
            record = FragmentWritten(
                track=fragment.track,
                offset=track.append(fragment.data),
                size=len(fragment.data),
                time=fragment.time,
                duration=fragment.duration,
                keyframe=fragment.keyframe,
                init=init_id,
            )
            self._journal.append(line_of(record))
        except OSError as error:
            raise _failed(error) from error
        return record

    def note(self, record: Record) -> None:
        """Store an event; raises StoreFailed."""
        try:
            self._journal.append(line_of(record))
        except OSError as error:
            raise _failed(error) from error

    def add(self, one: Datum) -> None:
        """Store a value of the timed data, unless there is too much of it; raises StoreFailed."""
        try:
            if self._data is None:
                self._data = AppendFile(self._folder / DATA_NAME, self._write)
                self._new_names = True
                self._data.cut(whole_bytes(self._folder))
            if self._data.size < LARGEST_FILE:
                self._data.append(line_of_datum(one))
        except OSError as error:
            raise _failed(error) from error

    def sync(self) -> None:
        """Bring all to the disk, the journal last: it never tells of what is not there yet."""
        try:
            if self._new_names:  # else a power cut may take whole files
                sync_folder(self._folder)
                sync_folder(self._folder.parent)
                self._new_names = False
            if self._data is not None:
                os.fdatasync(self._data.fd)
            for track in self._tracks.values():
                os.fdatasync(track.fd)
            os.fdatasync(self._journal.fd)
        except OSError as error:
            raise _failed(error) from error

    def check_room(self, room: Room) -> None:
        """Raise StoreFailed when what is left of the disk belongs to others."""
        try:
            left = free_bytes(self._folder)
        except OSError as error:
            raise _failed(error) from error
        if left < room.kept_free:
            raise StoreFailed(f"cannot write the recording: {SAYINGS[errno.ENOSPC]}")

    def give_back_reserve(self) -> None:
        """Free the bytes kept for a last word in the journal."""
        (self._folder / RESERVE_NAME).unlink(missing_ok=True)

    def close(self) -> None:
        """Close all files and let go of the lock; safe twice."""
        self.give_back_reserve()
        for file in (*self._tracks.values(), self._journal, self._data):
            if file is not None:
                file.close()

    def _keep_reserve(self) -> None:
        fd = os.open(self._folder / RESERVE_NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.posix_fallocate(fd, 0, RESERVE_BYTES)
        finally:
            os.close(fd)

    def _track(self, name: str) -> AppendFile:
        if name not in self._tracks:
            stored = self._index.tracks.get(name)
            self._tracks[name] = AppendFile(self._folder / TRACKS[name].file_name, self._write)
            self._tracks[name].cut(stored.stored if stored else 0)
            self._new_names = True
        return self._tracks[name]

    def _init_id(self, fragment: Fragment, track: AppendFile) -> int:
        name, init = fragment.track, fragment.init
        if self._inits.get(name) == init:
            return self._init_ids[name]
        stored = self._index.tracks.get(name)
        newest = stored.inits[-1] if stored and stored.inits else None
        if name in self._init_ids or newest is None or not self._holds(track, newest, init):
            newest = InitWritten(
                track=name,
                id=self._init_ids.get(name, newest.id if newest else -1) + 1,
                offset=track.append(init.segment),
                size=len(init.segment),
                codec=init.codec,
                width=init.width,
                height=init.height,
            )
            self._journal.append(line_of(newest))
        self._inits[name], self._init_ids[name] = init, newest.id
        return newest.id

    @staticmethod
    def _holds(track: AppendFile, newest: InitWritten, init: Init) -> bool:
        return os.pread(track.fd, newest.size, newest.offset) == init.segment


def note_alone(folder: Path, record: Record) -> None:
    """Add an event to a recording that nobody writes, wherever its tracks are.

    Raises StoreFailed, BrokenRecording, or Refused when somebody writes it.
    """
    index = read_index(folder)
    try:
        journal = AppendFile(folder / JOURNAL_NAME, os.write)
        try:
            lock.take(journal.fd)
            journal.cut(index.position)
            journal.append(line_of(record))
            os.fdatasync(journal.fd)
        finally:
            journal.close()
    except OSError as error:
        raise _failed(error) from error
