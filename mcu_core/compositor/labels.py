"""Site names on pictures: white on a dark, half transparent plate."""

import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw

from mcu_core.compositor.fonts import font
from mcu_core.compositor.overlay import Overlay, overlay

INK = (255, 255, 255, 255)
PLATE = (12, 16, 22, 165)

LONGEST = 120
"""Characters of a name that are looked at."""
SHARE = 0.052
SMALLEST, LARGEST = 12, 34
"""The text is this share of the pane's height high, within these pixels."""
LEAST_WIDTH, LEAST_HEIGHT = 64, 48
"""Panes below this carry no name."""
SMOOTH = 4
"""Plates are drawn this many times larger and shrunk, for smooth corners."""


@lru_cache(512)
def label(text: str, pane_w: int, pane_h: int) -> Overlay | None:
    """The plate with a name for a pane of that size; None if there is no room or no name.

    Too long a name ends in an ellipsis. Characters that the font lacks come out as boxes.
    """
    text = cleaned(text)
    if not text or pane_w < LEAST_WIDTH or pane_h < LEAST_HEIGHT:
        return None
    size = text_size(pane_h)
    pad_x, pad_y = round(size * 0.6), round(size * 0.32)
    text = shortened(text, size, pane_w - 2 * margin(pane_h) - 2 * pad_x)
    width = even(text_width(text, size) + 2 * pad_x)
    height = even(round(size * 1.2) + 2 * pad_y)
    image = rounded_plate(width, height, round(height * 0.28), PLATE)
    ImageDraw.Draw(image).text((width / 2, height / 2), text, INK, font(size), anchor="mm")
    return overlay(image)


def margin(pane_h: int) -> int:
    """The even distance between a pane's edge and the plate: clear of the speaker's border."""
    return even(max(6, round(pane_h * 0.025)))


def text_size(pane_h: int) -> int:
    """Height of the letters in pixels."""
    return min(LARGEST, max(SMALLEST, round(pane_h * SHARE)))


def even(size: int) -> int:
    """The next even number."""
    return size + size % 2


def cleaned(text: str) -> str:
    """One line without control characters, trimmed, of bounded length."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[:LONGEST])
    return " ".join(plain.split())


def text_width(text: str, size: int) -> int:
    """Pixels that the text takes."""
    return round(font(size).getlength(text))


def shortened(text: str, size: int, width: int) -> str:
    """The text, or as much of it as fits in `width` pixels with an ellipsis behind."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def rounded_plate(
    width: int, height: int, radius: int, color: tuple[int, int, int, int]
) -> Image.Image:
    """A transparent image with a plate of that size on it, corners smooth."""
    large = Image.new("L", (width * SMOOTH, height * SMOOTH), 0)
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, width * SMOOTH - 1, height * SMOOTH - 1), radius * SMOOTH, fill=255
    )
    mask = large.resize((width, height), Image.Resampling.BOX)
    plate = Image.new("RGBA", (width, height), (*color[:3], 0))
    plate.putalpha(mask.point([value * color[3] // 255 for value in range(256)]))
    return plate
