"""Tiles: a source's picture as it stands in a pane, scaled, turned and in the canvas's colour."""

from functools import lru_cache

import numpy as np

from mcu_core.compositor.colors import coefficients
from mcu_core.compositor.scene import PixelRect, Placement
from mcu_core.compositor.surface import Planes
from mcu_core.kernels import planes
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.resample import resample
from mcu_core.kernels.scale import by_ratio, scale_chroma, scale_luma
from mcu_core.kernels.weights import WHOLE, Axis, chroma_axis, luma_axis
from mcu_core.media.picture import Picture, Plane


def draw_tile(
    target: Planes, picture: Picture, placement: Placement, greyed: bool, draft: bool = False
) -> None:
    """Scale the part of `picture` that `placement` names into `target`, planes of the tile's size.

    `draft`: half the rows are scaled, the others repeat them, which costs about two thirds; by a
    compiled ratio all are scaled, which costs half of that.
    Raises ValueError for a picture whose planes do not belong together.
    """
    check(picture)
    crop = placement.crop
    source = (
        _part(picture.y, crop.x, crop.y, crop.w, crop.h),
        *(
            _part(plane, crop.x // 2, crop.y // 2, (crop.w + 1) // 2, (crop.h + 1) // 2)
            for plane in (picture.u, picture.v)
        ),
    )
    size, upright_size = (crop.h, crop.w), _upright_size(placement)
    rough = draft and not by_ratio(size, upright_size)
    scale = _copy if size == upright_size else _scale_draft if rough else _scale
    if placement.turns:
        upright = _empty(placement.tile, placement.turns % 2 == 1)
        scale(upright, source, crop)
        for plane, part in zip(target, upright, strict=True):
            planes.turn(plane, part, placement.turns)
    else:
        scale(target, source, crop)
    table = coefficients(picture.color, greyed)
    if table is not None:
        recolor(*target, table)


def new_tile(placement: Placement) -> Planes:
    """Memory for a tile."""
    return _empty(placement.tile, False)


def check(picture: Picture) -> None:
    """Raises ValueError for planes that do not make one I420 picture: kernels check no bounds."""
    half = ((picture.height + 1) // 2, (picture.width + 1) // 2)
    sizes = (picture.y.ndim, picture.u.shape, picture.v.shape)
    if sizes != (2, half, half) or not picture.y.size:
        raise ValueError(f"planes {picture.y.shape}, {picture.u.shape}, {picture.v.shape}")


def _upright_size(placement: Placement) -> tuple[int, int]:
    """Rows and columns of the tile before it is turned."""
    tile = placement.tile
    return (tile.w, tile.h) if placement.turns % 2 else (tile.h, tile.w)


def _copy(target: Planes, source: tuple[Plane, ...], crop: PixelRect) -> None:
    for to, part in zip(target, source, strict=True):
        planes.copy(to, part)


def _scale(target: Planes, source: tuple[Plane, ...], crop: PixelRect) -> None:
    height, width = target[0].shape
    scale_luma(target[0], source[0])
    for to, part in zip(target[1:], source[1:], strict=True):
        scale_chroma(to, part, (crop.h, crop.w), (height, width))


def _scale_draft(target: Planes, source: tuple[Plane, ...], crop: PixelRect) -> None:
    """Every second row, out of single rows of the source; the others repeat them."""
    width = target[0].shape[1]
    for k, (to, part) in enumerate(zip(target, source, strict=True)):
        across = luma_axis(crop.w, width) if k == 0 else chroma_axis(crop.w, width, True)
        rows = (to.shape[0] + 1) // 2
        resample(to[::2], part, *across, *_nearest(part.shape[0], rows))
        # NumPy sees that these rows do not overlap; the kernel would go byte by byte.
        np.copyto(to[1::2], to[::2][: to.shape[0] // 2])


@lru_cache(256)
def _nearest(source: int, target: int) -> Axis:
    """One source sample for each output sample: the one in its middle."""
    middle = (2 * np.arange(target, dtype=np.int64) + 1) * source // (2 * target)
    spans = np.stack([middle, np.ones_like(middle)], axis=1)
    return Axis(spans, np.full((target, 1), WHOLE - 1, np.uint16))


def _part(plane: Plane, x: int, y: int, w: int, h: int) -> Plane:
    """A view; a copy only where columns are not side by side."""
    part = plane[y : y + h, x : x + w]
    return part if plane.strides[1] == 1 else np.ascontiguousarray(part)


def _empty(tile: PixelRect, swapped: bool) -> Planes:
    h, w = (tile.w, tile.h) if swapped else (tile.h, tile.w)
    return (
        np.empty((h, w), np.uint8),
        np.empty((h // 2, w // 2), np.uint8),
        np.empty((h // 2, w // 2), np.uint8),
    )
