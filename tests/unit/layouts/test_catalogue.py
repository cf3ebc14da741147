"""The drawn modes against the geometry kept apart from them."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import MODES, mode
from mcu_core.layouts.model import PaneRect

VECTORS = Path(__file__).parents[2] / "vectors" / "cp_modes.json"
REFERENCE: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["modes"]


def test_all_fifty_are_there_under_their_number() -> None:
    assert [layout.id for layout in MODES] == list(range(50))
    assert len(REFERENCE) == 50


@pytest.mark.parametrize("row", REFERENCE[1:], ids=lambda row: str(row["name"]))
def test_mode_equals_its_reference(row: dict[str, Any]) -> None:
    layout = mode(row["id"])
    assert (layout.name, layout.kind, layout.main) == (row["name"], row["kind"], row["main"])
    expected = [
        (*(Fraction(pane[key]) for key in ("x", "y", "w", "h")), pane["layer"])
        for pane in row["panes"]
    ]
    assert [(p.x, p.y, p.w, p.h, p.z) for p in layout.panes] == expected


def test_mode_zero_is_one_pane_over_everything() -> None:
    layout = mode(0)
    assert layout.name == REFERENCE[0]["name"] == "CP_None"
    assert layout.panes == (PaneRect(Fraction(0), Fraction(0), Fraction(1), Fraction(1)),)


@pytest.mark.parametrize("row", REFERENCE[1:], ids=lambda row: str(row["name"]))
def test_the_name_says_how_many_panes(row: dict[str, Any]) -> None:
    assert len(mode(row["id"]).panes) == int(row["name"].split("_")[1])


@pytest.mark.parametrize("number", [50, -1, 1.0, "12", None, True])
def test_anything_else_is_refused(number: object) -> None:
    with pytest.raises(BadInput) as caught:
        mode(number)
    assert caught.value.field == "mode"
