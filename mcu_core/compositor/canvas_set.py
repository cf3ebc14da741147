"""The canvases of all views that have one size: what looks alike in one tick is composed once."""

from collections.abc import Hashable
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from mcu_core.compositor.canvas import Canvas
from mcu_core.compositor.look import Look, Viewer
from mcu_core.compositor.scene import Scene
from mcu_core.compositor.tile_cache import TileCache
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture

UNUSED_NS = 2 * NS_PER_SECOND
"""A canvas that nobody needed for so long is given up."""


class _Shown(NamedTuple):
    look: Look
    draft: bool
    picture: Picture


class _View:
    """One view: its canvas if it needs one, when it and the canvas were last used, what it got."""

    def __init__(self) -> None:
        self.canvas: Canvas | None = None
        self.asked_ns = self.drawn_ns = 0
        self.found: Picture | None = None
        self.given: Picture | None = None


class CanvasSet:
    """Composes scenes for views by their keys; one thread at a time may call it.

    Views whose scenes look alike in one tick (one stamp) are composed once, and get the same
    Picture object as long as no view would go back in time by that: a canvas that has not changed
    for a while has an old stamp. No two pictures of a set have one serial. `tiles` may be shared
    with other sets. `composed`, `scaled` and `reused` are sums of what the canvases counted;
    `shared` counts pictures that a view took from another.
    """

    def __init__(self, width: int, height: int, tiles: TileCache | None = None) -> None:
        self.shared = self.composed = self.scaled = self.reused = 0
        self._size = width, height
        self._tiles = TileCache() if tiles is None else tiles
        self._serials = count(1)
        self._viewer = Viewer(width, height)
        self._views: dict[Hashable, _View] = {}
        self._shown: list[_Shown] = []
        self._stamp_ns: int | None = None

    def compose(
        self, key: Hashable, scene: Scene, stamp_ns: int = 0, draft: bool = False
    ) -> Picture:
        """As Canvas.compose, for the view of that key; all of one tick have one stamp."""
        if stamp_ns != self._stamp_ns:
            self._begin(stamp_ns)
        view = self._views.setdefault(key, _View())
        view.asked_ns = stamp_ns
        look = self._viewer.look(scene, stamp_ns)
        found = self._alike(look, draft)
        if found is None:
            found = self._drawn(view, scene, look, stamp_ns, draft)
            self._shown.append(_Shown(look, draft, found))
        if found is not view.found or view.given is None:
            back = view.given is not None and found.stamp_ns <= view.given.stamp_ns
            view.found = view.given = found
            if back:
                serial = next(self._serials)
                view.given = replace(found, stamp_ns=stamp_ns, serial=serial)
        return view.given

    @property
    def canvases(self) -> int:
        """How many there are: fewer than views where some look alike."""
        return sum(view.canvas is not None for view in list(self._views.values()))

    def _alike(self, look: Look, draft: bool) -> Picture | None:
        """What another view of this tick shows, if that is the same; a draft only for a draft."""
        for shown in self._shown:
            if shown.draft <= draft and shown.look == look:
                self.shared += 1
                return shown.picture
        return None

    def _drawn(self, view: _View, scene: Scene, look: Look, stamp_ns: int, draft: bool) -> Picture:
        if view.canvas is None:
            view.canvas = Canvas(*self._size, self._tiles, self._serials)
        canvas, view.drawn_ns = view.canvas, stamp_ns
        before = canvas.composed, canvas.scaled, canvas.reused
        picture = canvas.show(scene, look, stamp_ns, draft)
        self.composed += canvas.composed - before[0]
        self.scaled += canvas.scaled - before[1]
        self.reused += canvas.reused - before[2]
        return picture

    def _begin(self, stamp_ns: int) -> None:
        """A new tick: nothing is shown yet, and what nobody needed for long goes."""
        self._stamp_ns = stamp_ns
        self._shown.clear()
        for key, view in list(self._views.items()):
            if stamp_ns - view.asked_ns > UNUSED_NS:
                del self._views[key]
            elif stamp_ns - view.drawn_ns > UNUSED_NS:
                view.canvas = None
