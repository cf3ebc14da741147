"""A function that is called at absolute deadlines, and how late it was."""

from collections.abc import Callable

import structlog

from mcu_core.engine.tick_thread import TickThread
from mcu_core.media.clock import Clock

log = structlog.get_logger()


class Ticker:
    """Has `work(deadline_ns)` called each `period_ns` by a thread; its owner starts and stops it.

    The deadlines are absolute, so that lateness does not add up. After a stall of more than
    `skip_after` periods the missed ticks are skipped, and counted: pictures of the past help
    nobody, whereas sound (a large `skip_after`) catches up. A tick that raises ends the ticker
    and calls `failed`: half-broken is worse than restarted.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        thread: TickThread,
        period_ns: int,
        work: Callable[[int], None],
        failed: Callable[[Exception], None],
        skip_after: int = 2,
    ) -> None:
        self._name = name
        self._clock = clock
        self._thread = thread
        self._period_ns = period_ns
        self._work = work
        self._failed = failed
        self._skip_after = skip_after
        self.ticks = 0
        self.late = 0
        """Ticks that began more than one period after their deadline."""
        self.behind = 0
        """Ticks that began more than half a period after it."""
        self.skipped = 0

    def start(self) -> None:
        """Be called from one period from now on."""
        self._thread.add(self, self._clock.now_ns() + self._period_ns)

    def stop(self) -> None:
        """Be called no more, and wait; blocks up to one tick. Safe twice, and before start."""
        self._thread.remove(self)

    @property
    def period_ns(self) -> int:
        """From one deadline to the next."""
        return self._period_ns

    def set_period(self, period_ns: int) -> None:
        """Change the period from the next tick on."""
        self._period_ns = period_ns

    def tick(self, deadline_ns: int) -> int | None:
        """Do the work of a deadline: the next one, or None where it failed."""
        late_ns = self._clock.now_ns() - deadline_ns
        self.behind += 2 * late_ns > self._period_ns
        self.late += late_ns > self._period_ns
        try:
            self._work(deadline_ns)
        except Exception as error:  # outermost loop of its owner: log once, report, end
            log.exception("tick failed", ticker=self._name)
            self._failed(error)
            return None
        self.ticks += 1
        return self._next(deadline_ns)

    def _next(self, deadline_ns: int) -> int:
        behind = (self._clock.now_ns() - deadline_ns) // self._period_ns
        if behind > self._skip_after:
            self.skipped += behind
            return deadline_ns + (behind + 1) * self._period_ns
        return deadline_ns + self._period_ns
