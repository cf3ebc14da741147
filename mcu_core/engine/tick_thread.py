"""A thread that runs the ticks of many conferences, each at its own deadlines.

A thread per conference was measured first: twenty of them woke a thousand times a second, and each
wake-up waited for the interpreter's lock. With few threads the same ten conferences get a third
more pictures; what limits them still is that lock (benchmarks/README.md).
"""

import heapq
import threading
from typing import Protocol

from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.priority import Niceness, prefer


class Ticking(Protocol):
    """What has deadlines."""

    def tick(self, deadline_ns: int) -> int | None:
        """Do what is due; the next deadline, or None to be called no more. Never raises."""


class TickThread:
    """Calls whose deadline comes first, first; `start` and `stop` belong to the owner.

    Ticks that are due at once are run one after another, in the order of their deadlines: one that
    takes long makes the others late by as much, and no later.
    """

    def __init__(self, name: str, clock: Clock, niceness: Niceness) -> None:
        self._clock = clock
        self._niceness = niceness
        self._changed = threading.Condition()
        self._next_ns: dict[Ticking, int] = {}
        """The deadline of each that is called; who is taken out is called no more."""
        self._line: list[tuple[int, int, Ticking]] = []
        self._joined = 0
        self._running: Ticking | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=False)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; blocks up to one tick. Safe twice, and before start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def count(self) -> int:
        """How many it calls."""
        return len(self._next_ns)

    def add(self, ticking: Ticking, deadline_ns: int) -> None:
        """Call it from this deadline on."""
        with self._changed:
            self._next_ns[ticking] = deadline_ns
            self._line_up(ticking, deadline_ns)
            self._changed.notify_all()

    def remove(self, ticking: Ticking) -> None:
        """Call it no more, and wait for the tick that it is doing; safe twice, and before `add`."""
        with self._changed:
            self._next_ns.pop(ticking, None)
            if self._thread is not threading.current_thread():
                self._changed.wait_for(lambda: self._running is not ticking)

    def _line_up(self, ticking: Ticking, deadline_ns: int) -> None:
        self._joined += 1
        heapq.heappush(self._line, (deadline_ns, self._joined, ticking))

    def _run(self) -> None:
        prefer(self._niceness)
        while True:
            with self._changed:
                due = self._wait()
                if due is None:
                    return
                deadline_ns, ticking = due
                self._running = ticking
            next_ns = ticking.tick(deadline_ns)
            with self._changed:
                self._running = None
                if self._next_ns.get(ticking) == deadline_ns:
                    self._go_on(ticking, next_ns)
                self._changed.notify_all()

    def _go_on(self, ticking: Ticking, next_ns: int | None) -> None:
        if next_ns is None:
            del self._next_ns[ticking]
            return
        self._next_ns[ticking] = next_ns
        self._line_up(ticking, next_ns)

    def _wait(self) -> tuple[int, Ticking] | None:
        """Whose turn it is, once its deadline has come; None when the thread is to end."""
        while not self._stopping:
            while self._line and self._next_ns.get(self._line[0][2]) != self._line[0][0]:
                heapq.heappop(self._line)  # it was taken out meanwhile
            if not self._line:
                self._changed.wait()
                continue
            deadline_ns, _, ticking = self._line[0]
            wait_ns = deadline_ns - self._clock.now_ns()
            if wait_ns <= 0:
                heapq.heappop(self._line)
                return deadline_ns, ticking
            self._changed.wait(wait_ns / NS_PER_SECOND)
        return None
