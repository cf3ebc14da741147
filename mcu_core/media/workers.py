"""A few threads that do the codec work of many streams, each stream's in its own order.

As many threads as cores, not one per stream: what is ready to run beyond that is put aside by the
kernel, and a thread that is put aside while it holds the interpreter's lock holds up all others,
the sound's among them.
"""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import cast

import structlog

from mcu_core.media.priority import Niceness, prefer

log = structlog.get_logger()

FEWEST = 2


def cores() -> int:
    """How many threads can run at once here, at least FEWEST."""
    return max(FEWEST, len(os.sched_getaffinity(0)))


class Workers:
    """`count` threads; `start` and `stop` belong to the owner. Lanes must be closed before `stop`.

    Every lane waits in line at most once, so the line is as long as there are streams.
    """

    def __init__(self, count: int | None = None, name: str = "codec") -> None:
        self._line: SimpleQueue[Lane | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name} {k}") for k in range(count or cores())
        ]
        self._started = False

    def start(self) -> None:
        """Start the threads; safe twice."""
        if not self._started:
            self._started = True
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """End the threads and wait for them; blocks up to one step. Safe twice, before start."""
        if self._started:
            for _ in self._threads:
                self._line.put(None)
            for thread in self._threads:
                thread.join()
            self._threads = []
            self._started = False

    @property
    def running(self) -> bool:
        """Between `start` and `stop`."""
        return self._started

    def line_up(self, lane: "Lane") -> None:
        """Let a lane do a step as soon as a thread is free."""
        self._line.put(lane)

    def _work(self) -> None:
        prefer(Niceness.CODECS)
        while True:
            lane = self._line.get()
            if lane is None:
                return
            lane.work()


class Lane:
    """The work of one stream: one step at a time, on whichever thread of `workers` is free.

    `step` returns whether there is more to do. Without `workers` the lane has one of its own, which
    its `start` and `close` start and stop.
    """

    def __init__(self, step: Callable[[], bool], workers: Workers | None, name: str) -> None:
        self._step = step
        self._own = Workers(1, name) if workers is None else None
        self._workers = self._own or cast("Workers", workers)
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._poked = False
        self._closed = False

    def start(self) -> None:
        """Begin to work, where the worker is its own."""
        if self._own is not None:
            self._own.start()

    @property
    def idle(self) -> bool:
        """Whether all that it was poked for has been done."""
        return self._idle.is_set()

    def poke(self) -> None:
        """There is something to do; any thread, never waits."""
        with self._lock:
            self._poked = True
            if self._closed or not self._idle.is_set():
                return
            self._idle.clear()
        self._workers.line_up(self)

    def close(self) -> None:
        """Do no more, and wait for the step that is being done. Safe twice, and before start."""
        with self._lock:
            self._closed = True
        if self._workers.running:
            self._idle.wait()
        if self._own is not None:
            self._own.stop()

    def work(self) -> None:
        """One step; called by a worker."""
        with self._lock:
            self._poked = False
            done = self._closed
        if not done:
            done = not self._safely()
        with self._lock:
            again = not self._closed and (self._poked or not done)
            if not again:
                self._idle.set()
        if again:
            self._workers.line_up(self)

    def _safely(self) -> bool:
        try:
            return self._step()
        except Exception:  # outermost loop of its owner: one broken stream must not end the others
            log.exception("a step of codec work failed")
            return False
