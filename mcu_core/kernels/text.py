"""Text over a plane: a coloured ground with letters that stand, or move in parts of a sample."""

from typing import Any

import numpy as np

from mcu_core.kernels.dispatch import INT, NOTHING, PLANE, PLANE_IN, kernel


@kernel(NOTHING(PLANE, PLANE_IN, INT, INT, INT, INT))
def write(target: Any, letters: Any, part: int, ink: int, ground: int, opacity: int) -> None:
    """Lay `ground` over `target`, `opacity` thick (0..255), and over that `ink` through `letters`.

    `letters` has as many rows as `target` and at least one column more: 0 leaves the ground, 255 is
    all ink. They are moved to the left by `part` / 256 of a sample, 0..255. uint8, column stride 1;
    each of the three steps is rounded. Shapes are not checked.
    """
    height, width = target.shape
    ink_32, ground_32 = np.uint32(ink), np.uint32(ground) * np.uint32(opacity)
    through = np.uint32(255) - np.uint32(opacity)
    later = np.uint32(part)
    sooner = np.uint32(256) - later
    half = np.uint32(128)
    for y in range(height):
        for x in range(width):
            moved = np.uint32(letters[y, x]) * sooner + np.uint32(letters[y, x + 1]) * later
            cover = (moved + half) >> np.uint32(8)
            # Divisions by 255, rounded, exact for all products of two bytes.
            below = np.uint32(target[y, x]) * through + ground_32 + half
            below = (below + (below >> np.uint32(8))) >> np.uint32(8)
            mixed = below * (np.uint32(255) - cover) + ink_32 * cover + half
            target[y, x] = (mixed + (mixed >> np.uint32(8))) >> np.uint32(8)
