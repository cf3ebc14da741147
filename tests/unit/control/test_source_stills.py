"""Planes of an engine become the picture that a viewer sees."""

from fractions import Fraction

import numpy as np
import pytest

from control_api.services.source_stills import image_of
from mcu_core.contract.commands import StillTaken

# Y, Cb, Cr of pure colours: ITU-R BT.709 and BT.601, limited range; the last of full range.
COLORS = [
    ("bt709", False, (63, 102, 240), (255, 0, 0)),
    ("bt601", False, (81, 90, 240), (255, 0, 0)),
    ("bt709", False, (32, 240, 118), (0, 0, 255)),
    ("bt601", True, (76, 85, 255), (255, 0, 0)),
    ("bt709", False, (16, 128, 128), (0, 0, 0)),
    ("bt709", False, (235, 128, 128), (255, 255, 255)),
]


def taken(width: int, height: int, color: tuple[int, int, int], **how: object) -> StillTaken:
    half = (width + 1) // 2 * ((height + 1) // 2)
    sizes = (width * height, half, half)
    y, u, v = (bytes([code]) * size for code, size in zip(color, sizes, strict=True))
    return StillTaken(width, height, y, u, v, **how)  # type: ignore[arg-type] # differs from test to test


@pytest.mark.parametrize(("matrix", "full", "color", "rgb"), COLORS)
def test_colours(matrix: str, full: bool, color: tuple[int, int, int], rgb: object) -> None:
    image = image_of(taken(64, 36, color, matrix=matrix, full_range=full))
    assert image.size == (64, 36)
    assert np.abs(np.asarray(image, int) - rgb).max() <= 4


@pytest.mark.parametrize("size", [(2, 2), (427, 241), (1920, 1080)])
def test_every_sample_stands_in_its_place(size: tuple[int, int]) -> None:
    width, height = size
    luma = np.add.outer(np.arange(height), np.arange(width)) % 200 + 20
    grey = bytes([128]) * ((width + 1) // 2 * ((height + 1) // 2))
    image = image_of(
        StillTaken(width, height, luma.astype(np.uint8).tobytes(), grey, grey, full_range=True)
    )
    assert np.abs(np.asarray(image.convert("L"), int) - luma).max() <= 2


def test_it_is_upright_with_square_pixels() -> None:
    aspect = Fraction(12, 11)
    cif = taken(352, 288, (100, 128, 128), pixel_aspect=(aspect.numerator, aspect.denominator))
    assert image_of(cif).size == (384, 288)
    left_dark = np.full((4, 8), 235, np.uint8)
    left_dark[:, :4] = 16
    grey = bytes([128]) * 8
    turned = image_of(StillTaken(8, 4, left_dark.tobytes(), grey, grey, rotation=90))
    assert turned.size == (4, 8)
    shown = np.asarray(turned.convert("L"), int)
    assert shown[:4].max() < 20, "what was left is on top after a turn clockwise"
    assert shown[4:].min() > 235
