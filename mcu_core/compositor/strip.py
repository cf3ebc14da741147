"""Banner and caption (横幅, 字幕): a line of text across the canvas, drawn once, laid every tick.

Text that is too wide is made smaller, down to a limit; what is still too wide goes past in full
size: it stands for a moment so that its beginning can be read, moves to the left at an even speed,
and comes again after a gap. Where it is depends on the tick's stamp alone, in 1/256 of a sample: so
it moves evenly at any output rate, and all canvases show it alike.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcu_core.compositor.colors import read_color
from mcu_core.compositor.labels import even
from mcu_core.compositor.lettering import cleaned, letters, shortened, text_width
from mcu_core.compositor.surface import Planes
from mcu_core.contract.definition import TextStrip
from mcu_core.kernels.text import write
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Plane

LONGEST = 500
"""Characters that are looked at."""
WIDEST = 24_000
"""Pixels of text: what is longer ends in an ellipsis. The masks then take 1.5 bytes a pixel."""
LEAST_HEIGHT = 16
"""Of a strip in pixels; below, Chinese could not be read."""
TEXT_SHARE = 0.64
"""Letters are this share of the strip's height."""
SHRUNK = 0.7
"""Text is made smaller down to this share of its size before it has to move."""
MARGIN_SHARE = 0.5
"""Of the strip's height, left free beside text that stands, and before text that moves."""
GAP_SHARE = 4
"""Between the end of the text and its next beginning, in heights of its letters."""
SPEED = 3.5
"""Heights of its letters that the text moves in a second: four Chinese characters."""
REST_NS = 2 * NS_PER_SECOND
"""How long it stands before it moves."""

PARTS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """The text of one strip for one canvas width.

    `mask` has as many columns as the canvas and its movement need, `mask_half` is its chroma;
    `loop` is how far the text moves until it comes again, in samples: 0 if it stands; `speed` in
    1/256 samples a second.
    """

    mask: Plane
    mask_half: Plane
    ink: tuple[int, int, int]
    ground: tuple[int, int, int]
    opacity: int
    loop: int
    speed: int

    @property
    def height(self) -> int:
        """Rows of luma, even."""
        return int(self.mask.shape[0])

    def shift(self, age_ns: int) -> int:
        """How far the text has moved by then, in 1/256 samples; any age, also below 0."""
        if not self.loop:
            return 0
        moving_ns = self.loop * PARTS * NS_PER_SECOND // self.speed
        age_ns %= REST_NS + moving_ns
        return max(0, age_ns - REST_NS) * self.speed // NS_PER_SECOND

    def lay(self, target: Planes, shift: int) -> None:
        """Over planes of the canvas's width and the strip's height."""
        masks = (self.mask, self.mask_half, self.mask_half)
        for k, (plane, mask) in enumerate(zip(target, masks, strict=True)):
            whole, part = divmod(shift if k == 0 else shift // 2, PARTS)
            seen = mask[:, whole : whole + plane.shape[1] + 1]
            write(plane, seen, part, self.ink[k], self.ground[k], self.opacity)


@lru_cache(8)
def strip(text: TextStrip, width: int, canvas_h: int) -> Strip | None:
    """The strip for a canvas of that size; None without text or room.

    Raises BadInput for a colour that is none.
    """
    line = cleaned(text.text, LONGEST)
    height = even(max(LEAST_HEIGHT, round(text.size * canvas_h)))
    if not line or 2 * height > canvas_h:
        return None
    ink, _ = read_color(text.color)
    ground, opacity = read_color(text.background)
    size = round(height * TEXT_SHARE)
    margin = even(round(height * MARGIN_SHARE))
    fitting = _fitting(line, size, width - 2 * margin)
    if fitting:
        mask, loop = _standing(line, fitting, width, height), 0
    else:
        line = shortened(line, size, WIDEST)
        loop = even(text_width(line, size) + GAP_SHARE * size)
        mask = _moving(line, size, margin, loop, width, height)
    return Strip(mask, _halved(mask), ink, ground, opacity, loop, round(SPEED * size * PARTS))


def _halved(mask: Plane) -> Plane:
    """The mean of each square of four samples, rounded."""
    rows = mask[::2].astype(np.uint16) + mask[1::2]
    return ((rows[:, ::2] + rows[:, 1::2] + np.uint16(2)) >> np.uint16(2)).astype(np.uint8)


def _fitting(line: str, size: int, width: int) -> int:
    """The largest size of letters in which the text may stand; 0 if there is none."""
    wide = text_width(line, size)
    if wide <= width:
        return size
    least = max(1, round(size * SHRUNK))
    # Nearly in proportion: rounding may cost one or two sizes more.
    guess = min(size - 1, size * width // wide + 1)
    return next((s for s in range(guess, least - 1, -1) if text_width(line, s) <= width), 0)


def _standing(line: str, size: int, width: int, height: int) -> Plane:
    mask = np.zeros((height, width + 2), np.uint8)
    drawn = letters(line, size, height)
    left = (width - text_width(line, size)) // 2
    there = mask[:, left : left + drawn.shape[1]]
    there[...] = drawn[:, : there.shape[1]]
    return mask


def _moving(line: str, size: int, margin: int, loop: int, width: int, height: int) -> Plane:
    """Once around, and as much again as the canvas shows of it."""
    around = np.zeros((height, loop), np.uint8)
    drawn = letters(line, size, height)[:, : loop - margin]
    around[:, margin : margin + drawn.shape[1]] = drawn
    repeats = -(-(width + 2) // loop)
    return np.concatenate([around] * (repeats + 1), axis=1)[:, : loop + width + 2]
