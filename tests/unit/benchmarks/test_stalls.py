"""The reference thread's figures."""

import pytest

from benchmarks.stalls import Stall, StallWatch, measure_stalls, summary
from mcu_core.media.clock import NS_PER_MS, ManualClock


def test_figures_of_a_run() -> None:
    late_us = [100] * 98 + [6_000, 40_000]
    stalls = summary(late_us, ())
    assert (stalls.wakeups, stalls.over_5_ms, stalls.over_33_ms) == (100, 2, 1)
    assert (stalls.p50_ms, stalls.p99_ms, stalls.worst_ms) == (0.1, 40.0, 40.0)
    assert summary((), ()).worst_ms == 0


@pytest.mark.parametrize(
    ("time_ms", "seen"), [(900, False), (961, True), (1100, True), (1200, False)]
)
def test_a_late_tick_is_the_machines_when_both_were_late(time_ms: int, seen: bool) -> None:
    stalls = summary((), [Stall(1000 * NS_PER_MS, 80 * NS_PER_MS)])
    assert stalls.seen_at(time_ms * NS_PER_MS) is seen


def test_it_measures_and_ends_its_thread() -> None:
    stalls = measure_stalls(0.05)
    assert 1 <= stalls.wakeups <= 60
    assert 0 <= stalls.p50_ms <= stalls.p99_ms <= stalls.worst_ms


def test_a_stall_is_noted_with_its_moment() -> None:
    class Jumping(ManualClock):
        def now_ns(self) -> int:
            self.advance_ns(3 * NS_PER_MS)
            return super().now_ns()

    with StallWatch(Jumping()) as watch:
        while len(watch._noted) < 3:
            pass
    assert watch.result.worst_ms >= 5
    assert watch.result.seen_at(watch.result.noted[0].due_ns)
