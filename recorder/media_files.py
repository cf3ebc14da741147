"""The bytes of a recording's tracks, wherever they lie: on a disk, or moved to an archive.

What is moved leaves the file `moved` in its place. An archive is any object storage that obstore
knows, such as s3://bucket/prefix; keys and endpoint come from the environment (AWS_*).
"""

import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from recorder.errors import UNREADABLE, BrokenRecording, StoreFailed

MOVED_NAME = "moved"
AHEAD_BYTES = 2 * 1024 * 1024
"""Readers go on where they were: an archive is asked for this much at once."""

PATIENCE = timedelta(seconds=20)


class Moved(msgspec.Struct, frozen=True):
    """The tracks of recording `name` are objects below `url`, with their sizes in bytes."""

    url: str
    name: str
    sizes: dict[str, int]

    def key(self, file_name: str) -> str:
        """The object of a track."""
        return f"{self.name}/{file_name}"


class MediaFile(Protocol):
    """A file of a track, open for reading; it may grow, unless it was moved.

    `descriptor` is that of a file on a disk of this machine, None for what lies in an archive.
    """

    @property
    def descriptor(self) -> int | None:
        """For what the kernel alone shall do."""

    @property
    def size(self) -> int:
        """How large it is now."""

    def pread(self, size: int, offset: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer at its end. Raises OSError."""

    def close(self) -> None:
        """No more; safe twice."""


def read_moved(folder: Path) -> Moved | None:
    """Where the tracks of the recording in that folder are; None: in the folder."""
    try:
        return msgspec.json.decode((folder / MOVED_NAME).read_bytes(), type=Moved)
    except (OSError, *UNREADABLE):
        return None


def media_size(path: Path) -> int | None:
    """The size of a track's file, None where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        moved = read_moved(path.parent)
        return moved.sizes.get(path.name) if moved is not None else None


def open_media(path: Path) -> MediaFile:
    """Open a track's file; raises OSError where there is none."""
    try:
        return _OnDisk(path)
    except FileNotFoundError:
        moved = read_moved(path.parent)
        if moved is None or path.name not in moved.sizes:
            raise
    return _InArchive(moved, path.name)


@lru_cache(maxsize=8)
def archive(url: str) -> ObjectStore:
    """The storage behind a URL; raises StoreFailed for one that cannot be understood."""
    try:
        return from_url(
            url,
            retry_config={"max_retries": 3, "retry_timeout": PATIENCE},
            client_options={"timeout": PATIENCE, "allow_http": True},
        )
    except (BaseError, ValueError) as error:
        raise StoreFailed(f"the archive cannot be used: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What is wrong, without the report that storage libraries append."""
    return str(error).partition("\n")[0][:200]


class _OnDisk:
    def __init__(self, path: Path) -> None:
        self._fd = -1
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @property
    def descriptor(self) -> int | None:
        return self._fd

    @property
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def pread(self, size: int, offset: int) -> bytes:
        return os.pread(self._fd, size, offset)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()  # an answer that nobody wants any more is dropped before it begins


class _InArchive:
    def __init__(self, moved: Moved, file_name: str) -> None:
        self._moved = moved
        self._file_name = file_name
        self._at = 0
        self._held = b""

    @property
    def descriptor(self) -> int | None:
        return None

    @property
    def size(self) -> int:
        return self._moved.sizes[self._file_name]

    def pread(self, size: int, offset: int) -> bytes:
        end = min(offset + size, self.size)
        if offset >= end:
            return b""
        if not self._at <= offset <= end <= self._at + len(self._held):
            self._held = self._fetch(offset, min(self.size, max(end, offset + AHEAD_BYTES)))
            self._at = offset
        return self._held[offset - self._at : end - self._at]

    def _fetch(self, start: int, end: int) -> bytes:
        key = self._moved.key(self._file_name)
        try:
            return bytes(obstore.get_range(archive(self._moved.url), key, start=start, end=end))
        except (BaseError, StoreFailed) as error:
            raise BrokenRecording(f"the archive does not answer: {first_line(error)}") from error

    def close(self) -> None:
        self._held = b""
