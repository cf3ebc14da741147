"""Text as masks: one line, measured, shortened, drawn in the machine's font."""

import unicodedata
from bisect import bisect_right
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from mcu_core.compositor.fonts import font
from mcu_core.media.picture import Plane

LONGEST = 120
"""Characters of a name that are looked at."""
PIECE = 16
"""Long text is drawn in pieces of about so many characters."""
CHINESE = "\u2e80"
"""From here on characters neither join nor move those beside them."""


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
    """The mask of a line of text of any length, as wide as itself, in the middle of its height.

    It is drawn piece by piece: the library keeps other threads waiting while it draws.
    """
    face = font(size)
    pieces = [(piece, face.getlength(piece)) for piece in _pieces(text)]
    image = Image.new("L", (ceil(sum(width for _, width in pieces)) + size, height), 0)
    pen, x = ImageDraw.Draw(image), 0.0
    for piece, width in pieces:
        pen.text((x, height / 2), piece, 255, face, anchor="lm")
        x += width
    return np.asarray(image)


def _pieces(text: str) -> list[str]:
    """The text cut at spaces and between Chinese characters; uncut if it runs leftwards."""
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return [text]
    pieces, begin = [], 0
    for k in range(PIECE, len(text)):
        whole = text[k].isspace() or (text[k] >= CHINESE and text[k - 1] >= CHINESE)
        if k - begin >= PIECE and whole and not unicodedata.combining(text[k]):
            pieces.append(text[begin:k])
            begin = k
    return [*pieces, text[begin:]]
