"""A clock that is moved: acts that are done again and again, and what is on its way meanwhile."""

import heapq
from collections.abc import Callable
from itertools import count

from mcu_core.media.clock import NS_PER_SECOND, ManualClock

Act = Callable[[], object]


class MovedTime:
    """`due`: when each act is done next. What arrives at such a moment arrives before it."""

    def __init__(self, begin_ns: int) -> None:
        self.clock = ManualClock(begin_ns)
        self.due: dict[Act, int] = {}
        self._on_its_way: list[tuple[int, int, Act]] = []
        self._numbers = count()

    def arrives(self, at_ns: int, arrive: Act) -> None:
        """Do that once, then."""
        heapq.heappush(self._on_its_way, (at_ns, next(self._numbers), arrive))

    def run(self, seconds: float, every: Callable[[Act], int]) -> int:
        """Let that much time go by; the moment at which it began. `every`: after how many ns an act
        is done again."""
        begin_ns = self.clock.now_ns()
        end_ns = begin_ns + int(seconds * NS_PER_SECOND)
        while True:
            act = min(self.due, key=lambda one: self.due[one])
            due_ns = self.due[act]
            if self._on_its_way and self._on_its_way[0][0] <= min(due_ns, end_ns):
                at_ns, _, arrive = heapq.heappop(self._on_its_way)
                self._go_to(at_ns)
                arrive()
                continue
            if due_ns > end_ns:
                break
            self._go_to(due_ns)
            self.due[act] = due_ns + every(act)
            act()
        self._go_to(end_ns)
        return begin_ns

    def pause(self, by_ns: int) -> None:
        """Let time go by in which nothing is done."""
        self.clock.advance_ns(by_ns)
        self.due = {act: due_ns + by_ns for act, due_ns in self.due.items()}

    def _go_to(self, at_ns: int) -> None:
        self.clock.advance_ns(max(0, at_ns - self.clock.now_ns()))
