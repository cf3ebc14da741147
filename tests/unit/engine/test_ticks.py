"""The ticker: absolute deadlines, counted lateness, an owner that stops it."""

import threading
from itertools import pairwise

from mcu_core.engine.ticks import Ticker
from mcu_core.media.clock import MonotonicClock

PERIOD_NS = 2_000_000
LIMIT_S = 10.0


def test_deadlines_are_absolute_and_stop_waits() -> None:
    deadlines: list[int] = []
    enough = threading.Event()

    def work(deadline_ns: int) -> None:
        deadlines.append(deadline_ns)
        if len(deadlines) == 20:
            enough.set()

    ticker = Ticker(
        "test", MonotonicClock(), PERIOD_NS, work, lambda error: None, skip_after=10_000
    )
    ticker.start()
    assert enough.wait(LIMIT_S)
    ticker.stop()
    count = len(deadlines)
    steps = {later - earlier for earlier, later in pairwise(deadlines)}
    assert steps == {PERIOD_NS}
    assert not any(thread.name == "test" for thread in threading.enumerate())
    assert len(deadlines) == count
    ticker.stop()  # safe twice


def test_a_long_stall_is_skipped_and_counted() -> None:
    clock = MonotonicClock()
    done = threading.Event()
    deadlines: list[int] = []

    def work(deadline_ns: int) -> None:
        deadlines.append(deadline_ns)
        if len(deadlines) == 1:
            until = clock.now_ns() + 10 * PERIOD_NS
            while clock.now_ns() < until:
                pass
        if len(deadlines) == 3:
            done.set()

    ticker = Ticker("test", clock, PERIOD_NS, work, lambda error: None)
    ticker.start()
    assert done.wait(LIMIT_S)
    ticker.stop()
    assert ticker.skipped >= 8
    assert (deadlines[1] - deadlines[0]) % PERIOD_NS == 0


def test_a_tick_that_raises_ends_the_ticker_and_is_reported() -> None:
    reported: list[Exception] = []
    told = threading.Event()

    def failed(error: Exception) -> None:
        reported.append(error)
        told.set()

    def work(deadline_ns: int) -> None:
        raise RuntimeError("broken")

    ticker = Ticker("test", MonotonicClock(), PERIOD_NS, work, failed)
    ticker.start()
    assert told.wait(LIMIT_S)
    ticker.stop()
    assert [str(error) for error in reported] == ["broken"]


def test_stop_before_start_is_no_error() -> None:
    Ticker("test", MonotonicClock(), PERIOD_NS, lambda at: None, lambda error: None).stop()
