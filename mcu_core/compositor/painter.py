"""Drawing one pane on a canvas: picture, bars, placeholder, name, border.

Names and placeholders stand in what banner and caption leave free of the pane, a name also above a
logo that would hide it. Where there is no room for that, they are left out.
"""

from collections.abc import Callable
from functools import lru_cache

from mcu_core.compositor.colors import web_color
from mcu_core.compositor.covers import Room
from mcu_core.compositor.labels import even, label, margin
from mcu_core.compositor.overlay import Overlay
from mcu_core.compositor.placeholder import GROUND, Reason, placeholder
from mcu_core.compositor.scene import PaneView, PixelRect, Placement, place
from mcu_core.compositor.surface import BLACK, Planes, fill, part

TileDrawer = Callable[[Planes, PaneView, Placement, bool], None]
"""Draws a pane's tile into the planes of its place, as a draft or not."""

SPEAKER = web_color("#35c07f")

LEAST_EDGED = 16
"""Placeholders of this size have an edge."""
BORDER_SHARE = 0.011
"""The speaker's border is this share of the pane's smaller side, at least two samples."""


def paint_pane(
    canvas: Planes,
    rect: PixelRect,
    room: Room,
    view: PaneView,
    draft: bool,
    draw_tile: TileDrawer,
) -> None:
    """Everything inside `rect`, all of which is written."""
    if view.state == "empty":
        fill(canvas, rect, BLACK)
        return
    if shows_picture(view) and view.picture is not None:
        source = view.picture
        placement = place(
            source.width, source.height, source.pixel_aspect, source.rotation, rect, view.fit
        )
        for bar in placement.bars:
            fill(canvas, bar, BLACK)
        draw_tile(part(canvas, placement.tile), view, placement, draft)
        name = _name(view.label, rect, placement.tile, room)
        if name is not None:
            plate, spot = name
            plate.lay(part(canvas, spot))
    else:
        _fill_ground(canvas, rect)
        _lay_placeholder(canvas, rect, room.clear, view)
    if view.speaking:
        _draw_border(canvas, rect)


def shows_picture(view: PaneView) -> bool:
    """True if the pane shows its source's picture, live or stalled."""
    return view.picture is not None and view.state in ("live", "stalled")


@lru_cache(4096)
def _name(
    text: str, pane: PixelRect, tile: PixelRect, room: Room
) -> tuple[Overlay, PixelRect] | None:
    """The plate with the name, and where it stands; None if there is no room for it."""
    plate = label(text, pane.w, pane.h)
    if plate is None:
        return None
    edge, clear = margin(pane.w, pane.h), room.clear
    # On the picture or on the bar below it, not half on either.
    beside = clear.bottom - tile.bottom >= plate.height + edge
    base = clear.bottom if beside else min(clear.bottom, tile.bottom)
    spot = PixelRect(clear.x + edge, base - edge - plate.height, plate.width, plate.height)
    if room.logo is not None and room.logo.overlaps(spot):
        spot = PixelRect(spot.x, room.logo.y - edge - spot.h, spot.w, spot.h)
    return (plate, spot) if spot.y >= clear.y else None


def _fill_ground(canvas: Planes, pane: PixelRect) -> None:
    """With a dark edge, so that panes without a picture are told apart; tiny ones have none."""
    inner = pane
    if min(pane.w, pane.h) >= LEAST_EDGED:
        fill(canvas, pane, BLACK)
        inner = PixelRect(pane.x + 2, pane.y + 2, pane.w - 4, pane.h - 4)
    fill(canvas, inner, GROUND)


def _lay_placeholder(canvas: Planes, pane: PixelRect, clear: PixelRect, view: PaneView) -> None:
    """As large as in any pane of this size if there is room for that, else smaller."""
    for height in (pane.h, clear.h):
        card = placeholder(_reason(view), view.label, pane.w, height, view.speaking)
        if card is not None and card.height <= clear.h:
            x = clear.x + (clear.w - card.width) // 4 * 2
            y = clear.y + (clear.h - card.height) // 4 * 2
            card.lay(part(canvas, PixelRect(x, y, card.width, card.height)))
            return


def _reason(view: PaneView) -> Reason:
    """Why there is no picture; one that is live or stalled and has none has not come yet."""
    return view.state if view.state in ("camera-off", "audio-only") else "no-video"


def _draw_border(canvas: Planes, rect: PixelRect) -> None:
    width = max(2, even(round(min(rect.w, rect.h) * BORDER_SHARE)))
    if rect.w < 4 * width or rect.h < 4 * width:
        return
    inner = rect.h - 2 * width
    for bar in (
        PixelRect(rect.x, rect.y, rect.w, width),
        PixelRect(rect.x, rect.bottom - width, rect.w, width),
        PixelRect(rect.x, rect.y + width, width, inner),
        PixelRect(rect.right - width, rect.y + width, width, inner),
    ):
        fill(canvas, bar, SPEAKER)
