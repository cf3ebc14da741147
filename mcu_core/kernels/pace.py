"""Sound read a little faster or slower than it was made: band-limited, at any fraction of a sample.

A windowed sinc of TAPS samples, tabled for PHASES fractions and drawn straight between them, is
within -100 dB of exact up to 18 kHz. At fraction 0 it is exactly the sample itself, so that reading
at a pace of its own may begin and end anywhere without a seam.
"""

import math

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import NOTHING, kernel, matrix, vector

TAPS = 32
BEFORE = TAPS // 2
AFTER = TAPS // 2 + 2
"""Rows that are needed before and after the sample at a position."""

PHASES = 512
GROUP = 60
"""Rows that are read with weights of one straight line."""

_BETA = 9.0

Samples = NDArray[np.float32]

_BLOCK = matrix(types.float32, readonly=False)
_BLOCK_IN = matrix(types.float32)
_LINE_IN = vector(types.float32)
_TABLE_IN = matrix(types.float32)
_WEIGHTS = vector(types.float32, readonly=False)
_REAL = types.float64


def _table() -> Samples:
    """Weights, shape (PHASES + 1, TAPS): row p for fraction p / PHASES; each row adds up to 1."""
    fractions = np.arange(PHASES + 1)[:, None] / PHASES
    distances = np.arange(TAPS) - (TAPS // 2 - 1) - fractions
    within = np.clip(1 - np.square(distances / (TAPS / 2)), 0, None)
    weights = np.sinc(distances) * np.i0(_BETA * np.sqrt(within))
    table: Samples = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return table


TABLE = _table()
TABLE.flags.writeable = False


@kernel(NOTHING(_TABLE_IN, _REAL, _WEIGHTS), brief=True)
def _weights_at(table: Samples, fraction: float, weights: Samples) -> None:
    """The TAPS + 1 weights for a position 0 <= `fraction` < 2 past a sample."""
    shift = int(fraction)
    phase = (fraction - shift) * PHASES
    row = int(phase)
    near = np.float32(phase - row)
    weights[0] = 0
    weights[TAPS] = 0
    for k in range(TAPS):
        weights[k + shift] = table[row, k] + near * (table[row + 1, k] - table[row, k])


@kernel(NOTHING(_LINE_IN, types.float32, _WEIGHTS), brief=True)
def _add(read: Samples, weight: float, total: Samples) -> None:
    for j in range(2 * GROUP):
        total[j] += weight * read[j]


@kernel(NOTHING(_BLOCK_IN, _TABLE_IN, _REAL, _REAL, _BLOCK), brief=True)
def read_at_pace(source: Samples, table: Samples, begin: float, pace: float, out: Samples) -> None:
    """out[i] = the sound at `begin + i * pace`, positions counted from source[BEFORE].

    `source`, shape (n, 2), reaches AFTER rows beyond the last position; `out` has a multiple of
    GROUP rows; `begin` is not negative, and `pace` within 1 % of 1. The weights are exact where
    groups meet and drawn straight between: within -80 dB up to 8 kHz at 500 ppm.
    """
    given = source.reshape(-1)
    first = np.empty(TAPS + 1, np.float32)
    last = np.empty(TAPS + 1, np.float32)
    heads = np.empty(2 * GROUP, np.float32)
    tails = np.empty(2 * GROUP, np.float32)
    for group in range(out.shape[0] // GROUP):
        at = begin + group * GROUP * pace
        # Within a group the source is read sample by sample: what the pace adds is in the weights.
        gained = GROUP * (pace - 1.0)
        whole = math.floor(at + min(0.0, gained))
        _weights_at(table, at - whole, first)
        _weights_at(table, at - whole + gained, last)
        heads[:] = 0
        tails[:] = 0
        for k in range(TAPS + 1):
            start = 2 * (whole + 1 + k)
            read = given[start : start + 2 * GROUP]
            _add(read, first[k], heads)
            _add(read, last[k], tails)
        for i in range(GROUP):
            near = np.float32(i) / np.float32(GROUP)
            for channel in range(2):
                head = heads[2 * i + channel]
                out[group * GROUP + i, channel] = head + near * (tails[2 * i + channel] - head)
