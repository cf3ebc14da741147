"""A frame counter that a machine reads out of a picture, whatever codecs and scalers did to it.

The marker is a grid of black and white cells in the upper middle of a picture, sized in fractions
of it: a cell is 1/32 of the width and 1/24 of the height. So it keeps its place, in proportion,
when the picture is scaled into a pane, and is not cut when a pane crops 16:9 to a square. Names
stand at a pane's lower edge, which it leaves free. In a pane of 320x180 a cell has 10x7 pixels.

    row 0   sync: a fixed word; its cells also say what black and white have become
    row 1   counter, upper 16 of 24 bits
    row 2   counter, lower 8 bits; source, 8 bits
    row 3   CRC-16/CCITT-FALSE of the four bytes above

A picture without a marker, or with a damaged one, reads as None: the chance that noise passes sync
and checksum is below 2^-30.
"""

import binascii
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.picture import Plane

COUNTER_BITS = 24
COUNTERS = 1 << COUNTER_BITS
SOURCES = 256

_COLUMNS, _ROWS = 16, 4
_LEFT, _CELL_WIDTH = 8 / 32, 1 / 32
_TOP, _CELL_HEIGHT = 2 / 24, 1 / 24
_SYNC = 0b1010_0111_0010_1100
_BLACK, _WHITE, _NEUTRAL = 24, 224, 128
_CRC_START = 0xFFFF
_LEAST_CONTRAST = 40
"""Luma steps between black and white below which a picture is not thought to hold a marker."""

_SAMPLES = 5
_CELL_MARGIN = 0.25
"""How much of a cell's edge is not looked at: scalers and codecs smear there."""

Rect = tuple[float, float, float, float]
"""x, y, width, height of a whole picture inside a larger one, in pixels; may reach beyond it."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What a marker says: `counter` 0 .. 2^24-1, `source` 0 .. 255."""

    counter: int
    source: int


def draw(planes: tuple[Plane, Plane, Plane], counter: int, source: int) -> None:
    """Write a marker into the planes y, u, v of an I420 picture, in place; counters wrap at 2^24.

    The picture should have at least 160x96 pixels. `source` must be in 0..255 (ValueError).
    """
    if not 0 <= source < SOURCES:
        raise ValueError(f"marker source {source} is not in 0..255")
    luma, *chroma = planes
    height, width = luma.shape
    xs = _even_edges(width, _LEFT, _CELL_WIDTH, _COLUMNS)
    ys = _even_edges(height, _TOP, _CELL_HEIGHT, _ROWS)
    cells = np.where(_cells(counter % COUNTERS, source), np.uint8(_WHITE), np.uint8(_BLACK))
    luma[ys[0] : ys[-1], xs[0] : xs[-1]] = cells.repeat(np.diff(ys), 0).repeat(np.diff(xs), 1)
    for plane in chroma:
        plane[ys[0] // 2 : ys[-1] // 2, xs[0] // 2 : xs[-1] // 2] = _NEUTRAL


def read(luma: Plane, rect: Rect | None = None) -> Marker | None:
    """The marker of the picture at `rect` in `luma` (by default all of it); None if unreadable.

    Costs some 40 µs whatever the size: 25 points of each cell are looked at.
    """
    height, width = luma.shape
    x, y, w, h = rect if rect is not None else (0.0, 0.0, float(width), float(height))
    xs = _sample_points(x, w, _LEFT, _CELL_WIDTH, _COLUMNS)
    ys = _sample_points(y, h, _TOP, _CELL_HEIGHT, _ROWS)
    if xs[0] < 0 or ys[0] < 0 or xs[-1] >= width or ys[-1] >= height:
        return None
    points = luma[np.ix_(ys, xs)].reshape(_ROWS, _SAMPLES, _COLUMNS, _SAMPLES)
    means: NDArray[np.float64] = points.mean(axis=(1, 3))
    sync = _bits(_SYNC)
    white, black = float(means[0][sync].mean()), float(means[0][~sync].mean())
    if white - black < _LEAST_CONTRAST:
        return None
    return _decoded(means > (white + black) / 2)


def _decoded(cells: NDArray[np.bool_]) -> Marker | None:
    words = np.packbits(cells, axis=1)
    if words[0].tobytes() != _SYNC.to_bytes(2, "big"):
        return None
    message = words[1:3].tobytes()
    if words[3].tobytes() != _checksum(message):
        return None
    return Marker(int.from_bytes(message[:3], "big"), message[3])


def _cells(counter: int, source: int) -> NDArray[np.bool_]:
    message = counter.to_bytes(3, "big") + bytes([source])
    word = _SYNC.to_bytes(2, "big") + message + _checksum(message)
    bits = np.unpackbits(np.frombuffer(word, np.uint8))
    return bits.reshape(_ROWS, _COLUMNS).astype(np.bool_)


def _checksum(message: bytes) -> bytes:
    return binascii.crc_hqx(message, _CRC_START).to_bytes(2, "big")


def _bits(word: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(word.to_bytes(2, "big"), np.uint8)).astype(np.bool_)


def _even_edges(size: int, start: float, step: float, count: int) -> NDArray[np.intp]:
    """Where the cells begin and end along one axis, on even pixels so that chroma fits."""
    return (np.rint(size * (start + step * np.arange(count + 1)) / 2) * 2).astype(np.intp)


def _sample_points(
    origin: float, size: float, start: float, step: float, count: int
) -> NDArray[np.intp]:
    inside = np.linspace(_CELL_MARGIN, 1 - _CELL_MARGIN, _SAMPLES)
    cells = (start + step * (np.arange(count)[:, None] + inside)).ravel()
    return np.floor(origin + size * cells).astype(np.intp)
