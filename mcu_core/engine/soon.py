"""Work that many ask for and that is done once for all who asked within a few milliseconds."""

import asyncio
from collections.abc import Callable


class Soon:
    """Calls `work` on the event loop: at once (`now`), or `delay_s` after the first `soon`."""

    def __init__(self, delay_s: float, work: Callable[[], None]) -> None:
        self._delay_s = delay_s
        self._work = work
        self._waiting: asyncio.TimerHandle | None = None
        self._stopped = False

    def soon(self) -> None:
        """Have it done; what was asked for already is the same work."""
        if self._waiting is None and not self._stopped:
            self._waiting = asyncio.get_running_loop().call_later(self._delay_s, self.now)

    def now(self) -> None:
        """Do it now, for all who asked."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if not self._stopped:
            self._work()

    def stop(self) -> None:
        """Do no more."""
        self._stopped = True
        self.now()
