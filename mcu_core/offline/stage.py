"""The stage: plans become canvases, most of which the inputs' readers paint, each at its places."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from mcu_core.compositor.arrangement import Arrangement, arrange
from mcu_core.compositor.covers import Covers, covers
from mcu_core.compositor.painter import paint_pane
from mcu_core.compositor.scene import PaneState, PaneView, PixelRect, Placement
from mcu_core.compositor.sheets import Sheet
from mcu_core.compositor.surface import BLACK, Planes, copy, fill, part
from mcu_core.contract.definition import PaneFit
from mcu_core.media.picture import Picture
from mcu_core.offline.cards import Card, Spot
from mcu_core.offline.course import Plan, PlannedPane

EMPTY = PlannedPane("", PaneFit.AUTO, "", False, "empty")


@dataclass(frozen=True, slots=True, eq=False)
class StagedPlan:
    """A plan in pixels, panes in painting order.

    `cards[k]`: None where no picture is shown. `lone[k]`: nothing lies over the pane or under it.
    `shown`: the panes of each input's pictures.
    """

    plan: Plan
    arrangement: Arrangement
    covers: Covers
    panes: tuple[PlannedPane, ...]
    cards: tuple[Card | None, ...]
    lone: tuple[bool, ...]
    shown: Mapping[str, tuple[int, ...]]


@dataclass(slots=True, eq=False)
class _Leaf:
    """A canvas in memory; `bare`: the panes without a picture that it shows as in `staged`."""

    sheet: Sheet
    staged: StagedPlan | None = None
    bare: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A canvas that is to become the picture of a plan. `spots[k]`: where pane k's card goes."""

    staged: StagedPlan
    leaf: _Leaf
    canvas: Planes
    spots: tuple[Spot | None, ...]

    def spots_of(self, site: str) -> tuple[Spot, ...]:
        """What that input's reader is to paint."""
        spots = (self.spots[k] for k in self.staged.shown.get(site, ()))
        return tuple(spot for spot in spots if spot is not None)


class Stage:
    """Prepares and completes canvases of one size; both belong to one thread.

    There is memory for as many as are prepared, or looked at by anybody, at a time.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._leaves: list[_Leaf] = []
        self._last: StagedPlan | None = None
        self._serials = count(1)

    def prepare(self, plan: Plan) -> Prepared:
        """A canvas for the plan, all black where no pane is."""
        staged = self._staged(plan)
        leaf = self._take()
        canvas = leaf.sheet.planes()
        if leaf.staged is not staged or staged.covers.strips:
            fill(canvas, PixelRect(0, 0, *self._size), BLACK)
            leaf.staged = staged
            leaf.bare.clear()
        places = zip(staged.cards, staged.arrangement.rects, staged.lone, strict=True)
        spots = tuple(
            None if card is None else Spot(card, part(canvas, rect) if lone else _apart(card))
            for card, rect, lone in places
        )
        return Prepared(staged, leaf, canvas, spots)

    def complete(self, prepared: Prepared, seen: Mapping[str, bool], at_ns: int) -> Picture:
        """The picture of the plan; `seen`: for whom the reader had a picture, and has painted."""
        staged, leaf, canvas = prepared.staged, prepared.leaf, prepared.canvas
        arrangement, plan = staged.arrangement, staged.plan
        for k, (pane, spot) in enumerate(zip(staged.panes, prepared.spots, strict=True)):
            rect = arrangement.rects[k]
            if spot is not None and seen[pane.site]:
                leaf.bare.discard(k)
                if not staged.lone[k]:
                    copy(part(canvas, rect), spot.target)
            elif k not in leaf.bare and not (pane.state == "empty" and arrangement.floats(k)):
                paint_pane(canvas, rect, arrangement.rooms[k], _view(pane), False, _no_tile)
                if staged.lone[k]:
                    leaf.bare.add(k)
        for cover in staged.covers.at(at_ns - plan.texts_since_ns):
            cover.lay(part(canvas, cover.rect))
        return Picture(*canvas, stamp_ns=at_ns, serial=next(self._serials), owner=leaf.sheet.memory)

    def _staged(self, plan: Plan) -> StagedPlan:
        if self._last is None or self._last.plan is not plan:
            over = covers(plan.banner, plan.caption, None, *self._size)
            arrangement = arrange(plan.layout, over, *self._size)
            panes = tuple(
                plan.panes[k] if k < len(plan.panes) else EMPTY for k in arrangement.order
            )
            rects, rooms = arrangement.rects, arrangement.rooms
            places = zip(panes, rects, rooms, strict=True)
            cards = tuple(_card(pane, rect, room.clear) for pane, rect, room in places)
            lone = tuple(
                not meets and room.clear == rect
                for meets, room, rect in zip(arrangement.meets, rooms, rects, strict=True)
            )
            shown: dict[str, tuple[int, ...]] = {}
            for k, (pane, card) in enumerate(zip(panes, cards, strict=True)):
                if card is not None:
                    shown[pane.site] = (*shown.get(pane.site, ()), k)
            self._last = StagedPlan(plan, arrangement, over, panes, cards, lone, shown)
        return self._last

    def _take(self) -> _Leaf:
        """The one that has not been looked at for longest, to be drawn anew."""
        leaf = next((leaf for leaf in self._leaves if not leaf.sheet.read), None)
        if leaf is None:
            leaf = _Leaf(Sheet(*self._size))
        else:
            self._leaves.remove(leaf)
        self._leaves.append(leaf)
        return leaf


def _card(pane: PlannedPane, rect: PixelRect, clear: PixelRect) -> Card | None:
    if pane.state != "live":
        return None
    inside = PixelRect(clear.x - rect.x, clear.y - rect.y, clear.w, clear.h)
    return Card(rect.w, rect.h, pane.fit, pane.label, pane.speaking, inside)


def _apart(card: Card) -> Planes:
    """Memory for what cannot be painted before what lies below it."""
    half = card.height // 2, card.width // 2
    luma = np.empty((card.height, card.width), np.uint8)
    return luma, np.empty(half, np.uint8), np.empty(half, np.uint8)


def _view(pane: PlannedPane) -> PaneView:
    """A pane without a picture."""
    state: PaneState = "no-video" if pane.state == "live" else pane.state
    return PaneView(pane.site, None, pane.fit, pane.label, pane.speaking, state)


def _no_tile(target: Planes, view: PaneView, placement: Placement, draft: bool) -> None:
    """Nothing: there is no picture."""
