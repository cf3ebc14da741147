"""A thread that runs a function at absolute deadlines and says how late it was."""

import threading
from collections.abc import Callable

import structlog

from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.priority import Niceness, prefer

log = structlog.get_logger()


class Ticker:
    """Calls `work(deadline_ns)` each `period_ns` in a thread of its own; owner stops and joins it.

    The deadlines are absolute, so that lateness does not add up. After a stall of more than
    `skip_after` periods the missed ticks are skipped, and counted: pictures of the past help
    nobody, whereas sound (a large `skip_after`) catches up. A tick that raises ends the ticker
    and calls `failed`: half-broken is worse than restarted.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        period_ns: int,
        work: Callable[[int], None],
        failed: Callable[[Exception], None],
        skip_after: int = 2,
        niceness: Niceness = Niceness.PICTURES,
    ) -> None:
        self._clock = clock
        self._period_ns = period_ns
        self._work = work
        self._failed = failed
        self._skip_after = skip_after
        self._niceness = niceness
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=False)
        self.ticks = 0
        self.late = 0
        """Ticks that began more than one period after their deadline."""
        self.behind = 0
        """Ticks that began more than half a period after it."""
        self.skipped = 0

    def start(self) -> None:
        """Start the thread; the first deadline is one period from now."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; blocks up to one tick. Safe twice, and before start."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def period_ns(self) -> int:
        """From one deadline to the next."""
        return self._period_ns

    def set_period(self, period_ns: int) -> None:
        """Change the period from the next tick on."""
        self._period_ns = period_ns

    def _run(self) -> None:
        prefer(self._niceness)
        deadline = self._clock.now_ns() + self._period_ns
        while not self._stopping.is_set():
            wait_ns = deadline - self._clock.now_ns()
            if wait_ns > 0:
                if self._stopping.wait(wait_ns / NS_PER_SECOND):
                    return
            else:
                self.behind += -2 * wait_ns > self._period_ns
                self.late += -wait_ns > self._period_ns
            try:
                self._work(deadline)
            except Exception as error:  # outermost loop of its owner: log once, report, end
                log.exception("tick failed", ticker=self._thread.name)
                self._failed(error)
                return
            self.ticks += 1
            deadline = self._next(deadline)

    def _next(self, deadline: int) -> int:
        behind = (self._clock.now_ns() - deadline) // self._period_ns
        if behind > self._skip_after:
            self.skipped += behind
            return deadline + (behind + 1) * self._period_ns
        return deadline + self._period_ns
