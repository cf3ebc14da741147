"""Small drawings that are laid over a picture: 4:2:0 planes with transparency."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from mcu_core.compositor.colors import Samples, paint
from mcu_core.media.picture import Plane


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


def overlay(image: Image.Image) -> Overlay:
    """An RGBA drawing of even size as an overlay in the canvas's colour."""
    rgba = np.asarray(image.convert("RGBA"), np.float64)
    alpha = rgba[:, :, 3]
    yuv = paint(rgba[:, :, :3] / 255)
    # A chroma sample is the mean of four, each counting as much as it is seen.
    seen = _quads(alpha)
    half = seen.mean(axis=2)
    weights = np.where(half[:, :, None] > 0, seen, 1)
    u, v = ((_quads(yuv[:, :, k]) * weights).sum(axis=2) / weights.sum(axis=2) for k in (1, 2))
    return Overlay(*(_octets(plane) for plane in (yuv[:, :, 0], u, v, alpha, half)))


def _octets(plane: Samples) -> Plane:
    return np.ascontiguousarray(np.clip(np.round(plane), 0, 255).astype(np.uint8))


def _quads(plane: Samples) -> Samples:
    """Shape (h, w) as (h // 2, w // 2, 4): the four samples under each chroma sample."""
    height, width = plane.shape
    quads = plane.reshape(height // 2, 2, width // 2, 2).swapaxes(1, 2)
    return quads.reshape(height // 2, width // 2, 4)
