"""How the panes of a layout lie on one canvas: pixels, painting order, who meets whom."""

from dataclasses import dataclass

from mcu_core.compositor.covers import Covers, Room
from mcu_core.compositor.scene import PixelRect, plan
from mcu_core.layouts.model import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Panes in the order in which they are painted: lower `z` first, then as listed.

    `order[k]` is the pane's number in the layout, `rects[k]` its place, `meets[k]` the panes that
    share samples with it, `rooms[k]` what the covers leave of it. Panes without a sample are left
    out.
    """

    order: tuple[int, ...]
    rects: tuple[PixelRect, ...]
    meets: tuple[frozenset[int], ...]
    rooms: tuple[Room, ...]

    def floats(self, k: int) -> bool:
        """True if pane k lies over another."""
        return any(other < k for other in self.meets[k])


def arrange(layout: Layout, covers: Covers, width: int, height: int) -> Arrangement:
    """The panes of a layout on a canvas of that size."""
    places = plan(layout, width, height)
    order = sorted(range(len(places)), key=lambda k: layout.panes[k].z)
    order = [k for k in order if places[k].w and places[k].h]
    rects = tuple(places[k] for k in order)
    meets = tuple(
        frozenset(j for j, other in enumerate(rects) if j != k and rect.overlaps(other))
        for k, rect in enumerate(rects)
    )
    return Arrangement(tuple(order), rects, meets, tuple(covers.room(rect) for rect in rects))
