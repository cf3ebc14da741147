"""What benchmarks say is computed as it is meant to be, on figures made by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.figures import explained, lateness_ns
from benchmarks.report import Report, percentile
from benchmarks.stalls import Stall, summary
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_MS

FRAME_NS = 33_333_333


def test_percentiles() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([1], 0.99) == 1
    assert percentile([], 0.5) == 0


def test_lateness_is_against_a_steady_clock() -> None:
    steady = [5 * NS_PER_MS, *(k * FRAME_NS for k in range(1, 10))]
    assert max(lateness_ns(steady, FRAME_NS)) == 0
    steady[7] += 5 * NS_PER_MS
    assert lateness_ns(np.array(steady), FRAME_NS) == [0] * 7 + [5 * NS_PER_MS] + [0] * 2
    assert lateness_ns([], FRAME_NS) == []


def test_a_tick_left_out_counts_once() -> None:
    arrivals = [k * FRAME_NS for k in range(5)] + [(k + 3) * FRAME_NS for k in range(5, 10)]
    assert sum(by > FRAME_NS for by in lateness_ns(arrivals, FRAME_NS)) == 1


@pytest.mark.parametrize(
    ("at_ms", "told"), [(950, False), (1010, True), (1130, True), (1400, False)]
)
def test_a_late_picture_is_explained_by_a_stall_while_it_was_made(at_ms: int, told: bool) -> None:
    stalls = summary((), [Stall(1000 * NS_PER_MS, 50 * NS_PER_MS)])
    assert explained(stalls, at_ms * NS_PER_MS, 40 * NS_PER_MS) is told


def test_a_report_goes_to_json_and_to_a_plot(tmp_path: Path) -> None:
    stalls = summary([100, 7000], [Stall(0, 7_000_000)])
    report = Report("test", [{"case": "a", "core": 0.5}], stalls, series={"delay": [3.0, 1.0]})
    report.save(tmp_path / "r.json")
    told = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert told["rows"] == [{"case": "a", "core": 0.5}]
    assert told["stalls"]["over_5_ms"] == 1
    assert told["machine"]["cores"] >= 1
    pytest.importorskip("matplotlib")
    report.plot(tmp_path / "r.png")
    assert (tmp_path / "r.png").stat().st_size > 1000
    with pytest.raises(BadInput, match="--json"):
        report.save(tmp_path / "none" / "r.json")
