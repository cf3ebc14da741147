"""Raising and lowering by exact ratios: against slow twins, and by what a listener would notice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.kernels.ratio import (
    DELAYS,
    LOW_PASSES,
    lower_rate,
    past_of_higher,
    past_of_lower,
    raise_rate,
)

RATE = 48_000
RATIOS = sorted(DELAYS)
EDGES = {6: (3400, 4600), 3: (7000, 9000)}
"""By ratio: what must pass, and from where on nothing may, in Hz."""

Sound = NDArray[np.float32]


def raised(samples: Sound, ratio: int, pieces: int = 1) -> Sound:
    past, out = past_of_lower(ratio), []
    for piece in np.array_split(samples, pieces):
        block = np.empty((len(piece) * ratio, 2), np.float32)
        raise_rate(piece, past, LOW_PASSES[ratio], block)
        out.append(block)
    return np.concatenate(out)


def lowered(block: Sound, ratio: int, pieces: int = 1) -> Sound:
    past, out = past_of_higher(ratio), []
    for piece in np.split(block, pieces):
        samples = np.empty(len(piece) // ratio, np.float32)
        lower_rate(np.ascontiguousarray(piece), past, LOW_PASSES[ratio], samples)
        out.append(samples)
    return np.concatenate(out)


def slowly_filtered(sound: NDArray[np.float64], ratio: int) -> NDArray[np.float64]:
    return np.convolve(sound, LOW_PASSES[ratio].reshape(-1).astype(float))[: len(sound)]


def noise(count: int, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).uniform(-1, 1, count).astype(np.float32)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("pieces", [1, 4])
def test_raising_is_zeros_between_samples_and_the_filter(ratio: int, pieces: int) -> None:
    samples = noise(640)
    stuffed = np.zeros(640 * ratio)
    stuffed[::ratio] = samples
    expected = ratio * slowly_filtered(stuffed, ratio)
    found = raised(samples, ratio, pieces)
    np.testing.assert_allclose(found[:, 0], expected, atol=2e-6)
    assert np.array_equal(found[:, 0], found[:, 1])


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("pieces", [1, 4])
def test_lowering_is_the_filter_and_every_nth_sample(ratio: int, pieces: int) -> None:
    block = noise(2 * 3840).reshape(-1, 2)
    expected = slowly_filtered(block.astype(float).mean(axis=1), ratio)[::ratio]
    np.testing.assert_allclose(lowered(block, ratio, pieces), expected, atol=2e-6)


@pytest.mark.parametrize("ratio", RATIOS)
def test_what_passes_passes_and_what_would_fold_does_not(ratio: int) -> None:
    spectrum = np.abs(np.fft.rfft(LOW_PASSES[ratio].reshape(-1).astype(float), 1 << 16))
    hertz = np.fft.rfftfreq(1 << 16, 1 / RATE)
    passes, stops = EDGES[ratio]
    within = 20 * np.log10(spectrum[hertz <= passes])
    assert np.abs(within).max() < 0.01
    assert 20 * np.log10(spectrum[hertz >= stops].max()) < -65


@pytest.mark.parametrize("ratio", RATIOS)
def test_there_and_back_a_sound_is_what_it_was_that_much_later(ratio: int) -> None:
    rate, delay = RATE // ratio, 2 * DELAYS[ratio]
    tone = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(4800) / rate)).astype(np.float32)
    back = lowered(raised(tone, ratio), ratio)
    settled = slice(delay * 2, None)
    off = back[settled] - tone[delay:-delay]
    assert np.abs(off).max() < 1e-3


@pytest.mark.parametrize("ratio", RATIOS)
def test_what_is_constant_stays_constant(ratio: int) -> None:
    level = np.float32(8 / 32768)
    found = raised(np.full(400, level, np.float32), ratio)[4 * DELAYS[ratio] * ratio :]
    assert np.abs(found / level - 1).max() < 1e-6
