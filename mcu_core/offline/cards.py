"""Cutting: a source's picture as small as it will stand in its pane, ready to be composed."""

from typing import NamedTuple

from mcu_core.compositor.scene import PixelRect, place
from mcu_core.compositor.tiles import draw_tile, new_tile
from mcu_core.contract.definition import PaneFit
from mcu_core.media.picture import Picture


class Cut(NamedTuple):
    """The pane that a picture is for: its size, even and positive, and how the picture meets it."""

    width: int
    height: int
    fit: PaneFit


READY = PaneFit.FIT
"""How what `cut` returns meets the same pane: it comes to stand where the source itself would."""


def cut(picture: Picture, form: Cut) -> Picture:
    """The picture at the size, turn and colour in which a canvas draws it in a pane of that form.

    A canvas that gets the result with fit READY composes the same bits as from `picture`.
    """
    pane = PixelRect(0, 0, form.width, form.height)
    placement = place(
        picture.width, picture.height, picture.pixel_aspect, picture.rotation, pane, form.fit
    )
    tile = new_tile(placement)
    draw_tile(tile, picture, placement, False)
    return Picture(*tile, stamp_ns=picture.stamp_ns, serial=picture.serial)
