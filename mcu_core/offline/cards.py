"""Cards: panes with picture, name and border, painted at their places before the rest is there."""

from typing import NamedTuple

from mcu_core.compositor.covers import Room
from mcu_core.compositor.painter import paint_pane
from mcu_core.compositor.scene import PaneView, PixelRect, Placement
from mcu_core.compositor.surface import Planes
from mcu_core.compositor.tiles import draw_tile
from mcu_core.contract.definition import PaneFit
from mcu_core.media.picture import Picture


class Card(NamedTuple):
    """What is seen in a pane but for the picture. Its size is even and positive.

    `clear` is what texts leave free of it, seen from its own corner.
    """

    width: int
    height: int
    fit: PaneFit
    label: str
    speaking: bool
    clear: PixelRect


class Spot(NamedTuple):
    """Where a card is to be painted: planes of its size."""

    card: Card
    target: Planes


def paint(spot: Spot, picture: Picture) -> None:
    """Write all of the spot, the bits that a canvas would have in that pane.

    Raises ValueError for a picture whose planes do not belong together.
    """
    card = spot.card
    view = PaneView("", picture, card.fit, card.label, card.speaking)
    whole = PixelRect(0, 0, card.width, card.height)
    paint_pane(spot.target, whole, Room(card.clear, None), view, False, _draw)


def _draw(target: Planes, view: PaneView, placement: Placement, draft: bool) -> None:
    if view.picture is not None:
        draw_tile(target, view.picture, placement, False, draft)
