"""Own layouts: what is right is read exactly, what is wrong is named."""

from fractions import Fraction
from typing import Any

import pytest

from mcu_core.errors import BadInput
from mcu_core.layouts.own import read_layout

WHOLE = {"x": 0, "y": 0, "w": 1, "h": 1}
HALF = {"x": 0, "y": 0, "w": 0.5, "h": 1}


def test_numbers_and_ratios_are_read_exactly() -> None:
    layout = read_layout(
        {"name": "查房", "main": 1, "panes": [HALF, {"x": "1/2", "y": 0.333, "w": 0.5, "h": "1/3"}]}
    )
    assert (layout.id, layout.name, layout.main, layout.kind) == (None, "查房", 1, "own")
    assert layout.panes[0].right == Fraction(1, 2) == layout.panes[1].x
    assert layout.panes[1].h == Fraction(1, 3)


def test_rounded_thirds_are_thirds() -> None:
    panes = [{"x": x, "y": 0, "w": 0.3333, "h": 1} for x in (0, 0.3333, 0.6667)]
    edges = [(pane.x, pane.right) for pane in read_layout({"panes": panes}).panes]
    assert edges == [(Fraction(k, 3), Fraction(k + 1, 3)) for k in range(3)]


def test_declared_overlap_is_kept_with_its_order() -> None:
    layout = read_layout({"panes": [WHOLE, {**HALF, "z": 3}], "overlap": True})
    assert [pane.z for pane in layout.panes] == [0, 3]


def _pane(**values: object) -> dict[str, Any]:
    return {"panes": [{**HALF, **values}]}


BAD: list[tuple[str, object, str]] = [
    ("not an object", [1, 2], "layout"),
    ("no panes", {}, "layout.panes"),
    ("panes a text", {"panes": "abc"}, "layout.panes"),
    ("no pane in it", {"panes": []}, "layout.panes"),
    ("too many", {"panes": [WHOLE] * 101, "overlap": True}, "layout.panes"),
    ("pane a number", {"panes": [3]}, "layout.panes[0]"),
    ("missing width", {"panes": [{"x": 0, "y": 0, "h": 1}]}, "layout.panes[0].w"),
    ("text", _pane(x="left"), "layout.panes[0].x"),
    ("nothing", _pane(y=None), "layout.panes[0].y"),
    ("truth", _pane(x=True), "layout.panes[0].x"),
    ("not a number", _pane(w=float("nan")), "layout.panes[0].w"),
    ("endless", _pane(h=float("inf")), "layout.panes[0].h"),
    ("huge", _pane(x=10**400), "layout.panes[0].x"),
    ("by zero", _pane(x="1/0"), "layout.panes[0].x"),
    ("negative", _pane(x=-0.1), "layout.panes[0].x"),
    ("zero size", _pane(w=0), "layout.panes[0].w"),
    ("beyond the right edge", _pane(x=0.6), "layout.panes[0].w"),
    ("on the right edge", _pane(x=1, w=0.0005), "layout.panes[0].w"),
    ("beyond the bottom", _pane(y=0.01), "layout.panes[0].h"),
    ("order a fraction", _pane(z=0.5), "layout.panes[0].z"),
    ("order too high", _pane(z=10**6), "layout.panes[0].z"),
    ("unknown in pane", _pane(color="red"), "layout.panes[0].color"),
    ("unknown in layout", {"panes": [WHOLE], "colour": 1}, "layout.colour"),
    ("main outside", {"panes": [WHOLE], "main": 1}, "layout.main"),
    ("main negative", {"panes": [WHOLE], "main": -1}, "layout.main"),
    ("overlap a number", {"panes": [WHOLE], "overlap": 1}, "layout.overlap"),
    ("name a number", {"panes": [WHOLE], "name": 1}, "layout.name"),
    ("overlap not declared", {"panes": [WHOLE, HALF]}, "layout.panes[1]"),
]


@pytest.mark.parametrize(("obj", "field"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input_names_the_field(obj: object, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_layout(obj)
    assert caught.value.field == field
    assert field in str(caught.value)


def test_the_caller_may_name_the_place() -> None:
    with pytest.raises(BadInput) as caught:
        read_layout(_pane(w=7), "own")
    assert caught.value.field == "own.panes[0].w"
