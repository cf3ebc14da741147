"""Copying, filling, blending and turning of planes.

All planes are uint8 of shape (h, w) with a column stride of 1, rows may be padded. Shapes must
agree: nothing is checked here.
"""

from typing import Any

import numpy as np

from mcu_core.kernels.dispatch import INT, NOTHING, PLANE, PLANE_IN, kernel


@kernel(NOTHING(PLANE, PLANE_IN))
def copy(target: Any, source: Any) -> None:
    """target = source, equal shapes."""
    height, width = target.shape
    for y in range(height):
        for x in range(width):
            target[y, x] = source[y, x]


@kernel(NOTHING(PLANE, INT))
def fill(target: Any, value: int) -> None:
    """Every sample = value, 0..255."""
    height, width = target.shape
    small = np.uint8(value)
    for y in range(height):
        for x in range(width):
            target[y, x] = small


@kernel(NOTHING(PLANE, PLANE_IN, PLANE_IN))
def blend(target: Any, paint: Any, alpha: Any) -> None:
    """Lay `paint` over `target`, equal shapes; alpha 0 leaves the target, 255 replaces it."""
    height, width = target.shape
    for y in range(height):
        for x in range(width):
            a = np.uint32(alpha[y, x])
            mixed = np.uint32(target[y, x]) * (np.uint32(255) - a) + np.uint32(paint[y, x]) * a
            # Division by 255, rounded, exact for all products of two bytes.
            mixed = mixed + np.uint32(128)
            target[y, x] = (mixed + (mixed >> np.uint32(8))) >> np.uint32(8)


@kernel(NOTHING(PLANE, PLANE_IN, INT))
def turn(target: Any, source: Any, quarters: int) -> None:
    """Turn clockwise by `quarters` x 90 degrees, 0..3; for 1 and 3 the shapes are swapped."""
    height, width = target.shape
    if quarters == 0:
        copy(target, source)
    elif quarters == 1:
        for y in range(height):
            for x in range(width):
                target[y, x] = source[width - 1 - x, y]
    elif quarters == 2:
        for y in range(height):
            for x in range(width):
                target[y, x] = source[height - 1 - y, width - 1 - x]
    else:
        for y in range(height):
            for x in range(width):
                target[y, x] = source[x, height - 1 - y]
