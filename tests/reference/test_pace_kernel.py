"""The kernel that reads sound at a pace against its slow twin: a sinc sum, sample by sample."""

import numpy as np
import pytest

from mcu_core.kernels.pace import AFTER, BEFORE, GROUP, TABLE, TAPS, Samples, read_at_pace

COUNT = 4 * GROUP


def slow(source: Samples, begin: float, pace: float, count: int) -> Samples:
    """Each sample by a windowed sinc worked out for its very position."""
    out = np.zeros((count, 2))
    for i in range(count):
        at = begin + i * pace
        for k in range(int(np.floor(at)) - TAPS // 2 + 1, int(np.floor(at)) + TAPS // 2 + 1):
            distance = k - at
            window = np.i0(9.0 * np.sqrt(max(0.0, 1 - (distance / (TAPS / 2)) ** 2)))
            weight = np.sinc(distance) * window / np.i0(9.0)
            out[i] += weight * source[BEFORE + k]
    return out.astype(np.float32)


@pytest.mark.parametrize("begin", [0.0, 0.25, 0.999])
@pytest.mark.parametrize("pace", [0.9994, 1.0, 1.0003])
def test_it_is_a_windowed_sinc_sum(begin: float, pace: float) -> None:
    dice = np.random.default_rng(1)
    rough = dice.normal(0, 0.3, (BEFORE + COUNT + AFTER + 2, 2))
    smooth = np.stack([np.convolve(rough[:, c], np.hanning(9), "same") for c in (0, 1)], 1)
    source = np.ascontiguousarray(smooth, np.float32)
    out = np.empty((COUNT, 2), np.float32)
    read_at_pace(source, TABLE, begin, pace, out)
    assert np.abs(out - slow(source, begin, pace, COUNT)).max() < 1e-3


def test_at_whole_samples_it_is_the_sound_itself() -> None:
    source = np.random.default_rng(1).uniform(-1, 1, (BEFORE + COUNT + AFTER, 2)).astype(np.float32)
    out = np.empty((COUNT, 2), np.float32)
    read_at_pace(source, TABLE, 0.0, 1.0, out)
    assert np.abs(out - source[BEFORE : BEFORE + COUNT]).max() < 1e-6
