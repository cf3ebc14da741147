"""A recorder on a disk that loses power, is slow, or refuses: its own code, with other calls below.

`python -m benchmarks.bad_disk NOTES ...` runs the recorder with the arguments that follow. What it
syncs is noted in the folder NOTES; what stands in its file `fault` is done to its writes: empty for
nothing, `slow SECONDS` a write, or the number of an error that each write gives.

`cut_power` then makes of the store what a disk may have kept: of each file at least what was
synced, of the rest as much as dice say, and no file whose folder was not synced since it was made.
"""

import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike
    from _typeshed import ReadableBuffer as Buffer

SYNCED, FAULT = "synced", "fault"


class BadDisk:
    """The calls of `os` that a recorder writes by, with notes and faults."""

    def __init__(self, notes: Path) -> None:
        self._fault = notes / FAULT
        self._fault.touch()
        self._log = os.open(notes / SYNCED, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._write, self._fsync, self._fdatasync = os.write, os.fsync, os.fdatasync

    def install(self) -> None:
        """Put these calls in the place of the machine's, before the recorder is imported."""
        os.write, os.fsync, os.fdatasync = self.write, self.fsync, self.fdatasync

    def write(self, fd: int, data: "Buffer") -> int:
        """As os.write, after what the fault says."""
        kind, _, value = self._fault.read_text().partition(" ")
        if kind == "slow":
            time.sleep(float(value))
        elif kind:
            raise OSError(int(kind), os.strerror(int(kind)))
        return self._write(fd, data)

    def fsync(self, fd: "FileDescriptorLike") -> None:
        """As os.fsync, noted."""
        self._fsync(fd)
        self._note(_number(fd))

    def fdatasync(self, fd: "FileDescriptorLike") -> None:
        """As os.fdatasync, noted."""
        self._fdatasync(fd)
        self._note(_number(fd))

    def _note(self, fd: int) -> None:
        path = Path(f"/proc/self/fd/{fd}").readlink()
        what = sorted(os.listdir(path)) if path.is_dir() else os.fstat(fd).st_size
        self._write(self._log, json.dumps([str(path), what]).encode() + b"\n")


def _number(fd: "FileDescriptorLike") -> int:
    return fd if isinstance(fd, int) else fd.fileno()


def put_fault(notes: Path, fault: str) -> None:
    """Let this happen to each write from now on."""
    (notes / FAULT).write_text(fault)


def cut_power(store: Path, notes: Path, dice: random.Random) -> None:
    """Leave of a store what its disk kept; nobody writes there any more."""
    sizes: dict[Path, int] = {}
    names: set[Path] = set()
    for line in (notes / SYNCED).read_text().splitlines():
        path, what = json.loads(line)
        if isinstance(what, int):
            sizes[Path(path)] = what
        else:
            names |= {Path(path) / name for name in what}
    for folder in [path for path in store.iterdir() if path.is_dir()]:
        if folder not in names:
            shutil.rmtree(folder)
            continue
        for file in folder.iterdir():
            size = file.stat().st_size
            kept = min(size, sizes.get(file, 0))
            if file not in names:
                file.unlink()
            else:
                os.truncate(file, dice.randint(kept, size))


def main(notes: Path, arguments: list[str]) -> None:
    """Run the recorder on the bad disk."""
    BadDisk(notes).install()
    from recorder.main import main as record

    record(arguments)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
