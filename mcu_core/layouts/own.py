"""A caller's own layout: read from plain JSON values and checked, every error naming its field.

    {"name": "ward round", "main": 0, "overlap": true,
     "panes": [{"x": 0, "y": 0, "w": 1, "h": 1},
               {"x": "2/3", "y": 0.7, "w": 0.3, "h": 0.25, "z": 1}]}

Numbers are fractions of the canvas; "a/b" says a third exactly. What people round (0.333, 0.6667)
is taken for what they mean: an excess or an overlap below `SLACK` is not an error.
"""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import TypeGuard

from mcu_core.errors import BadInput
from mcu_core.layouts.model import Layout, PaneRect

MOST_PANES = 100
MOST_Z = 1000
LONGEST_NAME = 100
SLACK = Fraction(1, 1000)
FINEST = 4096
"""Denominators are kept below this, finer than a pixel of any canvas."""

RATIO = re.compile(r"[0-9]{1,6}/0*[1-9][0-9]{0,5}")

LAYOUT_FIELDS = {"name", "main", "panes", "overlap"}
PANE_FIELDS = {"x", "y", "w", "h", "z"}


def read_layout(obj: object, field: str = "layout") -> Layout:
    """The layout that plain JSON values describe; raises BadInput with the bad value's path."""
    values = _mapping(obj, field, LAYOUT_FIELDS)
    rows = values.get("panes")
    if not isinstance(rows, (list, tuple)) or not 1 <= len(rows) <= MOST_PANES:
        raise BadInput(f"{field}.panes", f"a list of 1..{MOST_PANES} panes")
    panes = tuple(_pane(row, f"{field}.panes[{k}]") for k, row in enumerate(rows))
    main = _integer(values.get("main", 0), f"{field}.main", 0, len(panes) - 1)
    overlap = values.get("overlap", False)
    if not isinstance(overlap, bool):
        raise BadInput(f"{field}.overlap", "true or false")
    name = values.get("name", "own")
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        raise BadInput(f"{field}.name", f"a text of at most {LONGEST_NAME} characters")
    if not overlap:
        _refuse_overlap(panes, field)
    return Layout(None, name, main, panes, "own")


def _mapping(obj: object, field: str, known: set[str]) -> Mapping[str, object]:
    if not isinstance(obj, Mapping):
        raise BadInput(field, "an object")
    unknown = sorted(str(key) for key in obj if key not in known)
    if unknown:
        raise BadInput(f"{field}.{unknown[0]}", f"only the fields {', '.join(sorted(known))}")
    return obj


def _pane(row: object, field: str) -> PaneRect:
    values = _mapping(row, field, PANE_FIELDS)
    x, y, w, h = (_fraction(values.get(key), f"{field}.{key}") for key in "xywh")
    for key, size in (("w", w), ("h", h)):
        if size <= 0:
            raise BadInput(f"{field}.{key}", "a size above 0")
    for key, start, size in (("w", x, w), ("h", y, h)):
        if start == 1 or start + size > 1 + SLACK:
            raise BadInput(f"{field}.{key}", "a pane that ends inside the canvas (at most 1)")
    z = _integer(values.get("z", 0), f"{field}.z", -MOST_Z, MOST_Z)
    return PaneRect(x, y, min(w, 1 - x), min(h, 1 - y), z)


def _fraction(value: object, field: str) -> Fraction:
    """A fraction 0..1 of the canvas from a finite number or "a/b"."""
    if not _is_number(value):
        raise BadInput(field, 'a finite number 0..1, or a ratio such as "1/3"')
    fraction = Fraction(value)
    if not 0 <= fraction <= 1:
        raise BadInput(field, "a number inside the canvas, 0..1")
    return fraction.limit_denominator(FINEST)


def _is_number(value: object) -> TypeGuard[int | float | str]:
    match value:
        case bool():
            return False
        case str():
            return RATIO.fullmatch(value) is not None
        case float():
            return math.isfinite(value)
        case _:
            return isinstance(value, int)


def _integer(value: object, field: str, least: int, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise BadInput(field, f"a whole number {least}..{most}")


def _refuse_overlap(panes: tuple[PaneRect, ...], field: str) -> None:
    for (i, a), (k, b) in combinations(enumerate(panes), 2):
        wide = min(a.right, b.right) - max(a.x, b.x)
        high = min(a.bottom, b.bottom) - max(a.y, b.y)
        if wide > SLACK and high > SLACK:
            raise BadInput(f"{field}.panes[{k}]", f'no overlap with panes[{i}], or "overlap": true')
