"""Who writes a recording: a lock on its journal that a reader can see and a dead process drops.

It belongs to the open file, not to the process (Linux open file description locks), so that the
kernel lets go of it when the writer dies, however it dies: whether a recording is being written
never depends on what somebody managed to write down about it.
"""

import fcntl
import os
import struct
from pathlib import Path

from mcu_core.errors import Refused

FLOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, pid


def take(fd: int) -> None:
    """Lock the whole file for writing; raises Refused when somebody else writes it."""
    request = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, request)
    except BlockingIOError as error:
        raise Refused("another recorder writes this recording") from error


def is_taken(path: Path) -> bool:
    """Whether somebody writes this file now; False when it cannot be opened."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        question = FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, question)
    finally:
        os.close(fd)
    kind: int = FLOCK.unpack(answer)[0]
    return kind != fcntl.F_UNLCK
