"""Clocks: the only file that reads one.

Everything that moves media is stamped in nanoseconds of the monotonic clock, which on Linux is one
clock for all processes of a machine: a recorder's stamps and an engine's stamps compare, also
after one of them was restarted. The wall clock is for people and files.
"""

import time
from datetime import UTC, datetime
from typing import Protocol

NS_PER_SECOND = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """A monotonic clock in nanoseconds."""

    def now_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back."""


class MonotonicClock:
    """The machine's monotonic clock."""

    def now_ns(self) -> int:
        return time.monotonic_ns()


class ManualClock:
    """A clock that tests move by hand."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def advance_ns(self, delta_ns: int) -> None:
        if delta_ns < 0:
            raise ValueError("a monotonic clock does not go back")
        self._now_ns += delta_ns


def wall_time() -> datetime:
    """The time of day, with its zone, for people and files; never for media."""
    return datetime.now(UTC)


def wall_time_s() -> float:
    """Unix time in seconds: NTP stamps in sender reports and expiry of tokens."""
    return time.time()


_BEGAN_NS = time.time_ns() - time.monotonic_ns()


def time_of_day_ns(now_ns: int) -> int:
    """Unix time of a moment of the monotonic clock, as the two stood when this process began.

    For stamps that are compared with each other, as those of sender reports are: it does not jump
    when somebody sets the clock of the machine.
    """
    return now_ns + _BEGAN_NS


def cpu_time_s() -> float:
    """CPU seconds that this process has used, all threads: what a benchmark compares."""
    return time.process_time()


def thread_cpu_time_s() -> float:
    """CPU seconds that the calling thread has used."""
    return time.thread_time()
