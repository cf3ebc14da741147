"""The noise gate's kernel against a slow twin."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.kernels.gate import (
    CLOSING,
    DELAY,
    HOLD,
    LEAST_POWER,
    LEAST_SLOPE,
    OPEN,
    SEGMENT,
    Samples,
    gate,
    go_over,
    new_state,
)
from mcu_core.media.sound import BLOCK_SAMPLES

RISE = 1.009
FRESH, FALL = 0.4, 0.05


def slow_follow(noise: float, now: float) -> float:
    """Noise falls slowly to what is less, and rises by RISE at most."""
    return noise + FALL * (now - noise) if now < noise else min(now, noise * RISE)


def slow_gains(sound: NDArray[np.float64]) -> list[float]:
    """The gain at the end of each segment, from all sound up to that segment's end."""
    power = slope = gain = 0.0
    noise, slope_noise, held = LEAST_POWER, LEAST_SLOPE, 0
    middle = np.concatenate(([0.0], sound.mean(axis=1)))
    gains = []
    for start in range(0, len(sound), SEGMENT):
        part = slice(start, start + SEGMENT)
        power += FRESH * (float(np.square(sound[part]).mean()) - power)
        steps = np.diff(middle[start : start + SEGMENT + 1])
        slope += FRESH * (float(np.square(steps).mean()) - slope)
        over = max(power / max(noise, LEAST_POWER), slope / max(slope_noise, LEAST_SLOPE))
        held = HOLD if over > (OPEN / 2 if held else OPEN) else max(0, held - 1)
        noise, slope_noise = slow_follow(noise, power), slow_follow(slope_noise, slope)
        gain = 1.0 if held else max(0.0, gain - 1 / CLOSING)
        gains.append(gain)
    return gains


def slow_gate(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Everything DELAY late, each segment's gain a straight line to its end."""
    gains = slow_gains(sound)
    ramps = [
        before + (gain - before) * (np.arange(SEGMENT) + 1) / SEGMENT
        for before, gain in zip([0.0, *gains], gains, strict=False)
    ]
    late = np.concatenate((np.zeros((DELAY, 2)), sound))[: len(sound)]
    return np.asarray(late * np.concatenate(ramps)[:, None])


def bursts(seed: int, loud: float) -> Samples:
    """Silence, then noise that is louder for half of each 1.2 s, of another colour on the right."""
    rng = np.random.default_rng(seed)
    sound = rng.standard_normal((120 * BLOCK_SAMPLES, 2)) * 1e-3
    sound[:, 1] = np.cumsum(sound[:, 1]) * 0.02
    sound[: 20 * BLOCK_SAMPLES] = 0
    times = np.arange(len(sound)) / 48_000
    return (sound * np.where(times % 1.2 > 0.7, loud, 1.0)[:, None]).astype(np.float32)


@pytest.mark.parametrize(("seed", "loud"), [(1, 100.0), (2, 2.0), (3, 1.0), (4, 0.0)])
def test_it_is_its_slow_twin_block_after_block(seed: int, loud: float) -> None:
    sound = bursts(seed, loud)
    state, line = new_state(), np.zeros((DELAY, 2), np.float32)
    out, sounds = np.empty_like(sound), []
    for start in range(0, len(sound), BLOCK_SAMPLES):
        part = slice(start, start + BLOCK_SAMPLES)
        sounds.append(gate(sound[part], line, state, RISE, out[part]))
    wanted = slow_gate(sound.astype(np.float64))
    assert np.abs(out - wanted).max() < 1e-6 * max(1.0, loud)
    heard = [block.any() for block in np.split(out, len(sounds))]
    assert all(told or not was for told, was in zip(sounds, heard, strict=True))
    assert any(sounds)
    assert not all(sounds)


def test_going_over() -> None:
    before, after = bursts(1, 1.0)[:BLOCK_SAMPLES], bursts(2, 1.0)[:BLOCK_SAMPLES]
    out = np.empty_like(before)
    go_over(before, after, out)
    share = ((np.arange(BLOCK_SAMPLES) + 1) / BLOCK_SAMPLES)[:, None]
    assert np.abs(out - (before * (1 - share) + after * share)).max() < 1e-8
