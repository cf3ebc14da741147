"""What happens when in an offline mix: a file of JSON lines, read and checked.

    {"t": 2.5, "layout": 11}
    {"t": 4, "layout": {"panes": [{"x": 0, "y": 0, "w": 1, "h": 1}]}}
    {"t": 5, "mute": 2}
    {"t": 6, "unmute": 2}
    {"t": 7, "panes": [3, "auto", "empty", {"site": 1, "fit": "crop"}]}

`t` is in seconds; inputs are numbered from 1 in the order of the command line; `panes[k]` stands in
pane k of the layout, missing ones are automatic. A layout of null is the automatic one.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from mcu_core.contract.definition import Pane, PaneFit
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.model import Layout
from mcu_core.layouts.own import read_layout
from mcu_core.media.clock import NS_PER_SECOND

ACTIONS = ("layout", "mute", "unmute", "panes")
LONGEST_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class SetLayout:
    """This layout from now on; None: the automatic one."""

    layout: Layout | None


@dataclass(frozen=True, slots=True)
class SetMuted:
    """Input `site` is heard no more, or again."""

    site: str
    muted: bool


@dataclass(frozen=True, slots=True)
class SetPanes:
    """Who stands where from now on."""

    panes: tuple[Pane, ...]


Action = SetLayout | SetMuted | SetPanes


@dataclass(frozen=True, slots=True)
class TimedAction:
    """An action, at the first picture and sound block at or after `at_ns`."""

    at_ns: int
    action: Action


def read_events(text: str, inputs: int) -> tuple[TimedAction, ...]:
    """The actions in order of time; raises BadInput naming the line (``events[3].mute``)."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found.append(_event(line, f"events[{number}]", inputs))
    return tuple(sorted(found, key=lambda event: event.at_ns))


def _event(line: str, field: str, inputs: int) -> TimedAction:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(field, f"a line of JSON ({error})") from error
    if not isinstance(values, dict):
        raise BadInput(field, 'an object such as {"t": 2, "layout": 11}')
    named = [key for key in values if key != "t"]
    if len(named) != 1 or named[0] not in ACTIONS:
        raise BadInput(field, f'"t" and one of {", ".join(ACTIONS)}')
    return TimedAction(_time(values, f"{field}.t"), _action(named[0], values, field, inputs))


def _time(values: Mapping[str, object], field: str) -> int:
    seconds = values.get("t")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise BadInput(field, "a number of seconds")
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
        raise BadInput(field, f"seconds 0..{LONGEST_S}")
    return round(seconds * NS_PER_SECOND)


def _action(name: str, values: Mapping[str, object], field: str, inputs: int) -> Action:
    field, value = f"{field}.{name}", values[name]
    match name:
        case "layout":
            return SetLayout(layout_of(value, field))
        case "panes":
            return SetPanes(panes_of(value, field, inputs))
        case _:
            return SetMuted(_site(value, field, inputs), name == "mute")


def layout_of(value: object, field: str) -> Layout | None:
    """A mode number, an own layout's values, or None for automatic; raises BadInput."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return read_layout(value, field)
    try:
        return mode(value)
    except BadInput as error:
        raise BadInput(field, f"{error.expected}, or an own layout") from error


def panes_of(value: object, field: str, inputs: int) -> tuple[Pane, ...]:
    """What stands in the panes; raises BadInput naming the pane."""
    if not isinstance(value, list):
        raise BadInput(field, "a list")
    return tuple(_pane(item, f"{field}[{k}]", inputs) for k, item in enumerate(value))


def _pane(item: object, field: str, inputs: int) -> Pane:
    if item == "auto":
        return Pane("auto")
    if item == "empty":
        return Pane("empty")
    if not isinstance(item, Mapping):
        return Pane("site", _site(item, field, inputs))
    unknown = sorted(str(key) for key in item if key not in ("site", "fit"))
    if unknown:
        raise BadInput(f"{field}.{unknown[0]}", 'only "site" and "fit"')
    fits = [fit.value for fit in PaneFit]
    if item.get("fit", "auto") not in fits:
        raise BadInput(f"{field}.fit", f"one of {', '.join(fits)}")
    fit = PaneFit(item.get("fit", "auto"))
    if "site" not in item:
        return Pane("auto", fit=fit)
    return Pane("site", _site(item["site"], f"{field}.site", inputs), fit)


def _site(value: object, field: str, inputs: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= inputs:
        return str(value)
    raise BadInput(field, f"the number of an input, 1..{inputs}")
