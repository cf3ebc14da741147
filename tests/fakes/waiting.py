"""Waiting for the effect of another task, thread or process without guessing how long it takes."""

import asyncio
import threading
from collections.abc import Callable

DEADLINE_S = 30.0
"""Patience for a slow and busy machine: who waits so long has found a fault, whatever its speed."""

_POLL_S = 0.005


async def until(
    condition: Callable[[], object],
    what: str | Callable[[], str] = "",
    limit_s: float = DEADLINE_S,
) -> None:
    """Return when `condition` gives something true; fails the test after `limit_s` seconds.

    `what` may be a function, which is asked when the time is up: how things stand then.
    """
    try:
        async with asyncio.timeout(limit_s):
            while not condition():
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        said = what() if callable(what) else what
        raise AssertionError(f"not within {limit_s:g} s: {said or condition}") from None


class Gate:
    """Holds threads that pass through it until it is opened; says how many wait."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.waiting = 0

    def open(self) -> None:
        """Let everybody through from now on."""
        self._open.set()

    def pass_through(self) -> None:
        """Wait until open; at most DEADLINE_S."""
        self.waiting += 1
        assert self._open.wait(DEADLINE_S)
        self.waiting -= 1
