"""A thread's niceness is its own."""

import os
import threading

from mcu_core.media.priority import Niceness, prefer


def test_only_the_calling_thread_is_preferred() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    seen: list[tuple[bool, int]] = []

    def work() -> None:
        allowed = prefer(Niceness.SOUND)
        seen.append((allowed, os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    allowed, niceness = seen[0]
    assert niceness == (Niceness.SOUND if allowed else before)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
