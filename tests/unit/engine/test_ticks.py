"""The ticker: absolute deadlines, counted lateness; its thread: who is due first, and who stops."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mcu_core.engine.tick_thread import TickThread
from mcu_core.engine.ticks import Ticker
from mcu_core.media.clock import ManualClock, MonotonicClock
from mcu_core.media.priority import Niceness

PERIOD_NS = 2_000_000
LIMIT_S = 10.0


def never(error: Exception) -> None:
    raise AssertionError(error)


def by_hand(clock: ManualClock, work: Callable[[int], None], **more: int) -> Ticker:
    """A ticker whose thread never starts."""
    thread = TickThread("test", clock, Niceness.PICTURES)
    return Ticker("test", clock, thread, PERIOD_NS, work, never, **more)


@contextmanager
def running() -> Iterator[TickThread]:
    thread = TickThread("test", MonotonicClock(), Niceness.PICTURES)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()
        thread.stop()  # safe twice
    assert not any(other.name == "test" for other in threading.enumerate())


# ---------------------------------------------------------------- deadlines


def test_deadlines_are_absolute() -> None:
    clock = ManualClock()
    ticker = by_hand(clock, lambda deadline_ns: clock.advance_ns(PERIOD_NS // 4))
    deadline_ns: int | None = PERIOD_NS
    for number in range(1, 20):
        assert deadline_ns == number * PERIOD_NS
        clock.advance_ns(max(0, deadline_ns - clock.now_ns()))
        deadline_ns = ticker.tick(deadline_ns)
    assert (ticker.ticks, ticker.late, ticker.behind, ticker.skipped) == (19, 0, 0, 0)


@pytest.mark.parametrize(
    ("late_ns", "behind", "late"),
    [(PERIOD_NS // 2, 0, 0), (PERIOD_NS // 2 + 1, 1, 0), (PERIOD_NS + 1, 1, 1)],
)
def test_lateness_is_counted(late_ns: int, behind: int, late: int) -> None:
    clock = ManualClock(late_ns)
    ticker = by_hand(clock, lambda deadline_ns: None)
    ticker.tick(0)
    assert (ticker.behind, ticker.late) == (behind, late)


@pytest.mark.parametrize(("skip_after", "following", "skipped"), [(2, 11, 10), (10, 1, 0)])
def test_a_long_stall_is_skipped_or_caught_up(
    skip_after: int, following: int, skipped: int
) -> None:
    clock = ManualClock()
    ticker = by_hand(
        clock, lambda deadline_ns: clock.advance_ns(10 * PERIOD_NS), skip_after=skip_after
    )
    assert ticker.tick(0) == following * PERIOD_NS
    assert ticker.skipped == skipped


# ---------------------------------------------------------------- the thread


def test_several_are_called_at_their_deadlines_whoever_is_due_first() -> None:
    calls: list[tuple[str, int]] = []
    enough = threading.Event()

    def work(name: str) -> Callable[[int], None]:
        def note(deadline_ns: int) -> None:
            calls.append((name, deadline_ns))
            if len(calls) >= 60:
                enough.set()

        return note

    with running() as thread:
        tickers = [
            Ticker(name, MonotonicClock(), thread, period, work(name), never, skip_after=10_000)
            for name, period in (("quick", PERIOD_NS), ("slow", 3 * PERIOD_NS))
        ]
        for ticker in tickers:
            ticker.start()
        assert enough.wait(LIMIT_S)
        for ticker in tickers:
            ticker.stop()
        assert thread.count == 0
        count = len(calls)
    assert len(calls) == count
    for name, period in (("quick", PERIOD_NS), ("slow", 3 * PERIOD_NS)):
        own = [deadline for caller, deadline in calls if caller == name]
        assert own == list(range(own[0], own[-1] + 1, period))
    both = [deadline for _, deadline in calls[2:]]
    assert both == sorted(both)


def test_who_stops_waits_for_the_tick_that_is_being_done() -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended: list[int] = []

    def work(deadline_ns: int) -> None:
        begun.set()
        assert go_on.wait(LIMIT_S)
        ended.append(deadline_ns)

    with running() as thread:
        ticker = Ticker("one", MonotonicClock(), thread, PERIOD_NS, work, never)
        ticker.start()
        assert begun.wait(LIMIT_S)
        threading.Timer(0.01, go_on.set).start()
        ticker.stop()
        assert len(ended) == 1
        ticker.stop()  # safe twice


def test_one_that_raises_is_reported_and_called_no_more_others_are() -> None:
    reported: list[Exception] = []
    enough = threading.Event()
    ticks: list[int] = []

    def broken(deadline_ns: int) -> None:
        raise RuntimeError("broken")

    def sound(deadline_ns: int) -> None:
        ticks.append(deadline_ns)
        if len(ticks) == 20:
            enough.set()

    with running() as thread:
        one = Ticker("one", MonotonicClock(), thread, PERIOD_NS, broken, reported.append)
        other = Ticker("other", MonotonicClock(), thread, PERIOD_NS, sound, never)
        one.start()
        other.start()
        assert enough.wait(LIMIT_S)
        one.stop()
        other.stop()
    assert [str(error) for error in reported] == ["broken"]


def test_stop_before_start_is_no_error() -> None:
    by_hand(ManualClock(), lambda deadline_ns: None).stop()
    TickThread("test", ManualClock(), Niceness.SOUND).stop()


def test_a_stopped_ticker_starts_again() -> None:
    came = threading.Semaphore(0)
    with running() as thread:
        ticker = Ticker(
            "one", MonotonicClock(), thread, PERIOD_NS, lambda deadline_ns: came.release(), never
        )
        for _ in range(3):
            ticker.start()
            assert came.acquire(timeout=LIMIT_S)
            ticker.stop()
