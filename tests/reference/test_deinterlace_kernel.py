"""The deinterlacing kernel against a slow twin, and what it is for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.kernels.deinterlace import COMB, deinterlace

Plane = NDArray[np.uint8]


def slow(plane: Plane) -> Plane:
    """The second field's samples, kept where they are between those above and below, or near."""
    made = plane.copy()
    height = len(plane)
    for y in range(1, height, 2):
        a = plane[y - 1].astype(int)
        c = plane[y + 1 if y + 1 < height else y - 1].astype(int)
        b = plane[y].astype(int)
        combed = (b < np.minimum(a, c) - COMB) | (b > np.maximum(a, c) + COMB)
        made[y] = np.where(combed, (a + c + 1) // 2, b)
    return made


def fast(plane: Plane) -> Plane:
    made = np.zeros_like(plane)
    deinterlace(plane, made)
    return made


@pytest.mark.parametrize("shape", [(2, 2), (3, 5), (64, 40), (1, 4), (135, 241)])
def test_like_the_slow_twin(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    if shape[0] > 1:
        assert np.array_equal(fast(plane), slow(plane))
    else:
        assert np.array_equal(fast(plane), plane)
    padded = np.random.default_rng(8).integers(0, 256, (shape[0], shape[1] + 9), np.uint8)
    assert np.array_equal(fast(padded[:, : shape[1]]), fast(padded[:, : shape[1]].copy()))


def bar(at: int) -> Plane:
    plane = np.full((80, 120), 40, np.uint8)
    plane[20:60, at : at + 30] = 200
    return plane


def test_what_moved_has_no_comb_and_what_stood_still_is_untouched() -> None:
    still = bar(20)
    assert np.array_equal(fast(still)[22:58], still[22:58])
    woven = bar(20)
    woven[1::2] = bar(36)[1::2]
    inside = fast(woven)[22:58]
    assert np.array_equal(inside, bar(20)[22:58]), "the first field, whole"
