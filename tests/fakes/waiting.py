"""Waiting for another thread's effect without guessing how long it takes."""

import asyncio
import threading
from collections.abc import Callable

DEADLINE_S = 10.0
_POLL_S = 0.002


async def until(condition: Callable[[], bool], what: str = "the condition") -> None:
    """Return when `condition` holds; fails the test after ten seconds."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise AssertionError(f"{what} did not come within {DEADLINE_S:g} s") from None


class Gate:
    """Holds threads that pass through it until it is opened; says how many wait."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.waiting = 0

    def open(self) -> None:
        """Let everybody through from now on."""
        self._open.set()

    def pass_through(self) -> None:
        """Wait until open; at most ten seconds."""
        self.waiting += 1
        assert self._open.wait(DEADLINE_S)
        self.waiting -= 1
