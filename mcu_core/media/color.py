"""Colour of a picture: the one place that knows matrices and ranges (ITU-R BT.601, BT.709)."""

from dataclasses import dataclass
from enum import StrEnum


class Matrix(StrEnum):
    """Which red, green and blue weights make luma."""

    BT601 = "bt601"
    BT709 = "bt709"


class Range(StrEnum):
    """Which codes carry the picture: 16..235/240, or 0..255."""

    LIMITED = "limited"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Color:
    """Matrix and range of an 8-bit 4:2:0 picture."""

    matrix: Matrix
    range: Range


CANVAS_COLOR = Color(Matrix.BT709, Range.LIMITED)
"""Every canvas is composed, and tagged in the encoded stream, as BT.709 limited range."""

SMALLEST_HD_HEIGHT = 720


def assumed_color(height: int) -> Color:
    """What an untagged stream of `height` lines most likely is (BT.601 below HD, else BT.709)."""
    matrix = Matrix.BT709 if height >= SMALLEST_HD_HEIGHT else Matrix.BT601
    return Color(matrix, Range.LIMITED)
