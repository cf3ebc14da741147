"""Bringing a sheet up to a look: only what it lacks is copied or drawn."""

from collections.abc import Sequence
from typing import Any

from mcu_core.compositor.arrangement import Arrangement
from mcu_core.compositor.look import ABSENT, Draft, Look
from mcu_core.compositor.painter import TileDrawer, paint_pane, shows_picture
from mcu_core.compositor.scene import PaneView, PixelRect
from mcu_core.compositor.sheets import Sheet
from mcu_core.compositor.surface import BLACK, fill


def redraw(
    sheet: Sheet,
    newest: Sheet | None,
    look: Look,
    wanted: Sequence[Any],
    views: Sequence[PaneView],
    draw_tile: TileDrawer,
) -> int:
    """Write into `sheet` what it lacks of the `wanted` panes and of what lies over them.

    `newest` is another sheet with the same panes, to copy from. Returns how many panes show a
    picture that was not drawn anew. Should the drawing fail, the sheet knows what it lacks.
    """
    arrangement = look.arrangement
    rects = arrangement.rects
    canvas = sheet.planes()
    if sheet.rects != rects:
        height, width = canvas[0].shape
        fill(canvas, PixelRect(0, 0, width, height), BLACK)
        sheet.begin(rects, [ABSENT] * len(rects))
    gone = [k for k, key in enumerate(wanted) if key == ABSENT != sheet.held[k]]
    stale = _stale(sheet, arrangement, wanted, gone)
    _uncover(sheet, look, [rects[k] for k in (*gone, *stale)])
    for k in gone:
        fill(canvas, rects[k], BLACK)
        sheet.held[k] = ABSENT
    drawn = 0
    for k in stale:
        sheet.held[k] = None
        if newest is not None and _copyable(k, newest, arrangement, wanted):
            sheet.copy_panes(newest, rects[k])
        else:
            draft = isinstance(wanted[k], Draft)
            paint_pane(canvas, rects[k], arrangement.rooms[k], views[k], draft, draw_tile)
            drawn += shows_picture(views[k])
        sheet.held[k] = wanted[k]
    laid = {covered.cover for covered in sheet.covered}
    for cover in look.covers:
        if cover not in laid:
            sheet.cover(cover)
    return sum(shows_picture(view) for view in views) - drawn


def _stale(
    sheet: Sheet, arrangement: Arrangement, wanted: Sequence[Any], gone: Sequence[int]
) -> list[int]:
    """The panes to be written, lowest first: changed ones, and those that these lie under."""
    touched = set(gone)
    stale = []
    for k, key in enumerate(wanted):
        if key != ABSENT and (sheet.held[k] != key or not touched.isdisjoint(arrangement.meets[k])):
            touched.add(k)
            stale.append(k)
    return stale


def _uncover(sheet: Sheet, look: Look, written: Sequence[PixelRect]) -> None:
    """Lift what must go, or lies where panes will be written."""
    for covered in tuple(sheet.covered):
        place = covered.cover.rect
        if covered.cover not in look.covers or any(place.overlaps(rect) for rect in written):
            sheet.uncover(covered)


def _copyable(k: int, newest: Sheet, arrangement: Arrangement, wanted: Sequence[Any]) -> bool:
    """True if the newest sheet has pane k, and nothing over it that is gone by now."""
    return bool(newest.held[k] == wanted[k]) and not any(
        wanted[above] == ABSENT != newest.held[above] for above in arrangement.meets[k] if above > k
    )
