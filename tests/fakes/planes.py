"""Planes that kernels are tried on: worst cases, padded rows, a target that shows stray writes."""

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]

GUARD = 0xA5
BORDER = 70
"""Wider than any step of a kernel, so that a stray write lands in it."""

WORST = ("random", "white", "black", "columns", "rows", "checks")


def picture(kind: str, height: int, width: int) -> Octets:
    """A plane with padded rows: a view into a larger array."""
    rng = np.random.default_rng(height * 1000 + width)
    whole = rng.integers(0, 256, (height + 3, width + 37), dtype=np.uint8)
    view = whole[2:-1, 5 : 5 + width]
    y, x = np.indices(view.shape)
    patterns = {"white": 0 * y + 1, "black": 0 * y, "columns": x, "rows": y, "checks": x + y}
    if kind != "random":
        view[...] = patterns[kind] % 2 * 255
    return view


class Guarded:
    """A target inside a border of known bytes."""

    def __init__(self, height: int, width: int) -> None:
        self.whole = np.full((height + 2 * BORDER, width + 2 * BORDER), GUARD, np.uint8)
        self.plane = self.whole[BORDER:-BORDER, BORDER:-BORDER]

    def assert_untouched_outside(self) -> None:
        self.plane[...] = GUARD
        assert (self.whole == GUARD).all()
