"""What a layout is: named panes on a canvas of 1 x 1, origin at the upper left."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

LayoutKind = Literal["none", "tiled", "letterboxed", "pip", "own"]
"""none: mode 0, no division; tiled: panes cover the canvas without overlap; letterboxed: blank
bands remain; pip: small panes lie over a full one; own: a caller's rectangles."""


@dataclass(frozen=True, slots=True)
class PaneRect:
    """One pane in exact fractions of the canvas; a higher `z` lies above a lower one."""

    x: Fraction
    y: Fraction
    w: Fraction
    h: Fraction
    z: int = 0

    @property
    def right(self) -> Fraction:
        """The edge after the last column."""
        return self.x + self.w

    @property
    def bottom(self) -> Fraction:
        """The edge after the last row."""
        return self.y + self.h


@dataclass(frozen=True, slots=True)
class Layout:
    """Panes in the order in which sites fill them; `main` is the index of the highlighted one.

    `id` is the mode number of WS/T 546 table 63, None for a caller's own layout.
    """

    id: int | None
    name: str
    main: int
    panes: tuple[PaneRect, ...]
    kind: LayoutKind
