"""A canvas: composes scenes, doing again only what has changed.

Canvases rotate, because encoders in other threads still read the last ones. Each sheet of memory
remembers what stands in each of its panes; a pane that it lacks is copied from the newest sheet if
that has it, and drawn from the source only if nobody does.
"""

from typing import Any

from mcu_core.compositor.painter import BLACK, copy, fill, paint_pane, shows_picture
from mcu_core.compositor.scene import PaneView, PixelRect, Placement, Scene, plan
from mcu_core.compositor.sheets import Sheet, SheetPool
from mcu_core.compositor.tiles import Planes, TileCache, TileKey, draw_tile, new_tile
from mcu_core.kernels import planes
from mcu_core.layouts.model import Layout
from mcu_core.media.picture import Picture

__all__ = ["Canvas", "PaneView", "Scene"]

EMPTY = PaneView("", None, state="empty")
ABSENT = "absent"
"""An empty pane that lies over others is not there: what is below shows."""


class Canvas:
    """Composes scenes into pictures of one size; one thread at a time may call `compose`.

    `composed` counts pictures, `scaled` tiles made from a source, `reused` panes that needed none.
    """

    def __init__(self, width: int, height: int, tiles: TileCache | None = None) -> None:
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise ValueError(f"canvas size {width}x{height} is not even and positive")
        self.composed = self.scaled = self.reused = 0
        self._size = width, height
        self._tiles = tiles
        self._pool = SheetPool(width, height)
        self._sheet: Sheet | None = None
        self._picture: Picture | None = None
        self._layout: Layout | None = None
        self._order: tuple[int, ...] = ()
        self._rects: tuple[PixelRect, ...] = ()

    def compose(self, scene: Scene, stamp_ns: int = 0) -> Picture:
        """The picture of a scene, stamped `stamp_ns`; the same object again if nothing changed.

        The picture is left alone for as long as anybody holds it or one of its planes. Its
        `owner` is the array behind all planes, shape (height * 3 // 2, width).
        """
        self._follow(scene.layout)
        views = tuple(scene.panes[k] if k < len(scene.panes) else EMPTY for k in self._order)
        wanted = [self._key(k, view) for k, view in enumerate(views)]
        newest = self._sheet
        if (
            self._picture is not None
            and newest is not None
            and newest.rects == self._rects
            and newest.held == wanted
        ):
            self.reused += sum(shows_picture(view) for view in views)
            return self._picture
        sheet = self._pool.take()
        self._bring_up(sheet, newest, wanted, views)
        self._sheet = sheet
        self.composed += 1
        self._picture = Picture(
            *sheet.planes(), stamp_ns=stamp_ns, serial=self.composed, owner=sheet.memory
        )
        return self._picture

    @property
    def abandoned(self) -> int:
        """Sheets of memory left to readers that kept too many pictures."""
        return self._pool.abandoned

    def _follow(self, layout: Layout) -> None:
        """Panes in the order in which they are painted: lower `z` first, then as listed."""
        if layout is self._layout:
            return
        rects = plan(layout, *self._size)
        order = sorted(range(len(rects)), key=lambda k: layout.panes[k].z)
        self._layout = layout
        self._order = tuple(k for k in order if rects[k].w and rects[k].h)
        self._rects = tuple(rects[k] for k in self._order)

    def _key(self, k: int, view: PaneView) -> Any:
        """What pane k shows, in a form that compares."""
        if view.state == "empty":
            rect = self._rects[k]
            below = any(rect.overlaps(other) for other in self._rects[:k])
            return ABSENT if below else "empty"
        look = (view.state, view.label, view.speaking)
        picture = view.picture
        if picture is None or not shows_picture(view):
            return look
        return (
            *look,
            *(view.source_id, picture.serial, picture.stamp_ns, picture.y.shape, view.fit),
            *(picture.color, picture.pixel_aspect, picture.rotation),
        )

    def _bring_up(
        self, sheet: Sheet, newest: Sheet | None, wanted: list[Any], views: tuple[PaneView, ...]
    ) -> None:
        """Write into `sheet` what it lacks."""
        canvas = sheet.planes()
        if sheet.rects != self._rects:
            fill(canvas, PixelRect(0, 0, *self._size), BLACK)
            sheet.rects, sheet.held = self._rects, [ABSENT] * len(wanted)
        touched = self._clear_absent(canvas, sheet, wanted)
        if newest is not None and (newest is sheet or newest.rects != self._rects):
            newest = None
        for k, (rect, key, view) in enumerate(zip(self._rects, wanted, views, strict=True)):
            if key == ABSENT:
                continue
            if sheet.held[k] != key or any(rect.overlaps(other) for other in touched):
                sheet.held[k] = None  # should the drawing fail
                if newest is not None and self._copyable(k, newest, wanted):
                    copy(canvas, newest.planes(), rect)
                    self.reused += shows_picture(view)
                else:
                    paint_pane(canvas, rect, view, self._draw_tile)
                sheet.held[k] = key
                touched.append(rect)
            else:
                self.reused += shows_picture(view)

    def _clear_absent(self, canvas: Planes, sheet: Sheet, wanted: list[Any]) -> list[PixelRect]:
        """Black where a pane was that is not there any more; what lies there is painted again."""
        touched = []
        for k, rect in enumerate(self._rects):
            if wanted[k] == ABSENT and sheet.held[k] != ABSENT:
                fill(canvas, rect, BLACK)
                sheet.held[k] = ABSENT
                touched.append(rect)
        return touched

    def _copyable(self, k: int, newest: Sheet, wanted: list[Any]) -> bool:
        """True if the newest sheet has pane k, and nothing over it that is gone by now."""
        rect = self._rects[k]
        return bool(newest.held[k] == wanted[k]) and not any(
            wanted[above] == ABSENT and newest.held[above] != ABSENT
            for above in range(k + 1, len(wanted))
            if rect.overlaps(self._rects[above])
        )

    def _draw_tile(self, target: Planes, view: PaneView, placement: Placement) -> None:
        """The tile from the shared cache, else from the source."""
        picture = view.picture
        if picture is None:
            return
        greyed = view.state == "stalled"
        if self._tiles is None:
            draw_tile(target, picture, placement, greyed)
            self.scaled += 1
            return
        place = (placement.crop, placement.turns, placement.tile.w, placement.tile.h)
        key = TileKey(view.source_id, picture.serial, picture.stamp_ns, *place, greyed)
        tile = self._tiles.get(key)
        if tile is None:
            tile = new_tile(placement)
            draw_tile(tile, picture, placement, greyed)
            self._tiles.put(key, tile)
            self.scaled += 1
        for plane, other in zip(target, tile, strict=True):
            planes.copy(plane, other)
