"""From any colour to the canvas's: coefficients for kernels/recolor, and paint for what we draw."""

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import BadInput
from mcu_core.kernels.recolor import BITS
from mcu_core.media.color import CANVAS_COLOR, Color, Matrix, Range

Samples = NDArray[np.float64]

# Weights of red and blue in luma: ITU-R BT.601-7 2.5.1, BT.709-6 3.2.
LUMA_WEIGHTS = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}
# Codes of luma's black, its span and chroma's span.
CODES = {Range.LIMITED: (16, 219, 224), Range.FULL: (0, 255, 255)}

WEB_COLOR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")

GREY_CONTRAST = 0.6
GREY_LIFT = 10
"""A stalled picture: no colour, less contrast, a little lighter than black."""


@lru_cache
def coefficients(color: Color, greyed: bool) -> NDArray[np.int64] | None:
    """What turns a picture of `color` into the canvas's, greyed if wanted; None: nothing to do."""
    if color == CANVAS_COLOR and not greyed:
        return None
    matrix = _from_rgb(CANVAS_COLOR) @ np.linalg.inv(_from_rgb(color))
    offset = _zero(CANVAS_COLOR) - matrix @ _zero(color)
    if greyed:
        black = CODES[CANVAS_COLOR.range][0]
        matrix[0] *= GREY_CONTRAST
        offset[0] = (offset[0] - black) * GREY_CONTRAST + black + GREY_LIFT
        matrix[1:], offset[1:] = 0, 128
    offset += 0.5  # the kernel cuts off
    y, u, v = np.column_stack([matrix, offset])
    # Between two YCbCr colours chroma never takes from luma: its first column is 0.
    table: NDArray[np.float64] = np.round(np.concatenate([y, u[1:], v[1:]]) * 2**BITS)
    return table.astype(np.int64)


def paint(rgb: Samples) -> Samples:
    """Red, green and blue 0..1 in the last axis as canvas Y, Cb, Cr, not yet rounded."""
    return rgb @ _from_rgb(CANVAS_COLOR).T + _zero(CANVAS_COLOR)


def web_color(text: str) -> tuple[int, int, int]:
    """The canvas's Y, Cb, Cr of a colour written #rrggbb."""
    return read_color(text)[0]


def read_color(text: str) -> tuple[tuple[int, int, int], int]:
    """The canvas's Y, Cb, Cr of #rrggbb or #rrggbbaa, and how opaque it is, 0..255.

    Raises BadInput for anything else.
    """
    if not WEB_COLOR.fullmatch(text):
        raise BadInput("color", "#rrggbb or #rrggbbaa")
    rgb = np.array([int(text[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    y, u, v = np.round(paint(rgb)).astype(int).tolist()
    return (y, u, v), int(text[7:9] or "ff", 16)


def _from_rgb(color: Color) -> Samples:
    """Red, green, blue 0..1 to Y, Cb, Cr codes, without their zero."""
    red, blue = LUMA_WEIGHTS[color.matrix]
    _, luma_span, chroma_span = CODES[color.range]
    y = np.array([red, 1 - red - blue, blue])
    u = (np.array([0, 0, 1]) - y) / (2 * (1 - blue))
    v = (np.array([1, 0, 0]) - y) / (2 * (1 - red))
    return np.stack([y * luma_span, u * chroma_span, v * chroma_span])


def _zero(color: Color) -> Samples:
    return np.array([CODES[color.range][0], 128.0, 128.0])
