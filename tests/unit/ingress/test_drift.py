"""A sender's clock against ours."""

import random

import pytest

from mcu_core.ingress.drift import MOST_PPM, Drift


def told(ppm: float, seconds: int, scatter_ms: float = 0.0, first: int = 0) -> Drift:
    drift = Drift()
    feed(drift, ppm, seconds, scatter_ms, first)
    return drift


def feed(drift: Drift, ppm: float, seconds: int, scatter_ms: float = 0.0, first: int = 0) -> None:
    chance = random.Random(4)
    for second in range(first, first + seconds):
        late_ns = chance.expovariate(1) * scatter_ms * 1e6
        drift.note_second(second, 10**12 - int(second * ppm * 1000 - late_ns))


@pytest.mark.parametrize("ppm", [-200.0, -30.0, 0.0, 30.0, 200.0])
def test_a_clean_drift_is_exact_after_half_a_minute(ppm: float) -> None:
    assert told(ppm, 32).ppm == pytest.approx(ppm, abs=0.1)


def test_nothing_is_said_before() -> None:
    assert told(200.0, 31).ppm == 0.0


@pytest.mark.parametrize("scatter_ms", [0.5, 2.0])
def test_scatter_is_seen_through(scatter_ms: float) -> None:
    assert told(100.0, 180, scatter_ms).ppm == pytest.approx(100.0, abs=10 + 10 * scatter_ms)


def test_a_wild_network_is_not_taken_for_a_clock() -> None:
    assert abs(told(0.0, 180, 8.0).ppm) < 60


def test_one_odd_stretch_moves_nothing_and_a_new_way_begins_anew() -> None:
    drift = told(100.0, 120)
    for second in range(120, 124):
        drift.note_second(second, 10**12 + 50_000_000)
    feed(drift, 100.0, 40, first=124)
    assert drift.ppm == pytest.approx(100.0, abs=1)
    for second in range(164, 164 + 80):
        drift.note_second(second, 2 * 10**12 + second * 50_000)
    assert drift.ppm == pytest.approx(-50.0, abs=1)


def test_pauses_do_not_matter() -> None:
    drift = Drift()
    for second in (*range(30), *range(90, 120), *range(500, 530)):
        drift.note_second(second, 10**12 - second * 80_000)
    assert drift.ppm == pytest.approx(80.0, abs=1)


def test_it_is_bounded() -> None:
    assert told(5000.0, 100).ppm <= MOST_PPM
    assert told(-5000.0, 100).ppm >= -MOST_PPM
