"""Picture: one decoded 4:2:0 frame, planes read in place."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.color import CANVAS_COLOR, Color

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A planar I420 picture, 8 bits; read-only once published.

    `y` is an array of shape (height, width), `u` and `v` of ((height+1)//2, (width+1)//2); rows may
    be padded: the planes are views whose row stride is in `.strides[0]` and whose column stride is
    1. `stamp_ns` is the conference clock at capture (or arrival); `serial` differs between any two
    pictures of one source, so (source, serial) names a picture in caches. `pixel_aspect` is the
    width of a pixel over its height (12:11 for CIF). `rotation` is what a viewer must turn it
    clockwise, in degrees: 0, 90, 180 or 270 (CVO, 3GPP TS 26.114 7.4.5). `owner` keeps the
    memory behind the planes alive.
    """

    y: Plane
    u: Plane
    v: Plane
    stamp_ns: int = 0
    serial: int = 0
    color: Color = CANVAS_COLOR
    pixel_aspect: Fraction = Fraction(1)
    rotation: int = 0
    owner: Any = field(default=None, repr=False)

    @property
    def width(self) -> int:
        """Columns of luma."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Rows of luma."""
        return int(self.y.shape[0])


def blank_picture(width: int, height: int, luma: int = 16, color: Color = CANVAS_COLOR) -> Picture:
    """A grey picture in memory of its own; `width` and `height` must be even and positive."""
    if width <= 0 or height <= 0 or width % 2 or height % 2:
        raise ValueError(f"picture size {width}x{height} is not even and positive")
    return Picture(
        np.full((height, width), luma, np.uint8),
        np.full((height // 2, width // 2), 128, np.uint8),
        np.full((height // 2, width // 2), 128, np.uint8),
        color=color,
    )
