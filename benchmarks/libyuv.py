"""libyuv's scaler by ctypes, where it is installed (Debian: libyuv0)."""

import ctypes
from collections.abc import Callable, Sequence
from functools import lru_cache

from mcu_core.media.picture import Plane

LIBRARY = "libyuv.so.0"
BILINEAR, BOX = 2, 3
"""Its filters (libyuv/scale.h)."""

Scaler = Callable[[Sequence[Plane], Sequence[Plane], int], None]
"""From the planes of one I420 picture to those of another, with a filter."""


@lru_cache(1)
def scaler() -> Scaler | None:
    """I420Scale; None where there is no libyuv."""
    try:
        function = ctypes.CDLL(LIBRARY).I420Scale
    except OSError:
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int
    picture = (*(pointer, number) * 3, number, number)
    function.argtypes = (*picture, *picture, number)

    def scale(source: Sequence[Plane], target: Sequence[Plane], how: int) -> None:
        function(*_described(source), *_described(target), how)

    return scale


def _described(planes: Sequence[Plane]) -> list[int]:
    height, width = planes[0].shape
    words = [word for plane in planes for word in (plane.ctypes.data, plane.strides[0])]
    return [*words, width, height]
