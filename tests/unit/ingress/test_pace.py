"""Sound played a little faster or slower."""

import numpy as np
import pytest

from mcu_core.ingress.pace import Pace
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE, Block
from tests.fakes.tones import largest_step, sinad_db, tone

WHOLE = np.stack([tone(1000, 4 * SAMPLE_RATE), tone(300, 4 * SAMPLE_RATE)], 1).astype(np.float32)


def played(paces: list[float]) -> tuple[Block, int]:
    """Blocks at these paces one after the other, and how many samples that took."""
    pace, left = Pace(), WHOLE
    blocks = []
    for ppm in paces:
        needed = pace.needed(ppm)
        assert BLOCK_SAMPLES <= needed <= BLOCK_SAMPLES + 20
        block, rest = pace.take(left[:needed], ppm)
        left = left[needed - len(rest) :]
        blocks.append(block)
    return np.concatenate(blocks), len(WHOLE) - len(left)


def test_at_its_own_pace_a_sound_is_what_it_was() -> None:
    sound, used = played([0.0] * 50)
    assert used == SAMPLE_RATE
    assert np.array_equal(sound, WHOLE[:SAMPLE_RATE])


@pytest.mark.parametrize("ppm", [-600.0, -200.0, 50.0, 300.0])
def test_another_pace_is_another_pitch_and_nothing_else(ppm: float) -> None:
    sound, used = played([ppm] * 100)
    assert used == pytest.approx(len(sound) * (1 + ppm * 1e-6), abs=1)
    left, right = sound[960:].astype(np.float64).T
    assert sinad_db(left, (1000 * (1 + ppm * 1e-6),)) > 90
    assert sinad_db(right, (300 * (1 + ppm * 1e-6),)) > 90


def test_paces_change_without_a_seam() -> None:
    """Into resampling and out of it, at every fraction of a sample that comes along."""
    dice = np.random.default_rng(2)
    paces = [0.0] * 5 + [float(ppm) for ppm in dice.uniform(-600, 600, 60)] + [0.0] * 40
    sound, _ = played(paces)
    wave = sound[:, 0].astype(np.float64)
    assert largest_step(wave) < 1.01 * largest_step(WHOLE[:, 0].astype(np.float64))
    assert sinad_db(wave[-20_000:], (1000.0,)) > 90


def test_after_a_silence_samples_are_what_they_were_again() -> None:
    pace = Pace()
    pace.take(WHOLE[:1200], 333.0)
    assert pace.needed(0.0) > BLOCK_SAMPLES
    pace.rest()
    assert np.array_equal(pace.take(WHOLE[:BLOCK_SAMPLES], 0.0)[0], WHOLE[:BLOCK_SAMPLES])
