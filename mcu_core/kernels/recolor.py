"""Another colour matrix, range or saturation for a picture, in place."""

from typing import Any

import numpy as np
from numba import types

from mcu_core.kernels.dispatch import INT, NOTHING, PLANE, kernel, vector

COEFFICIENTS = vector(types.int64)
BITS = 14
"""Coefficients count 1 / 2**14."""


@kernel(INT(INT), inline=True)
def clamped(value: int) -> int:
    """A sum of weighted samples as a sample: shifted, within 0..255; 32 bits fill vectors best."""
    return min(max(int(np.int32(value)) >> BITS, 0), 255)


@kernel(NOTHING(PLANE, PLANE, PLANE, COEFFICIENTS))
def recolor(y: Any, u: Any, v: Any, coefficients: Any) -> None:
    """Luma takes its own value and its chroma's, chroma takes both chromas.

    `y` has shape (h, w), h and w even; `u` and `v` (h // 2, w // 2). The ten coefficients count
    1 / 2**14, the rounding is in their constants:
    y' = c0*y + c1*u + c2*v + c3;  u' = c4*u + c5*v + c6;  v' = c7*u + c8*v + c9.
    """
    c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 = coefficients
    rows, columns = u.shape
    tint = np.empty(2 * columns, np.int32)
    for row in range(rows):
        for column in range(columns):
            blue = np.int32(u[row, column])
            red = np.int32(v[row, column])
            tint[2 * column] = tint[2 * column + 1] = np.int32(c1 * blue + c2 * red + c3)
            u[row, column] = clamped(c4 * blue + c5 * red + c6)
            v[row, column] = clamped(c7 * blue + c8 * red + c9)
        for line in range(2 * row, 2 * row + 2):
            for column in range(2 * columns):
                y[line, column] = clamped(c0 * np.int32(y[line, column]) + tint[column])
