"""Sound at 8 and 16 kHz, raised to 48 kHz and lowered again: exact ratios, so plain filters.

One low pass serves both ways: a windowed sinc that lets pass what the lower rate is used for (3.4
and 7 kHz) within 0.01 dB, and takes at least 65 dB off from where images lie, or what would come
back as alias begins (4.6 and 9 kHz). Its delay is a whole number of samples of the lower rate.
"""

from collections.abc import Mapping

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import NOTHING, kernel, matrix, vector

Samples = NDArray[np.float32]

DELAYS: Mapping[int, int] = {6: 14, 3: 18}
"""By ratio: how much later a sound comes out, either way, in samples of the lower rate."""

_BETA = 6.4

_LINE = vector(types.float32, readonly=False)
_LINE_IN = vector(types.float32)
_BLOCK = matrix(types.float32, readonly=False)
_BLOCK_IN = matrix(types.float32)


def low_pass(ratio: int) -> Samples:
    """The filter at 48 kHz: 2 * delay + 1 rows of `ratio` weights, in time; they add up to 1.

    Each column adds up to the same, so that what is constant stays so.
    """
    reach = DELAYS[ratio] * ratio
    distance = np.arange(-reach, reach + ratio) / reach
    window = np.i0(_BETA * np.sqrt(np.clip(1 - np.square(distance), 0, None))) / np.i0(_BETA)
    weights = np.where(np.abs(distance) <= 1, window, 0) * np.sinc(distance * reach / ratio)
    rows = weights.reshape(-1, ratio)
    filtering: Samples = (rows / rows.sum(axis=0) / ratio).astype(np.float32)
    return filtering


LOW_PASSES: Mapping[int, Samples] = {ratio: low_pass(ratio) for ratio in DELAYS}


def past_of_lower(ratio: int) -> Samples:
    """What `raise_rate` remembers, before any sound."""
    return np.zeros(2 * DELAYS[ratio], np.float32)


def past_of_higher(ratio: int) -> Samples:
    """What `lower_rate` remembers, before any sound."""
    return np.zeros(2 * DELAYS[ratio] * ratio, np.float32)


@kernel(NOTHING(_LINE_IN, types.float32, _LINE), brief=True)
def _add(line: Samples, weight: float, total: Samples) -> None:
    for i in range(total.shape[0]):
        total[i] += weight * line[i]


@kernel(NOTHING(_LINE_IN, _LINE, _BLOCK_IN, _BLOCK), brief=True)
def raise_rate(samples: Samples, past: Samples, low_pass: Samples, out: Samples) -> None:
    """Write `samples`, one channel, to both channels of `out` at `ratio` times their rate.

    `past`: of `past_of_lower`, moved on; `low_pass`: of LOW_PASSES, shape (2 * delay + 1, ratio);
    `out` has `ratio` times as many rows as there are samples.
    """
    count, rows, ratio = samples.shape[0], low_pass.shape[0], low_pass.shape[1]
    line = np.empty(rows - 1 + count, np.float32)
    line[: rows - 1] = past
    line[rows - 1 :] = samples
    total = np.empty(count, np.float32)
    for phase in range(ratio):
        total[:] = 0
        for row in range(rows):
            start = rows - 1 - row
            _add(line[start : start + count], np.float32(ratio) * low_pass[row, phase], total)
        for i in range(count):
            out[i * ratio + phase, 0] = total[i]
            out[i * ratio + phase, 1] = total[i]
    past[:] = line[count:]


@kernel(NOTHING(_BLOCK_IN, _LINE, _BLOCK_IN, _LINE), brief=True)
def lower_rate(block: Samples, past: Samples, low_pass: Samples, out: Samples) -> None:
    """Write the mean of the channels of `block`, shape (n * ratio, 2), to the n samples of `out`.

    `past`: of `past_of_higher`, moved on; `low_pass`: of LOW_PASSES.
    """
    count, rows, ratio = out.shape[0], low_pass.shape[0], low_pass.shape[1]
    kept = rows - 1
    lines = np.empty((ratio, kept + count), np.float32)
    for phase in range(ratio):
        for i in range(kept):
            lines[phase, i] = past[i * ratio + phase]
        for i in range(count):
            at = i * ratio + phase
            lines[phase, kept + i] = np.float32(0.5) * (block[at, 0] + block[at, 1])
    out[:] = 0
    for phase in range(ratio):
        for row in range(rows):
            _add(lines[phase, row : row + count], low_pass[row, phase], out)
    for phase in range(ratio):
        for i in range(kept):
            past[i * ratio + phase] = lines[phase, count + i]
