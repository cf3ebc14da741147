"""How periodic a sound is: voices are, coughs, keys, paper and fans are not.

Normalised cross-correlation of the newest 20 ms with what came one pitch period earlier, at 6 kHz
(Talkin, "A robust algorithm for pitch tracking", 1995). About 4 us for a block of 20 ms.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import kernel, matrix, vector

STEP = 8
"""Samples of 48 kHz that are averaged into one."""

NEWEST = 120
"""Samples compared, at 6 kHz: 20 ms."""

SHORTEST, LONGEST = 15, 86
"""Pitch periods in samples at 6 kHz: 400 down to 70 Hz."""

HISTORY = NEWEST + LONGEST

EMPHASIS = 0.95
"""Of the sample before that is taken away: hum and rumble, which are low, would drown a voice."""

Samples = NDArray[np.float32]

_STILL = 1e-12


@kernel(types.float64(matrix(types.float32), vector(types.float64, readonly=False)), brief=True)
def periodicity(block: Samples, history: NDArray[np.float64]) -> float:
    """Take 960 stereo samples into `history`, shape (HISTORY + 1,); the best correlation, 0..1."""
    for i in range(LONGEST):
        history[i] = history[i + NEWEST]
    before = history[HISTORY]
    for i in range(NEWEST):
        sound = 0.0
        for k in range(STEP):
            sound += block[i * STEP + k, 0] + block[i * STEP + k, 1]
        history[LONGEST + i] = sound - EMPHASIS * before
        before = sound
    history[HISTORY] = before
    # Product sums of all lags side by side: a loop that vector units like.
    products = np.zeros(LONGEST + 1)
    for i in range(LONGEST, HISTORY):
        newest = history[i]
        for lag in range(SHORTEST, LONGEST + 1):
            products[lag] += newest * history[i - lag]
    own = _STILL
    for i in range(LONGEST, HISTORY):
        own += history[i] * history[i]
    earlier = _STILL
    for i in range(LONGEST - SHORTEST, HISTORY - SHORTEST):
        earlier += history[i] * history[i]
    best = 0.0
    for lag in range(SHORTEST, LONGEST + 1):
        best = max(best, products[lag] / np.sqrt(own * max(earlier, _STILL)))
        entering, leaving = history[LONGEST - lag - 1], history[HISTORY - lag - 1]
        earlier += entering * entering - leaving * leaving
    return min(best, 1.0)
