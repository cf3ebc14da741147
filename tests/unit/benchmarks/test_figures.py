"""What benchmarks say is computed as it is meant to be, on figures made by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.conference import FRAME_NS, decibels, lateness_ns, tone, tone_of
from benchmarks.report import Report, percentile
from benchmarks.stalls import Stall, summary
from benchmarks.streams import BLOCKS_PER_S, LOOP_S
from benchmarks.watcher import (
    LOOP_FRAMES,
    Seen,
    amplitude,
    picture_delays_ms,
    sound_delays_ms,
    usual_amplitude,
)
from mcu_core.endpoints.pattern import TONE_AMPLITUDE, PatternSound
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.marker import Marker
from mcu_core.media.sound import BLOCK_NS


def test_percentiles() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([1], 0.99) == 1
    assert percentile([], 0.5) == 0


def test_lateness_is_against_a_steady_clock() -> None:
    steady = [5 * NS_PER_MS, *(k * FRAME_NS for k in range(1, 10))]
    assert max(lateness_ns(steady)) == 0
    steady[7] += 5 * NS_PER_MS
    assert lateness_ns(steady) == [0] * 7 + [5 * NS_PER_MS] + [0] * 2
    assert lateness_ns([]) == []


def test_a_tick_left_out_counts_once() -> None:
    arrivals = [k * FRAME_NS for k in range(5)] + [(k + 3) * FRAME_NS for k in range(5, 10)]
    assert sum(by > FRAME_NS for by in lateness_ns(arrivals)) == 1


def test_picture_delay_is_from_sending_to_first_sight() -> None:
    sent = [k * FRAME_NS for k in range(20)]

    def sight(at_ms: float, counter: int | None) -> Seen:
        return Seen(round(at_ms * NS_PER_MS), (None if counter is None else Marker(counter, 0),))

    seen = [sight(50, 0), sight(80, 0), sight(100, 1), sight(120, None), sight(200, 4)]
    delays, skipped = picture_delays_ms(seen, 0, sent)
    assert delays == pytest.approx([50, 100 - 33.3, 200 - 133.3], abs=0.1)
    assert skipped == 2


def test_a_counter_of_a_later_loop_is_matched_with_its_own_sending() -> None:
    sent = [k * FRAME_NS for k in range(2 * LOOP_FRAMES)]
    at_ns = sent[LOOP_FRAMES + 3] + 40 * NS_PER_MS
    delays, _ = picture_delays_ms([Seen(at_ns, (Marker(3, 0),))], 0, sent)
    assert delays == pytest.approx([40])


def test_sound_delay_is_found_from_the_chirps() -> None:
    source = PatternSound(440.0, tone_amplitude=0.0)
    samples = np.concatenate([source.block(k) for k in range(4 * BLOCKS_PER_S)])
    shifted = np.concatenate([np.zeros(480, np.float32), samples])[: len(samples)]
    sent = [k * BLOCK_NS for k in range(4 * BLOCKS_PER_S)]
    came = [k * BLOCK_NS + 30 * NS_PER_MS for k in range(4 * BLOCKS_PER_S)]
    delays = sound_delays_ms(shifted, came, sent, BLOCKS_PER_S)
    assert len(delays) >= 3
    assert delays == pytest.approx([40.0] * len(delays), abs=0.2)
    assert sound_delays_ms(np.zeros(10, np.float32), [0], sent, BLOCKS_PER_S) == []


def test_tones_are_told_apart_and_loop_without_a_step() -> None:
    samples = np.concatenate([tone(tone_of(2))(k) for k in range(LOOP_S * BLOCKS_PER_S)])
    assert amplitude(samples, tone_of(2)) == pytest.approx(TONE_AMPLITUDE, rel=0.01)
    assert decibels(amplitude(samples, tone_of(3)) / TONE_AMPLITUDE) < -100
    assert all((tone_of(k) * LOOP_S) % 1 == 0 for k in range(16))
    assert decibels(0) == -200
    cracked = samples.copy()
    cracked[70_000:70_900] = 0
    assert usual_amplitude(cracked, tone_of(2)) == pytest.approx(TONE_AMPLITUDE, rel=0.01)
    assert usual_amplitude(cracked[:100], tone_of(2)) == 0


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
