"""The 50 modes of WS/T 546 table 63 (MCU-CP-01), read from the drawings in modes.toml."""

import tomllib
from collections.abc import Sequence
from fractions import Fraction
from importlib import resources
from typing import Any

from mcu_core.errors import BadInput
from mcu_core.layouts.model import Layout, PaneRect

BLANK = "."


def mode(number: object) -> Layout:
    """The layout of that mode number; raises BadInput for anything but an integer 0..49."""
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(MODES):
        return MODES[number]
    raise BadInput("mode", f"a layout number 0..{len(MODES) - 1}")


def _drawn_panes(drawing: Sequence[str]) -> dict[str, PaneRect]:
    """The box around each letter; its order is the alphabet's."""
    rows, columns = len(drawing), len(drawing[0])
    letters = sorted({letter for row in drawing for letter in row} - {BLANK})
    panes = {}
    for letter in letters:
        cells = [(r, c) for r in range(rows) for c in range(columns) if drawing[r][c] == letter]
        (top, left), (bottom, right) = cells[0], cells[-1]
        panes[letter] = PaneRect(
            Fraction(left, columns),
            Fraction(top, rows),
            Fraction(right + 1 - left, columns),
            Fraction(bottom + 1 - top, rows),
        )
    return panes


def _over_pane(text: str) -> PaneRect:
    x, y, w, h = (Fraction(part) for part in text.split())
    return PaneRect(x, y, w, h, z=1)


def _layout(row: dict[str, Any]) -> Layout:
    drawn = _drawn_panes(row["drawing"])
    over = tuple(_over_pane(text) for text in row.get("over", ()))
    main = list(drawn).index(row["main"])
    return Layout(row["id"], row["name"], main, (*drawn.values(), *over), row["kind"])


def _read() -> tuple[Layout, ...]:
    text = resources.files("mcu_core.layouts").joinpath("modes.toml").read_text("utf-8")
    return tuple(_layout(row) for row in tomllib.loads(text)["mode"])


MODES = _read()
"""MODES[n] is mode n."""
