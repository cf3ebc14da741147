"""What lies over all panes: banner, caption, logo; and what they leave of a pane for its name.

The banner stands at its edge of the canvas; the caption beside it if both are at one edge; the logo
in its corner, inside of both.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mcu_core.compositor.labels import even
from mcu_core.compositor.logo import drawn
from mcu_core.compositor.overlay import Overlay
from mcu_core.compositor.scene import LogoPicture, PixelRect
from mcu_core.compositor.strip import Strip, strip
from mcu_core.compositor.surface import Planes
from mcu_core.contract.definition import TextStrip

CORNER_SHARE = 0.02
"""The distance of a logo from the edges is this share of the canvas height."""


class Room(NamedTuple):
    """What of a pane no strip covers, and where in there a logo lies."""

    clear: PixelRect
    logo: PixelRect | None


class Cover(NamedTuple):
    """One thing over the panes, where it is, and how far its text has moved (1/256 samples)."""

    rect: PixelRect
    drawing: Strip | Overlay
    shift: int = 0

    def lay(self, there: Planes) -> None:
        """Over the planes of its place."""
        if isinstance(self.drawing, Strip):
            self.drawing.lay(there, self.shift)
        else:
            self.drawing.lay(there)


@dataclass(frozen=True, slots=True, eq=False)
class Covers:
    """What lies over the panes of a canvas, and where; no two of them overlap."""

    free: PixelRect
    strips: tuple[tuple[PixelRect, Strip], ...]
    logo: tuple[PixelRect, Overlay] | None

    def room(self, pane: PixelRect) -> Room:
        """What they leave of a pane; `clear` has no height where they leave nothing."""
        top = min(max(pane.y, self.free.y), pane.bottom)
        bottom = max(min(pane.bottom, self.free.bottom), top)
        clear = PixelRect(pane.x, top, pane.w, bottom - top)
        logo = self.logo[0] if self.logo is not None and self.logo[0].overlaps(clear) else None
        return Room(clear, logo)

    def at(self, age_ns: int) -> tuple[Cover, ...]:
        """All of them, `age_ns` after the texts were set."""
        strips = tuple(Cover(rect, text, text.shift(age_ns)) for rect, text in self.strips)
        return strips if self.logo is None else (*strips, Cover(*self.logo))


@lru_cache(16)
def covers(
    banner: TextStrip | None,
    caption: TextStrip | None,
    logo: LogoPicture | None,
    width: int,
    height: int,
) -> Covers:
    """What lies over a canvas of that size.

    The first call for a text or a logo draws it, in some milliseconds: who calls it before a scene
    is composed keeps that off the tick. Raises BadInput for a colour that is none.
    """
    strips = []
    top, bottom = 0, height
    for text in (banner, caption):
        made = None if text is None else strip(text, width, height)
        if text is None or made is None:
            continue
        if text.position == "top":
            strips.append((PixelRect(0, top, width, made.height), made))
            top += made.height
        else:
            bottom -= made.height
            strips.append((PixelRect(0, bottom, width, made.height), made))
    free = PixelRect(0, top, width, bottom - top)
    return Covers(free, tuple(strips), _in_corner(logo, free, height))


def _in_corner(
    logo: LogoPicture | None, free: PixelRect, height: int
) -> tuple[PixelRect, Overlay] | None:
    overlay = None if logo is None else drawn(logo, free.w, height)
    if logo is None or overlay is None:
        return None
    edge = even(max(4, round(height * CORNER_SHARE)))
    w, h = overlay.width, overlay.height
    if h + 2 * edge > free.h or w + 2 * edge > free.w:
        return None
    x = edge if logo.corner.endswith("left") else free.right - edge - w
    y = free.y + edge if logo.corner.startswith("top") else free.bottom - edge - h
    return PixelRect(x, y, w, h), overlay
