"""Which threads the kernel should prefer when the machine is full: sound first.

A thread hands its niceness to those that it starts, so each kind asks for its own. All of them
go before ordinary processes: whoever holds the interpreter's lock and is put aside holds up
the sound with it.
"""

import os
import threading
from enum import IntEnum

import structlog

log = structlog.get_logger()


class Niceness(IntEnum):
    """Linux niceness per thread (setpriority(2)); lower is served first.

    Negative values need CAP_SYS_NICE (root, or the unit file's AmbientCapabilities); without it
    all threads stay equal, and only a full machine is heard sooner.
    """

    SOUND = -15
    PACKETS = -12
    """The event loop: what it sends late is heard late, whoever mixed it in time."""
    PICTURES = -8
    CODECS = -4


def prefer(niceness: Niceness) -> bool:
    """Give the calling thread this niceness; False where that is not allowed."""
    try:
        # On Linux a thread's id stands for that thread alone, not for its process.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
    except PermissionError:
        log.debug("threads are not preferred: CAP_SYS_NICE is missing", wanted=int(niceness))
        return False
    return True
