"""The sound kernels against slow twins that a reader can check at a glance."""

from itertools import pairwise

import numpy as np
import pytest

from mcu_core.kernels.sound import (
    SEGMENT,
    Gains,
    Samples,
    Sum,
    add,
    limit,
    side_share,
    swing,
    take_away,
)

ROWS = 10 * SEGMENT


def slow_ramp(before: float, gain: float, rows: int) -> Sum:
    return np.array([[before + (gain - before) * (i + 1) / rows] * 2 for i in range(rows)])


def slow_n_minus_one(blocks: list[Samples], gains: list[float], listener: int) -> Sum:
    """What the listener hears: the sum of all the others, added up anew."""
    heard = np.zeros((ROWS, 2))
    for site, block in enumerate(blocks):
        if site != listener:
            heard += gains[site] * block.astype(np.float64)
    return heard


def noise(seed: int, peak: float = 1.0) -> Samples:
    return np.random.default_rng(seed).uniform(-peak, peak, (ROWS, 2)).astype(np.float32)


def slow_gains(before: Gains, gains: Gains, ramp: int) -> Sum:
    """The gain of each sample and channel: a ramp, then level."""
    sides = [
        np.concatenate((slow_ramp(old, new, ramp)[:, 0], np.full(ROWS - ramp, new)))
        for old, new in zip(before, gains, strict=True)
    ]
    return np.stack(sides, 1)


@pytest.mark.parametrize("ramp", [ROWS, 240, 1])
@pytest.mark.parametrize(
    ("before", "gains"),
    [((1.0, 1.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.0)), ((2.0, 0.5), (0.0, 0.0))],
)
def test_add_is_a_ramp_times_the_block(before: Gains, gains: Gains, ramp: int) -> None:
    total, block = noise(1).astype(np.float64), noise(2)
    wanted = total + slow_gains(before, gains, ramp) * block
    add(total, block, before, gains, ramp)
    assert np.allclose(total, wanted, atol=1e-12)


def test_what_is_not_changed_is_added_bit_by_bit() -> None:
    total, block = np.zeros((ROWS, 2)), noise(2)
    add(total, block, (1.0, 1.0), (1.0, 1.0), ROWS)
    assert (total == block).all()


def test_n_minus_one_is_the_sum_of_the_others() -> None:
    blocks = [noise(seed) for seed in range(30)]
    gains = [0.1 + seed / 20 for seed in range(30)]
    total, rest = np.zeros((ROWS, 2)), np.zeros((ROWS, 2))
    for block, gain in zip(blocks, gains, strict=True):
        add(total, block, (gain, gain), (gain, gain), ROWS)
    for listener in (0, 7, 29):
        own = (gains[listener], gains[listener])
        take_away(total, blocks[listener], own, own, ROWS, rest)
        assert np.abs(rest - slow_n_minus_one(blocks, gains, listener)).max() < 1e-12


@pytest.mark.parametrize("ramp", [ROWS, 240])
def test_what_was_added_with_a_ramp_is_taken_away_with_it(ramp: int) -> None:
    total, rest = np.zeros((ROWS, 2)), np.zeros((ROWS, 2))
    add(total, noise(1), (0.0, 0.3), (1.4, 0.2), ramp)
    take_away(total, noise(1), (0.0, 0.3), (1.4, 0.2), ramp, rest)
    assert not rest.any()


def test_side_share() -> None:
    both = np.repeat(noise(4)[:, :1], 2, axis=1)
    assert side_share(both) == 0.0
    assert side_share(np.zeros((ROWS, 2), np.float32)) == 0.0
    assert side_share(both * np.array([1, -1], np.float32)) > 1e6
    assert side_share(both * np.array([1, 0], np.float32)) == pytest.approx(1.0)


def test_swing_is_the_power_of_what_is_not_constant() -> None:
    block = noise(3) + np.array([0.25, -0.5], np.float32)
    assert swing(block) == pytest.approx(float(block.astype(float).var(axis=0).mean()))
    assert swing(np.full((ROWS, 2), 8 / 32768, np.float32)) < 1e-20
    block[5, 1] = np.nan
    assert not np.isfinite(swing(block))
    block[5, 1] = np.inf
    assert not np.isfinite(swing(block))


def slow_limit(sound: Sum, ceiling: float, release: float) -> Sum:
    """Gain at each meeting of two segments, fitted to the louder, joined by straight lines."""
    delayed = np.concatenate([np.zeros((SEGMENT, 2)), sound])
    segments = delayed.reshape(-1, SEGMENT, 2)
    gains = [1.0]
    for left, right in pairwise(segments):
        loudest = max(np.abs(left).max(), np.abs(right).max())
        allowed = ceiling / loudest if loudest > 0 else 1.0
        gains.append(min(1.0, gains[-1] * release, allowed))
    ramps = [slow_ramp(a, b, SEGMENT) for a, b in pairwise(gains)]
    limited: Sum = np.concatenate(ramps) * delayed[: len(sound)]
    return limited


@pytest.mark.parametrize("peak", [0.4, 1.5, 30.0])
def test_limiter_is_its_slow_twin_block_after_block(peak: float) -> None:
    sound = np.concatenate([noise(s, peak if s % 2 else 0.2) for s in range(6)]).astype(np.float64)
    line, state = np.zeros((SEGMENT, 2)), np.array([1.0, 0.0])
    got = np.empty(sound.shape, np.float32)
    for start in range(0, len(sound), ROWS):
        part = slice(start, start + ROWS)
        limit(sound[part], line, state, 0.98, 1.01, got[part])
    assert np.abs(got).max() <= 0.98 + 1e-6
    assert np.abs(got - slow_limit(sound, 0.98, 1.01)).max() < 1e-6
