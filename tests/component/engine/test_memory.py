"""An engine's threads share a few pools of memory, and large pieces go back to the system."""

import re
import subprocess
import sys

from mcu_core.media.memory import ARENAS

TRIAL = """
import ctypes, sys, threading
from mcu_core.media.memory import keep_little

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
if sys.argv[1] == "told":
    assert keep_little()
meet = threading.Barrier(8)

def work():
    meet.wait()
    assert libc.malloc(1000)
    meet.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""

PICTURES = """
import ctypes, sys
from mcu_core.media.memory import keep_little

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
if sys.argv[1] == "told":
    assert keep_little()
libc.free(libc.malloc(1280 * 720 * 3 // 2))  # glibc's limit is as much from now on
assert libc.malloc(352 * 288 * 3 // 2)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


def told_of(trial: str, how: str) -> str:
    """What malloc_info(3) says at a trial's end."""
    run = subprocess.run(
        [sys.executable, "-c", trial, how], capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout


def pools(how: str) -> int:
    return told_of(TRIAL, how).count("<heap nr=")


def mapped(how: str) -> int:
    found = re.search(r'<total type="mmap" count="(\d+)"', told_of(PICTURES, how))
    assert found is not None
    return int(found[1])


def test_threads_share_a_few_pools() -> None:
    assert pools("told") <= ARENAS
    assert pools("not told") > ARENAS, "the trial shows nothing"


def test_pictures_of_cif_and_more_leave_no_holes() -> None:
    assert mapped("told") > mapped("not told")
