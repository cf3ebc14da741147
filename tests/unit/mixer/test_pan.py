"""Mono is placed between the loudspeakers, stereo stays."""

import math
from itertools import pairwise

import numpy as np
import pytest

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, Block, silence
from mcu_core.mixer.pan import CENTRE, Pan
from tests.fakes.tones import blocks, tone

(MONO,) = blocks(tone(440, BLOCK_SAMPLES))
(STEREO,) = blocks(tone(440, BLOCK_SAMPLES), tone(660, BLOCK_SAMPLES))


def moved(
    pan: Pan, wanted: float, seconds: float, block: Block, start_s: float = 0.0
) -> list[tuple[float, float]]:
    start = round(start_s * NS_PER_SECOND)
    count = round(seconds * NS_PER_SECOND / BLOCK_NS)
    return [pan.gains(wanted, block, start + k * BLOCK_NS) for k in range(count)]


@pytest.mark.parametrize("wanted", [-1.0, -0.5, 0.3, 1.0, 7.0])
def test_mono_goes_where_it_is_wanted_with_constant_power(wanted: float) -> None:
    left, right = moved(Pan(), wanted, 3, MONO)[-1]
    assert left * left + right * right == pytest.approx(2.0)
    angle = (math.atan2(right, left) * 4 / math.pi) - 1
    assert angle == pytest.approx(max(-1.0, min(1.0, wanted)), abs=1e-9)


def test_it_moves_smoothly() -> None:
    pan = Pan()
    course = moved(pan, 1.0, 2, MONO) + moved(pan, -1.0, 3, MONO)
    steps = [abs(b[0] - a[0]) for a, b in pairwise(course)]
    assert max(steps) < 0.03
    assert course[-1][0] == pytest.approx(math.sqrt(2))


def test_in_the_middle_nothing_is_changed() -> None:
    pan = Pan()
    assert set(moved(pan, 0.0, 1, MONO)) == {CENTRE}
    moved(pan, 0.7, 1, MONO)
    assert moved(pan, 0.0, 2, MONO)[-1] == CENTRE


def test_stereo_is_not_moved_and_does_not_wander_when_it_is_mono_for_a_while() -> None:
    pan = Pan()
    assert set(moved(pan, 1.0, 1, STEREO)) == {CENTRE}
    assert set(moved(pan, 1.0, 20, MONO, 1.0)) == {CENTRE}
    assert set(moved(pan, 1.0, 20, STEREO, 21.0)) == {CENTRE}


def test_one_who_turns_out_to_be_stereo_goes_back_to_the_middle() -> None:
    pan = Pan()
    moved(pan, 1.0, 3, MONO)
    assert moved(pan, 1.0, 3, STEREO, 3.0)[-1] == CENTRE


def test_silence_is_mono() -> None:
    assert moved(Pan(), -1.0, 3, silence())[-1][1] == pytest.approx(0.0, abs=1e-9)
    assert not np.any(silence())
