"""What a pane shows while its site sends no picture: a disc with an initial, and the name."""

from functools import lru_cache

from PIL import Image, ImageDraw

from mcu_core.compositor.fonts import font
from mcu_core.compositor.labels import (
    LEAST_HEIGHT,
    LEAST_WIDTH,
    cleaned,
    even,
    rounded_plate,
    shortened,
    text_size,
    text_width,
)
from mcu_core.compositor.overlay import Overlay, overlay

GROUND = "#23282f"
DISC = (58, 67, 79, 255)
INITIAL = (205, 213, 222, 255)
NAME = (172, 182, 194, 255)


@lru_cache(128)
def placeholder(text: str, pane_w: int, pane_h: int) -> Overlay | None:
    """The disc and the name, to stand in the middle of a pane of that size on GROUND.

    None if there is no name or no room.
    """
    text = cleaned(text)
    if not text or pane_w < LEAST_WIDTH or pane_h < LEAST_HEIGHT:
        return None
    disc = even(min(round(min(pane_h, pane_w) * 0.34), 240))
    size = round(text_size(pane_h) * 1.15)
    gap = round(disc * 0.16)
    text = shortened(text, size, round(pane_w * 0.9))
    width = even(max(disc, text_width(text, size)) + 2)
    height = even(disc + gap + round(size * 1.4))
    image = Image.new("RGBA", (width, height), (*NAME[:3], 0))
    image.paste(rounded_plate(disc, disc, disc // 2, DISC), ((width - disc) // 2, 0))
    pen = ImageDraw.Draw(image)
    _draw_initial(pen, text[0].upper()[0], width / 2, disc / 2, round(disc * 0.46))
    pen.text((width / 2, disc + gap + size * 0.7), text, NAME, font(size), anchor="mm")
    return overlay(image)


def _draw_initial(pen: ImageDraw.ImageDraw, letter: str, x: float, y: float, size: int) -> None:
    """The ink itself in the middle: a font's own middle sits too low for Chinese."""
    left, top, right, bottom = pen.textbbox((0, 0), letter, font(size))
    pen.text((x - (left + right) / 2, y - (top + bottom) / 2), letter, INITIAL, font(size))
