"""Codec work on a few threads: each stream in its own order, none starved, none left behind."""

import threading
from collections import deque

from mcu_core.media.workers import Lane, Workers
from tests.fakes.waiting import DEADLINE_S


class Stream:
    """Items to be taken in order; notes by which order, and whether two steps ever met."""

    def __init__(self, workers: Workers | None) -> None:
        self.items: deque[int] = deque()
        self.taken: list[int] = []
        self.met = False
        self.done = threading.Event()
        self._inside = threading.Lock()
        self.lane = Lane(self._step, workers, "test")

    def push(self, item: int) -> None:
        self.items.append(item)
        self.lane.poke()

    def _step(self) -> bool:
        if not self._inside.acquire(blocking=False):
            self.met = True
            return False
        try:
            if self.items:
                self.taken.append(self.items.popleft())
                if self.taken[-1] < 0:
                    self.done.set()
            return bool(self.items)
        finally:
            self._inside.release()


def test_each_stream_keeps_its_order_and_none_waits_for_ever() -> None:
    workers = Workers(2)
    streams = [Stream(workers) for _ in range(20)]
    workers.start()
    for item in [*range(200), -1]:
        for stream in streams:
            stream.push(item)
    for stream in streams:
        assert stream.done.wait(DEADLINE_S)
        stream.lane.close()
    workers.stop()
    assert all(stream.taken == [*range(200), -1] for stream in streams)
    assert not any(stream.met for stream in streams)


def test_a_step_that_breaks_ends_neither_its_stream_nor_the_others() -> None:
    workers, seen = Workers(1), threading.Event()
    calls = []

    def step() -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        seen.set()
        return False

    lane, other = Lane(step, workers, "broken"), Stream(workers)
    workers.start()
    lane.poke()
    other.push(-1)
    assert other.done.wait(DEADLINE_S)
    lane.poke()
    assert seen.wait(DEADLINE_S)
    lane.close()
    other.lane.close()
    workers.stop()


def test_closing_waits_for_the_step_that_runs_and_does_no_other() -> None:
    entered, leave = threading.Event(), threading.Event()
    steps = []

    def step() -> bool:
        steps.append(1)
        entered.set()
        assert leave.wait(DEADLINE_S)
        return True

    workers = Workers(1)
    lane = Lane(step, workers, "slow")
    workers.start()
    lane.poke()
    assert entered.wait(DEADLINE_S)
    closing = threading.Thread(target=lane.close)
    closing.start()
    assert closing.is_alive()
    leave.set()
    closing.join(DEADLINE_S)
    assert not closing.is_alive()
    lane.poke()
    workers.stop()
    assert len(steps) == 1


def test_a_lane_of_its_own_may_end_before_it_began() -> None:
    stream = Stream(None)
    stream.push(1)
    stream.lane.close()
    assert stream.taken == []
    other = Stream(None)
    other.push(-1)
    other.lane.start()
    assert other.done.wait(DEADLINE_S)
    other.lane.close()
    other.lane.close()
