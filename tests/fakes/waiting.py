"""Waiting for the effect of another task, thread or process without guessing how long it takes."""

import asyncio
import threading
from collections.abc import Callable

DEADLINE_S = 10.0
_POLL_S = 0.005


async def until(
    condition: Callable[[], object], what: str = "", limit_s: float = DEADLINE_S
) -> None:
    """Return when `condition` gives something true; fails the test after `limit_s` seconds."""
    try:
        async with asyncio.timeout(limit_s):
            while not condition():
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise AssertionError(f"not within {limit_s:g} s: {what or condition}") from None


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
