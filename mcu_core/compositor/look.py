"""What a canvas is to show, in a form that compares and holds no picture."""

from collections import OrderedDict
from typing import Any, NamedTuple

from mcu_core.compositor.arrangement import Arrangement, arrange
from mcu_core.compositor.covers import Cover, Covers, covers
from mcu_core.compositor.painter import shows_picture
from mcu_core.compositor.scene import LogoPicture, PaneView, Scene
from mcu_core.contract.definition import TextStrip
from mcu_core.layouts.model import Layout

EMPTY = PaneView("", None, state="empty")
ABSENT = "absent"
"""An empty pane that lies over others is not there: what is below shows."""


class Draft(NamedTuple):
    """A pane that is to be drawn in the cheapest way, and what it shows."""

    key: Any


Wanted = tuple[TextStrip | None, TextStrip | None, LogoPicture | None]

MOST_ARRANGEMENTS = 64


class Look(NamedTuple):
    """Panes and covers of one scene at one moment.

    `panes[k]` describes what `arrangement.rects[k]` shows.
    """

    arrangement: Arrangement
    panes: tuple[Any, ...]
    covers: tuple[Cover, ...]


class Viewer:
    """Finds the looks of scenes on canvases of one size; one thread at a time."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._over: tuple[Wanted, Covers] | None = None
        self._arrangements: OrderedDict[tuple[int, int], tuple[Layout, Covers, Arrangement]] = (
            OrderedDict()
        )

    def look(self, scene: Scene, stamp_ns: int) -> Look:
        """What a scene looks like at that time."""
        over = self._covers(scene)
        arrangement = self._arranged(scene.layout, over)
        panes = tuple(
            _key(arrangement, k, view) for k, view in enumerate(ordered(scene, arrangement))
        )
        return Look(arrangement, panes, over.at(stamp_ns - scene.texts_since_ns))

    def _covers(self, scene: Scene) -> Covers:
        # Kept here too: others may have had so many texts meanwhile that ours would be drawn again.
        wanted = scene.banner, scene.caption, scene.logo
        if self._over is None or self._over[0] != wanted:
            self._over = wanted, covers(*wanted, *self._size)
        return self._over[1]

    def _arranged(self, layout: Layout, over: Covers) -> Arrangement:
        # By identity: hashing a layout's fractions takes longer than composing an unchanged canvas.
        name = id(layout), id(over)
        found = self._arrangements.get(name)
        if found is None:
            found = layout, over, arrange(layout, over, *self._size)
            self._arrangements[name] = found
            if len(self._arrangements) > MOST_ARRANGEMENTS:
                self._arrangements.popitem(last=False)
        return found[2]


def ordered(scene: Scene, arrangement: Arrangement) -> tuple[PaneView, ...]:
    """The scene's panes in painting order."""
    panes = scene.panes
    return tuple(panes[k] if k < len(panes) else EMPTY for k in arrangement.order)


def _key(arrangement: Arrangement, k: int, view: PaneView) -> Any:
    """What pane k shows."""
    if view.state == "empty":
        return ABSENT if arrangement.floats(k) else "empty"
    look = (view.state, view.label, view.speaking, arrangement.rooms[k])
    picture = view.picture
    if picture is None or not shows_picture(view):
        return look
    return (
        *look,
        *(view.source_id, picture.serial, picture.stamp_ns, picture.y.shape, view.fit),
        *(picture.color, picture.pixel_aspect, picture.rotation),
    )
