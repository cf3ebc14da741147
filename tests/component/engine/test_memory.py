"""An engine's threads share a few pools of memory, and large pieces go back to the system."""

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


def pools(how: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", TRIAL, how], capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout.count("<heap nr=")


def test_threads_share_a_few_pools() -> None:
    assert pools("told") <= ARENAS
    assert pools("not told") > ARENAS, "the trial shows nothing"
