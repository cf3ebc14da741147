"""Alarms come after a while, go after a while, and do not flutter in between."""

from pathlib import Path

import pytest

from control_api.services.machine import Machine
from control_api.services.thresholds import NS_PER_S, Levels, Threshold

CPU = ("cpu", "")
GONE = ("engine", "engine-0")
THRESHOLDS = {"cpu": Threshold(0.9, 0.8, 10.0), "engine": Threshold(1.0, 0.0, 0.0)}


def test_a_peak_is_no_alarm_and_a_dip_does_not_end_one() -> None:
    levels = Levels(THRESHOLDS)
    told = []
    for second, value in enumerate(
        [0.95] * 9 + [0.5] + [0.95] * 12 + [0.85] * 20 + [0.79] * 9 + [0.85] + [0.79] * 12
    ):
        raised, over = levels.look({CPU: value}, second * NS_PER_S)
        told += [(second, "raised")] * len(raised) + [(second, "over")] * len(over)
    assert told == [(20, "raised"), (62, "over")]


def test_what_is_gone_is_told_at_once_and_what_nobody_measures_is_over() -> None:
    levels = Levels(THRESHOLDS)
    assert levels.look({GONE: 1.0, CPU: 0.95}, 0) == ([GONE], [])
    assert levels.on == {GONE}
    assert levels.look({}, 5 * NS_PER_S) == ([], [GONE])
    assert levels.look({CPU: 0.95}, 20 * NS_PER_S) == ([], []), "its ten seconds began anew"


def test_the_machine_is_as_full_as_the_kernel_tells(tmp_path: Path) -> None:
    stat, memory = tmp_path / "stat", tmp_path / "meminfo"
    memory.write_text("MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 250 kB\n\n")
    machine = Machine(tmp_path, stat, memory)
    stat.write_text("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4\n")
    assert machine.look().cpu == 0.0, "nothing to compare with yet"
    stat.write_text("cpu  160 0 100 720 120 0 0 0 60 0\ncpu0 1 2 3 4\n")
    full = machine.look()
    assert (full.cpu, full.memory) == (0.6, 0.75)
    assert 0.0 < full.disk < 1.0
    stat.write_text("nonsense")
    with pytest.raises((ValueError, IndexError)):
        machine.look()
