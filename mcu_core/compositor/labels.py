"""Site names on pictures: white on a dark, half transparent plate."""

from functools import lru_cache

import numpy as np

from mcu_core.compositor import shapes
from mcu_core.compositor.colors import web_color
from mcu_core.compositor.lettering import cleaned, shortened, text_width, written
from mcu_core.compositor.overlay import Layer, Overlay, layered

INK = web_color("#ffffff")
PLATE = web_color("#0c1016")
PLATE_OPACITY = 165

HEIGHT_SHARE, WIDTH_SHARE = 0.058, 0.09
SMALLEST, LARGEST = 12, 34
"""Letters are as high as the smaller of these shares of the pane, within these pixels."""
LEAST_WIDTH, LEAST_HEIGHT = 64, 48
"""Panes below this carry no name: it could not be read, or would hide the picture."""


@lru_cache(4096)
def label(text: str, pane_w: int, pane_h: int) -> Overlay | None:
    """The plate with a name for a pane of that size; None if there is no room or no name.

    Too long a name ends in an ellipsis. Characters that the font lacks come out as boxes.
    """
    text = cleaned(text)
    if not text or pane_w < LEAST_WIDTH or pane_h < LEAST_HEIGHT:
        return None
    size = text_size(pane_w, pane_h)
    room = pane_w - 2 * margin(pane_w, pane_h)
    plate = _plate(shortened(text, size, room - 2 * _beside(size)), size)
    return plate if plate.width <= room else None


@lru_cache(2048)
def _plate(text: str, size: int) -> Overlay:
    """Panes of many sizes have letters of one size, and share it."""
    width = even(text_width(text, size) + 2 * _beside(size))
    height = even(round(size * 1.2) + 2 * round(size * 0.32))
    ground = shapes.plate(width, height, height * 0.28).astype(np.uint16) * PLATE_OPACITY // 255
    letters = written(text, size, width, height)
    return layered(width, height, [Layer(ground.astype(np.uint8), PLATE), Layer(letters, INK)])


def _beside(size: int) -> int:
    """Free columns at either side of letters of that size."""
    return round(size * 0.6)


def margin(pane_w: int, pane_h: int) -> int:
    """The even distance between a pane's edge and the plate: clear of the speaker's border."""
    return even(max(6, round(min(pane_w, pane_h) * 0.025)))


def text_size(pane_w: int, pane_h: int) -> int:
    """Height of the letters in pixels."""
    share = min(pane_h * HEIGHT_SHARE, pane_w * WIDTH_SHARE)
    return min(LARGEST, max(SMALLEST, round(share)))


def even(size: int) -> int:
    """The next even number."""
    return size + size % 2
