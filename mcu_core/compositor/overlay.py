"""Small drawings that are laid over a picture: 4:2:0 planes with transparency."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcu_core.compositor.colors import paint
from mcu_core.compositor.surface import Planes
from mcu_core.kernels import planes
from mcu_core.media.picture import Plane

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Planes of an even size and their alpha: 0 shows the picture below, 255 hides it.

    `y` and `alpha` have shape (h, w); `u`, `v` and `alpha_half` (h // 2, w // 2).
    """

    y: Plane
    u: Plane
    v: Plane
    alpha: Plane
    alpha_half: Plane

    @property
    def width(self) -> int:
        """Columns of luma."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Rows of luma."""
        return int(self.y.shape[0])

    def lay(self, target: Planes) -> None:
        """Over planes of this size."""
        luma, blue, red = target
        planes.blend(luma, self.y, self.alpha)
        planes.blend(blue, self.u, self.alpha_half)
        planes.blend(red, self.v, self.alpha_half)


class Layer(NamedTuple):
    """One colour (Y, Cb, Cr) through a mask, 0 nowhere, 255 fully, at an even place; even size."""

    mask: Plane
    color: tuple[int, int, int]
    x: int = 0
    y: int = 0


def layered(width: int, height: int, layers: Sequence[Layer]) -> Overlay:
    """Layers on a transparent ground of that size, the first at the bottom."""
    full = [(_share(layer.mask), layer.y, layer.x, layer.color) for layer in layers]
    half = [(halved(cover), y // 2, x // 2, color) for cover, y, x, color in full]
    luma, alpha = _stacked((height, width), full, 0)
    blue, alpha_half = _stacked((height // 2, width // 2), half, 1)
    red, _ = _stacked((height // 2, width // 2), half, 2)
    return Overlay(octets(luma), octets(blue), octets(red), octets(alpha), octets(alpha_half))


def from_rgba(rgba: Plane) -> Overlay:
    """A drawing of shape (h, w, 4), h and w even, alpha not multiplied in."""
    alpha = rgba[:, :, 3].astype(np.float32)
    yuv = paint(rgba[:, :, :3] / 255).astype(np.float32)
    # A chroma sample is the mean of four, each counting as much as it is seen.
    half = halved(alpha)
    seen = np.where(half > 0, half, 1)
    u, v = (
        np.where(half > 0, halved(yuv[:, :, k] * alpha) / seen, np.float32(128)) for k in (1, 2)
    )
    return Overlay(octets(yuv[:, :, 0]), octets(u), octets(v), octets(alpha), octets(half))


def halved(plane: Samples) -> Samples:
    """The mean of each square of four samples."""
    rows = plane[::2] + plane[1::2]
    return np.asarray((rows[:, ::2] + rows[:, 1::2]) / 4, np.float32)


def _share(mask: Plane) -> Samples:
    return np.asarray(mask.astype(np.float32) / 255, np.float32)


def octets(plane: Samples) -> Plane:
    """Rounded to bytes."""
    return np.ascontiguousarray(np.clip(np.round(plane), 0, 255).astype(np.uint8))


def _stacked(
    shape: tuple[int, int],
    layers: Sequence[tuple[Samples, int, int, tuple[int, int, int]]],
    part: int,
) -> tuple[Samples, Samples]:
    """One part of the colours, where anything is seen, and how much of it is, 0..255."""
    total, alpha = np.zeros((2, *shape), np.float32)
    for cover, y, x, color in layers:
        at = slice(y, y + cover.shape[0]), slice(x, x + cover.shape[1])
        total[at] += (color[part] - total[at]) * cover
        alpha[at] += (1 - alpha[at]) * cover
    # What shows through counts as 0 in the total: what is left is the colours' share.
    return np.asarray(total / np.where(alpha > 0, alpha, 1), np.float32), alpha * 255
