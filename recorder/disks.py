"""The disks of a store: its own folder, and those that the file `disks.txt` in it names."""

from pathlib import Path

import structlog

log = structlog.get_logger()

DISKS_NAME = "disks.txt"
MOST_DISKS = 64


class Disks:
    """Where recordings may lie; the file is read again when it changes."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._seen: tuple[int, int] | None = None
        self._named: tuple[Path, ...] = ()

    def roots(self) -> list[Path]:
        """The store's own folder first, then the named ones that are there now."""
        return [self._store, *(path for path in self._read() if path.is_dir())]

    def folder(self, recording: str) -> Path | None:
        """Where a recording lies; None: on no disk that is there."""
        return next(
            (root / recording for root in self.roots() if (root / recording).is_dir()), None
        )

    def _read(self) -> tuple[Path, ...]:
        """A line is an absolute path; empty ones and those with # say nothing."""
        try:
            now = (self._store / DISKS_NAME).stat()
            seen = now.st_mtime_ns, now.st_size
            if seen != self._seen:
                lines = (self._store / DISKS_NAME).read_text("utf-8").splitlines()[:MOST_DISKS]
                self._named = tuple(path for line in lines if (path := _path(line)) is not None)
                self._seen = seen
        except FileNotFoundError:
            self._seen, self._named = None, ()
        except (OSError, UnicodeDecodeError) as error:
            log.warning("disks.txt cannot be read: those known before are used", reason=str(error))
        return self._named


def _path(line: str) -> Path | None:
    text = line.strip()
    path = Path(text)
    return path if text and not text.startswith("#") and path.is_absolute() else None
