"""The text kernel again, as slow and plain as it can be said."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]


def rounded(value: Fraction) -> int:
    """To the nearest, halves upwards."""
    return int(value + Fraction(1, 2))


def written(
    target: Octets, letters: Octets, part: int, ink: int, ground: int, opacity: int
) -> Octets:
    """Each sample on its own: the letters moved, the ground laid, the ink laid."""
    result = np.empty_like(target)
    for y, x in np.ndindex(target.shape):
        here, next_ = int(letters[y, x]), int(letters[y, x + 1])
        cover = rounded(Fraction(here * (256 - part) + next_ * part, 256))
        below = rounded(Fraction(int(target[y, x]) * (255 - opacity) + ground * opacity, 255))
        result[y, x] = rounded(Fraction(below * (255 - cover) + ink * cover, 255))
    return result
