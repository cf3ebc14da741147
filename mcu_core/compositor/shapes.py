"""Flat shapes with smooth edges, as masks.

Each shape is a signed distance, in samples, from its edge: below 0 inside. So a shape is right at
any size, drawn in one go, and shapes are joined by `np.minimum` and cut out by `np.maximum(a, -b)`.
Coordinates count from the middle of the mask, x to the right, y downwards, in units of the caller.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.picture import Plane

Distance = NDArray[np.float32]


class Field(NamedTuple):
    """Where the samples of a mask stand, and how many of them make a unit."""

    x: Distance
    y: Distance
    scale: float


def field(width: int, height: int, scale: float = 1.0) -> Field:
    """The places of width x height samples; `scale` samples make a unit."""
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / scale
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / scale
    return Field(x[None, :], y[:, None], scale)


def mask(distance: Distance, at: Field) -> Plane:
    """How much of each sample the shape covers, 0..255: its edge is one sample wide."""
    return np.asarray(np.round(np.clip(0.5 - distance * at.scale, 0, 1) * 255), np.uint8)


def box(at: Field, x: float, y: float, half_w: float, half_h: float, radius: float) -> Distance:
    """A rectangle around (x, y) with round corners."""
    across = np.abs(at.x - x) - (half_w - radius)
    down = np.abs(at.y - y) - (half_h - radius)
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    return np.asarray(outside + np.minimum(np.maximum(across, down), 0) - radius, np.float32)


def stroke(at: Field, x1: float, y1: float, x2: float, y2: float, width: float) -> Distance:
    """A straight line with round ends; a point's line is a disc."""
    dx, dy = x2 - x1, y2 - y1
    length = max(dx * dx + dy * dy, 1e-9)
    along = np.clip(((at.x - x1) * dx + (at.y - y1) * dy) / length, 0, 1)
    apart = np.hypot(at.x - x1 - along * dx, at.y - y1 - along * dy)
    return np.asarray(apart - width / 2, np.float32)


def bowl(at: Field, x: float, y: float, radius: float, width: float) -> Distance:
    """The lower half of a ring, its ends cut level."""
    ring = np.abs(np.hypot(at.x - x, at.y - y) - radius) - width / 2
    return np.asarray(np.maximum(ring, y - at.y), np.float32)


def wedge(at: Field, x: float, y: float, length: float, near: float, far: float) -> Distance:
    """A trapezium that opens to the right: from (x, y), `near` half high, to `far` half high."""
    slope = (far - near) / length
    side = (np.abs(at.y - y) - near - slope * (at.x - x)) / np.hypot(1, slope)
    ends = np.maximum(x - at.x, at.x - x - length)
    return np.asarray(np.maximum(side, ends), np.float32)


def plate(width: int, height: int, radius: float) -> Plane:
    """The mask of a rectangle that fills it, corners round."""
    at = field(width, height)
    return mask(box(at, 0, 0, width / 2, height / 2, radius), at)


def disc(size: int) -> Plane:
    """The mask of a disc that fills a square."""
    return plate(size, size, size / 2)


def camera_off(size: int) -> Plane:
    """A video camera, struck through, in a square of that size."""
    at = field(size, size, size / 2)
    body = box(at, -0.14, 0, 0.34, 0.28, 0.09)
    lens = wedge(at, 0.27, 0, 0.23, 0.08, 0.24)
    camera = np.minimum(body, lens)
    gap = stroke(at, -0.5, -0.5, 0.5, 0.5, 0.26)
    slash = stroke(at, -0.5, -0.5, 0.5, 0.5, 0.09)
    return mask(np.minimum(np.maximum(camera, -gap), slash), at)


def microphone(size: int) -> Plane:
    """A microphone on its stand, in a square of that size."""
    at = field(size, size, size / 2)
    head = stroke(at, 0, -0.34, 0, -0.04, 0.32)
    stand = bowl(at, 0, -0.04, 0.32, 0.09)
    stem = stroke(at, 0, 0.28, 0, 0.5, 0.09)
    foot = stroke(at, -0.18, 0.5, 0.18, 0.5, 0.09)
    return mask(np.minimum(np.minimum(head, stand), np.minimum(stem, foot)), at)
