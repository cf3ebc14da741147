"""Text as masks: one line, measured, shortened, drawn in the machine's font."""

import unicodedata
from bisect import bisect_right

import numpy as np
from PIL import Image, ImageDraw

from mcu_core.compositor.fonts import font
from mcu_core.media.picture import Plane

LONGEST = 120
"""Characters of a name that are looked at."""


def cleaned(text: str, longest: int = LONGEST) -> str:
    """One line without control characters, trimmed, of bounded length."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[:longest])
    return " ".join(plain.split())


def text_width(text: str, size: int) -> int:
    """Pixels that the text takes in letters of `size` pixels."""
    return round(font(size).getlength(text))


def shortened(text: str, size: int, width: int) -> str:
    """The text, or as much of it as fits in `width` pixels with an ellipsis behind."""
    if text_width(text, size) <= width:
        return text
    fitting = bisect_right(
        range(1, len(text)), width, key=lambda k: text_width(text[:k] + "…", size)
    )
    return text[:fitting].rstrip() + "…"


def written(text: str, size: int, width: int, height: int) -> Plane:
    """The mask of a line of text in the middle of width x height samples."""
    image = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(image)
    pen.text((width / 2, height / 2), text, 255, font(size), anchor="mm")
    return np.asarray(image)


def initial(letter: str, size: int, side: int) -> Plane:
    """The mask of one letter in a square, its ink in the middle.

    A font's own middle sits too low for Chinese.
    """
    image = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = pen.textbbox((0, 0), letter, font(size))
    middle = ((side - left - right) / 2, (side - top - bottom) / 2)
    pen.text(middle, letter, 255, font(size))
    return np.asarray(image)


def letters(text: str, size: int, height: int) -> Plane:
    """The mask of a line of text of any length, as wide as itself, in the middle of its height."""
    image = Image.new("L", (text_width(text, size) + size, height), 0)
    ImageDraw.Draw(image).text((0, height / 2), text, 255, font(size), anchor="lm")
    return np.asarray(image)
