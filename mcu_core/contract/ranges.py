"""Checks of single values; each raises BadInput naming the field."""

import re
import unicodedata
from collections.abc import Iterable

from mcu_core.errors import BadInput

LONGEST_TEXT = 500
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
COLOR_WITH_ALPHA = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings and overrides: with them a text could make what follows it read backwards."""


def between(field: str, value: float, low: float, high: float) -> None:
    """A number in low..high; NaN is none."""
    if not low <= value <= high:
        raise BadInput(field, f"{low:g} to {high:g}, not {value:g}")


def off_or_between(field: str, value: float, low: float, high: float) -> None:
    """0, or a number in low..high."""
    if value != 0 and not low <= value <= high:
        raise BadInput(field, f"0, or {low:g} to {high:g}, not {value:g}")


def line_of_text(field: str, text: str) -> None:
    """At most LONGEST_TEXT characters that can be drawn on one line; empty is right."""
    if len(text) > LONGEST_TEXT:
        raise BadInput(field, f"at most {LONGEST_TEXT} characters")
    if has_controls(text):
        raise BadInput(field, "one line without control characters")


def has_controls(text: str) -> bool:
    """Whether a text has what no line shows: controls, line ends, directions forced on it."""
    return any(
        unicodedata.category(letter) in UNPRINTABLE or letter in BIDI_CONTROLS for letter in text
    )


def color(field: str, text: str, alpha: bool = False) -> None:
    """#rrggbb, where `alpha` allows it also #rrggbbaa."""
    if not (COLOR_WITH_ALPHA if alpha else COLOR).fullmatch(text):
        raise BadInput(field, "a colour #rrggbb" + (" or #rrggbbaa" if alpha else ""))


def names(field: str, values: tuple[str, ...], most: int) -> None:
    """At most `most` names, none empty, none twice."""
    if len(values) > most:
        raise BadInput(field, f"at most {most}")
    seen: set[str] = set()
    for k, value in enumerate(values):
        if not value or value in seen:
            raise BadInput(f"{field}[{k}]", "a name that the list has once")
        seen.add(value)


def one_of(field: str, value: str, known: Iterable[str], what: str) -> None:
    """Empty, or one that is known."""
    if value and value not in known:
        raise BadInput(field, what)
