"""Ends a long bench early and orderly: it tells what it has, and leaves no process behind."""

import asyncio
import ctypes
import signal

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def ending() -> asyncio.Event:
    """Set by SIGINT and SIGTERM, from now on and for as long as the loop runs."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended


async def until(ended: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until it is to end; whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return False
    return True


async def start(*words: str, stdout: int | None = None) -> asyncio.subprocess.Process:
    """A process that hears nothing of signals to the bench's group, and goes when the bench goes.

    So an orderly end can still ask it.
    """
    return await asyncio.create_subprocess_exec(
        *words, stdout=stdout, process_group=0, preexec_fn=_go_with_parent
    )


def _go_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
