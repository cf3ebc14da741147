"""The kernel that says how periodic a sound is, against a slow twin."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.kernels.voice import (
    EMPHASIS,
    HISTORY,
    LONGEST,
    NEWEST,
    SHORTEST,
    STEP,
    periodicity,
)
from mcu_core.media.sound import BLOCK_SAMPLES, Block
from mcu_core.mixer.hearing import Hearing
from tests.fakes.tones import blocks, tone


def slow_periodicity(sound: NDArray[np.float64]) -> float:
    """Of the end of `sound`, shape (n, 2): the best normalised correlation with an earlier part."""
    thin = sound.sum(axis=1).reshape(-1, STEP).sum(axis=1)
    bright = thin - EMPHASIS * np.concatenate(([0.0], thin[:-1]))
    padded = np.concatenate((np.zeros(LONGEST), bright))
    newest = padded[-NEWEST:]
    best = 0.0
    for lag in range(SHORTEST, LONGEST + 1):
        earlier = padded[-NEWEST - lag : -lag]
        power = np.sqrt((newest @ newest) * (earlier @ earlier))
        best = max(best, float(newest @ earlier / power) if power > 1e-9 else 0.0)
    return best


def noise(seed: int) -> list[Block]:
    return blocks(np.random.default_rng(seed).standard_normal(5 * BLOCK_SAMPLES) * 0.1)


def voice(hertz: float) -> list[Block]:
    """A pulse at a pitch with the overtones that voices have."""
    count = 5 * BLOCK_SAMPLES
    return blocks(np.sum([tone(hertz * k, count, 0.2 / k) for k in range(1, 12)], axis=0))


@pytest.mark.parametrize("sound", [noise(1), noise(2), voice(110.3), voice(231.7)])
def test_it_is_its_slow_twin_block_after_block(sound: list[Block]) -> None:
    history = np.zeros(HISTORY + 1)
    for k, block in enumerate(sound):
        got = periodicity(block, history)
        so_far = np.concatenate(sound[: k + 1]).astype(np.float64)
        assert got == pytest.approx(slow_periodicity(so_far), abs=1e-6)


def test_silence_is_not_periodic() -> None:
    assert periodicity(np.zeros((BLOCK_SAMPLES, 2), np.float32), np.zeros(HISTORY + 1)) == 0.0


def test_voices_are_told_from_noise() -> None:
    hearing = Hearing()
    sites = {"low": voice(85), "high": voice(340), "noise": noise(3)}
    levels = dict.fromkeys(sites, -20.0)
    for k in range(5):
        unvoiced = hearing.unvoiced({site: sound[k] for site, sound in sites.items()}, levels)
    assert unvoiced == {"noise"}
    quiet = hearing.unvoiced({"low": sites["low"][0]}, {"low": -70.0})
    assert quiet == {"low"}, "nobody speaks so softly"
