"""A canvas: composes scenes, doing again only what has changed.

Canvases rotate, because encoders in other threads still read the last ones. Each sheet of memory
remembers what stands in each of its panes; a pane that it lacks is copied from the newest sheet if
that has it, and drawn from the source only if nobody does. Texts and logo lie over the panes; below
them each sheet keeps the panes, so that a text that moves costs its own strip alone.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

from mcu_core.compositor.look import ABSENT, Draft, Look, Viewer, ordered
from mcu_core.compositor.painter import shows_picture
from mcu_core.compositor.redraw import redraw
from mcu_core.compositor.scene import PaneView, Placement, Scene
from mcu_core.compositor.sheets import Sheet, SheetPool
from mcu_core.compositor.surface import Planes
from mcu_core.compositor.tile_cache import TileCache
from mcu_core.compositor.tiles import draw_tile
from mcu_core.media.picture import Picture

__all__ = ["Canvas", "PaneView", "Scene"]


class Canvas:
    """Composes scenes into pictures of one size; one thread at a time may call it.

    `composed` counts pictures, `scaled` tiles made from a source, `reused` panes that needed none.
    Canvases that take turns behind one encoder share `serials`, so that no two of their pictures
    have the same.
    """

    def __init__(
        self,
        width: int,
        height: int,
        tiles: TileCache | None = None,
        serials: Iterator[int] | None = None,
    ) -> None:
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise ValueError(f"canvas size {width}x{height} is not even and positive")
        self.composed = self.scaled = self.reused = 0
        self._size = width, height
        self._tiles = tiles
        self._serials = count(1) if serials is None else serials
        self._viewer = Viewer(width, height)
        self._pool = SheetPool(width, height)
        self._sheet: Sheet | None = None
        self._picture: Picture | None = None

    def compose(self, scene: Scene, stamp_ns: int = 0, draft: bool = False) -> Picture:
        """The picture of a scene, stamped `stamp_ns`; the same object again if nothing changed.

        `draft` scales what is new in the cheapest way; it is made good as soon as `draft` is False.
        The picture is left alone for as long as anybody holds it or one of its planes. Its
        `owner` is the array behind all planes, shape (height * 3 // 2, width). Raises ValueError
        for a source whose planes do not belong together, BadInput for a text's colour.
        """
        return self.show(scene, self._viewer.look(scene, stamp_ns), stamp_ns, draft)

    def show(self, scene: Scene, look: Look, stamp_ns: int, draft: bool = False) -> Picture:
        """`compose` for a scene whose look at that time is known."""
        views = ordered(scene, look.arrangement)
        newest = self._sheet
        if newest is not None and newest.rects != look.arrangement.rects:
            newest = None
        wanted = _wanted(look, newest, draft)
        if self._picture is not None and newest is not None and newest.shows(wanted, look.covers):
            self.reused += sum(shows_picture(view) for view in views)
            return self._picture
        if self._tiles is not None:
            self._tiles.begin(stamp_ns)
        sheet = self._pool.take()
        below = None if newest is sheet else newest
        self.reused += redraw(sheet, below, look, wanted, views, self._draw_tile)
        self._sheet = sheet
        self.composed += 1
        self._picture = Picture(
            *sheet.planes(), stamp_ns=stamp_ns, serial=next(self._serials), owner=sheet.memory
        )
        return self._picture

    @property
    def abandoned(self) -> int:
        """Sheets of memory left to readers that kept too many pictures."""
        return self._pool.abandoned

    def _draw_tile(self, target: Planes, view: PaneView, placement: Placement, draft: bool) -> None:
        """From the shared cache, else from the source."""
        picture, greyed = view.picture, view.state == "stalled"
        if picture is None:
            return
        if self._tiles is None:
            draw_tile(target, picture, placement, greyed, draft)
            self.scaled += 1
        else:
            self.scaled += self._tiles.draw(
                target, view.source_id, picture, placement, greyed, draft
            )


def _wanted(look: Look, newest: Sheet | None, draft: bool) -> list[Any]:
    """What the panes are to hold; a draft only of what the newest sheet has not in full quality."""
    if not draft:
        return list(look.panes)
    held = [None] * len(look.panes) if newest is None else newest.held
    return [
        key if key in (ABSENT, have) else Draft(key)
        for key, have in zip(look.panes, held, strict=True)
    ]
