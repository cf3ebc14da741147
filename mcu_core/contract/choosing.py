"""Layouts that callers name or draw, as the contract has them."""

from collections.abc import Mapping

from mcu_core.contract.definition import LayoutChoice, LayoutRect, OwnLayout
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.own import read_layout


def choose_mode(number: object, field: str = "mode") -> LayoutChoice:
    """Mode 0..49, or None for automatic; raises BadInput."""
    try:
        return LayoutChoice() if number is None else LayoutChoice(mode=mode(number).id)
    except BadInput as error:
        raise BadInput(field, error.expected) from error


def choose_own(drawing: object, field: str = "own") -> LayoutChoice:
    """A caller's own layout; raises BadInput naming the value, such as `own.panes[2].w`."""
    layout = read_layout(drawing, field)
    overlap = isinstance(drawing, Mapping) and drawing.get("overlap") is True
    panes = tuple(
        LayoutRect(float(pane.x), float(pane.y), float(pane.w), float(pane.h), pane.z)
        for pane in layout.panes
    )
    return LayoutChoice(own=OwnLayout(panes, layout.name, layout.main, overlap))
