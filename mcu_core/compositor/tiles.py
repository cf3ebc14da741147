"""Tiles: a source's picture as it stands in a pane, scaled, turned and in the canvas's colour."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

import numpy as np

from mcu_core.compositor.colors import coefficients
from mcu_core.compositor.scene import PixelRect, Placement
from mcu_core.kernels import planes
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.resample import resample
from mcu_core.kernels.weights import chroma_axis, luma_axis
from mcu_core.media.picture import Picture, Plane

Planes = tuple[Plane, Plane, Plane]


class TileKey(NamedTuple):
    """What makes two tiles equal."""

    source_id: str
    serial: int
    stamp_ns: int
    crop: PixelRect
    turns: int
    width: int
    height: int
    greyed: bool


class TileCache:
    """Scaled tiles that several canvases share, the newest up to `limit_bytes`; thread-safe.

    `hits` and `misses` count look-ups, `dropped` tiles that went for newer ones.
    """

    def __init__(self, limit_bytes: int = 32_000_000) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._tiles: OrderedDict[TileKey, Planes] = OrderedDict()
        self._lock = Lock()
        self.hits = self.misses = self.dropped = 0

    def get(self, key: TileKey) -> Planes | None:
        """The tile, read-only, or None."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is None:
                self.misses += 1
                return None
            self.hits += 1
            self._tiles.move_to_end(key)
            return tile

    def put(self, key: TileKey, tile: Planes) -> None:
        """Keep a tile; the ones unused longest go when there are too many bytes."""
        with self._lock:
            if key not in self._tiles:
                self._bytes += _size(tile)
            self._tiles[key] = tile
            while self._bytes > self._limit and len(self._tiles) > 1:
                self._bytes -= _size(self._tiles.popitem(last=False)[1])
                self.dropped += 1


def draw_tile(target: Planes, picture: Picture, placement: Placement, greyed: bool) -> None:
    """Scale the part of `picture` that `placement` names into `target`, planes of the tile's size.

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
    if placement.turns:
        upright = _empty(placement.tile, placement.turns % 2 == 1)
        _scale(upright, source, crop)
        for plane, part in zip(target, upright, strict=True):
            planes.turn(plane, part, placement.turns)
    else:
        _scale(target, source, crop)
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


def _scale(target: Planes, source: tuple[Plane, ...], crop: PixelRect) -> None:
    height, width = target[0].shape
    resample(target[0], source[0], *luma_axis(crop.w, width), *luma_axis(crop.h, height))
    across, down = chroma_axis(crop.w, width, True), chroma_axis(crop.h, height, False)
    resample(target[1], source[1], *across, *down)
    resample(target[2], source[2], *across, *down)


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


def _size(tile: Planes) -> int:
    return sum(plane.nbytes for plane in tile)
