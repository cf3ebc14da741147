"""What the machine itself does to a thread that only wants to wake up in time.

A tick that comes late because the host took the core away is not the engine's doing. This thread
sleeps to a deadline each millisecond and notes how late it woke; a late tick with a stall of that
thread at the same moment is the machine's, one without is ours.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, MonotonicClock

PERIOD_NS = NS_PER_MS
NOTED_NS = 5 * NS_PER_MS
"""Wake-ups later than this are kept with their moment."""

MOST_NOTED = 100_000


@dataclass(frozen=True, slots=True)
class Stall:
    """One late wake-up: due at `due_ns` of the monotonic clock, `late_ns` late."""

    due_ns: int
    late_ns: int


@dataclass(frozen=True, slots=True)
class Stalls:
    """How late a thread with nothing to do woke up. Percentiles are of single wake-ups."""

    wakeups: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    over_5_ms: int
    over_33_ms: int
    noted: tuple[Stall, ...]

    def seen_at(self, time_ns: int, within_ns: int = 40 * NS_PER_MS) -> bool:
        """Whether the machine stalled about that moment."""
        return any(
            stall.due_ns - within_ns <= time_ns <= stall.due_ns + stall.late_ns + within_ns
            for stall in self.noted
        )


class StallWatch:
    """Measures while it is entered; `result` is there afterwards. The thread is owned here."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or MonotonicClock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stall watch")
        self._late_us: list[int] = []
        self._noted: list[Stall] = []
        self.result: Stalls = summary((), ())

    def __enter__(self) -> "StallWatch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._thread.join()
        self.result = summary(self._late_us, self._noted)

    def _run(self) -> None:
        due_ns = self._clock.now_ns() + PERIOD_NS
        while not self._stopping.wait(max(0, due_ns - self._clock.now_ns()) / NS_PER_SECOND):
            late_ns = self._clock.now_ns() - due_ns
            self._late_us.append(late_ns // 1000)
            if late_ns > NOTED_NS and len(self._noted) < MOST_NOTED:
                self._noted.append(Stall(due_ns, late_ns))
            due_ns = max(due_ns + PERIOD_NS, self._clock.now_ns())


def summary(late_us: Sequence[int], noted: Sequence[Stall]) -> Stalls:
    """The figures of a run; all zero for an empty one."""
    ordered = sorted(late_us) or [0]
    return Stalls(
        wakeups=len(late_us),
        p50_ms=ordered[len(ordered) // 2] / 1000,
        p99_ms=ordered[len(ordered) * 99 // 100] / 1000,
        worst_ms=ordered[-1] / 1000,
        over_5_ms=sum(value > 5_000 for value in ordered),
        over_33_ms=sum(value > 33_000 for value in ordered),
        noted=tuple(noted),
    )


def measure_stalls(seconds: float) -> Stalls:
    """Watch for that long and say what was seen; blocks."""
    with StallWatch() as watch:
        threading.Event().wait(seconds)
    return watch.result
