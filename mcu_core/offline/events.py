"""The command log of an offline mix: a file of JSON lines, read and checked before any work.

    {"t": 2.5, "layout": 11}                       a mode, {"panes": [...]} for an own one, or null
    {"t": 3, "panes": [3, "auto", "voice", "poll", "empty", {"site": 1, "fit": "crop"},
                       {"kind": "poll", "sites": [1, 2], "interval_s": 5}]}
    {"t": 4, "poll_s": 10}                         the whole picture goes on to the next sites
    {"t": 5, "mute": 2}                            unmute; camera_off, camera_on; leave, join
    {"t": 6, "gain": {"site": 2, "db": -6}}        auto_gain, noise_gate: {"site": 2, "on": true}
    {"t": 7, "name": {"site": 2, "name": "Ward"}}  names: true or false shows them or not
    {"t": 8, "broadcast": 3}                       lecturer; null ends it
    {"t": 8, "loudest": 3}                         pan_by_pane: true or false
    {"t": 9, "voice": {"gate": 20, "to": "broadcast"}}
    {"t": 9, "own": {"site": 2, "view": {"layout": 5, "panes": [3, "auto"], "show_self": true}}}
    {"t": 9, "group": {"number": 1, "sites": [1, 3], "view": {"poll_s": 10}}}    view null: no more
    {"t": 9, "watch": {"site": 1, "watch": 3}}     null: nobody in full
    {"t": 10, "banner": "Round at ten"}            caption; or {"text": ..., "size": 0.1}, or null

`t` is in seconds; inputs are numbered from 1 in the order of the command line. Values are those of
the contract (contract/definition.py) and checked like them. An input that leaves plays on unseen
and unheard; one whose first such word is `join` is away until then.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from mcu_core.contract.check import check
from mcu_core.contract.choosing import choose_mode, choose_own
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    LayoutChoice,
    Pane,
    SiteDefinition,
    View,
)
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.offline.wanted import Change, Wanted

LONGEST_S = 7 * 24 * 3600

Kind = TypeVar("Kind")
Edit = Callable[[ConferenceDefinition, Any, str], ConferenceDefinition]


def read_events(text: str, definition: ConferenceDefinition) -> tuple[Change, ...]:
    """What is wanted when, in order of time, the first at 0: `definition`, with who comes later
    away. Raises BadInput naming the line (`events[3].mute`).
    """
    lines = [
        _line(line, f"events[{number}]")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    lines.sort(key=lambda line: line[0])
    wanted = Wanted(definition, _not_yet_there(lines))
    changes = [Change(0, wanted)]
    for at_ns, word, value, field in lines:
        wanted = _changed(wanted, word, value, f"{field}.{word}")
        try:
            check(wanted.definition)
        except BadInput as error:
            raise BadInput(f"{field}.{error.field}", error.expected) from error
        changes.append(Change(at_ns, wanted))
    return tuple(changes)


Line = tuple[int, str, Any, str]
"""When in ns, which word, its value, the name of the line."""


def _line(text: str, field: str) -> Line:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(field, f"a line of JSON ({error})") from error
    if not isinstance(values, dict):
        raise BadInput(field, 'an object such as {"t": 2, "layout": 11}')
    named = [key for key in values if key != "t"]
    if len(named) != 1 or named[0] not in EVENT_WORDS:
        raise BadInput(field, f'"t" and one of {", ".join(EVENT_WORDS)}')
    return _time_ns(values.get("t"), f"{field}.t"), named[0], values[named[0]], field


def _time_ns(seconds: object, field: str) -> int:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise BadInput(field, "a number of seconds")
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
        raise BadInput(field, f"seconds 0..{LONGEST_S}")
    return round(seconds * NS_PER_SECOND)


def _not_yet_there(lines: list[Line]) -> frozenset[str]:
    first: dict[Any, str] = {}
    for _, word, value, _ in lines:
        if word in ATTENDANCE and isinstance(value, int):
            first.setdefault(value, word)
    return frozenset(str(site) for site, word in first.items() if word == "join")


def _changed(wanted: Wanted, word: str, value: Any, field: str) -> Wanted:
    definition = wanted.definition
    if word in ATTENDANCE:
        site = {_site(value, field, definition)}
        away = wanted.away - site if word == "join" else wanted.away | site
        return Wanted(definition, away)
    return Wanted(WORDS[word](definition, value, field), wanted.away)


# ---------------------------------------------------------------------------------- words


def _set_layout(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
    return replace(definition, layout=layout_of(value, field))


def layout_of(value: object, field: str) -> LayoutChoice:
    """A mode number, an own layout's values, or None for automatic; raises BadInput."""
    if isinstance(value, Mapping):
        return choose_own(value, field)
    try:
        return choose_mode(value, field)
    except BadInput as error:
        raise BadInput(field, f"{error.expected}, or an own layout") from error


def _set_panes(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
    return replace(definition, panes=_panes(value, field, definition))


def _panes(value: Any, field: str, definition: ConferenceDefinition) -> tuple[Pane, ...]:
    return tuple(
        _pane(item, f"{field}[{k}]", definition) for k, item in enumerate(_list(value, field))
    )


def _sites(value: Any, field: str, definition: ConferenceDefinition) -> tuple[str, ...]:
    return tuple(
        _site(item, f"{field}[{k}]", definition) for k, item in enumerate(_list(value, field))
    )


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(field, "a list")
    return value


def _pane(item: Any, field: str, definition: ConferenceDefinition) -> Pane:
    if isinstance(item, str):
        return _converted({"kind": item}, Pane, field)
    if not isinstance(item, Mapping):
        return Pane("site", _site(item, field, definition))
    values = dict(item)
    if "site" in values:
        values = {"kind": "site", **values}
        values["site"] = _site(values["site"], f"{field}.site", definition)
    if isinstance(values.get("sites"), list):
        named = enumerate(values["sites"])
        values["sites"] = [_site(site, f"{field}.sites[{k}]", definition) for k, site in named]
    return _converted(values, Pane, field)


def _view(value: Any, field: str, definition: ConferenceDefinition) -> View | None:
    """The picture of a group or a site: {"layout": ..., "panes": [...], "sources": [...],
    "show_self": ..., "poll_s": ...}, each as in words of their own; None for no such picture."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadInput(field, "an object with layout, panes, sources, show_self or poll_s, or null")
    values = dict(value)
    layout = layout_of(values.pop("layout", None), f"{field}.layout")
    panes = _panes(values.pop("panes", []), f"{field}.panes", definition)
    if "sources" in values:
        values["sources"] = _sites(values["sources"], f"{field}.sources", definition)
    return replace(_converted(values, View, field), layout=layout, panes=panes)


def _set_group(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
    if not isinstance(value, Mapping) or set(value) != {"number", "sites", "view"}:
        raise BadInput(field, '{"number": 1, "sites": [1, 2], "view": ...}')
    number = _converted(value["number"], int, f"{field}.number")
    sites = _sites(value["sites"], f"{field}.sites", definition)
    view = _view(value["view"], f"{field}.view", definition)
    groups = tuple(group for group in definition.groups if group.id != number)
    if view is not None:
        groups += (Group(number, sites, view),)
    return replace(definition, groups=groups)


def _of_site(key: str, name: str, read: Callable[[Any, str, ConferenceDefinition], Any]) -> Edit:
    """A value of a site that is read by `read`: {"site": 2, key: value}."""

    def edit(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
        if not isinstance(value, Mapping) or set(value) != {"site", key}:
            raise BadInput(field, f'{{"site": 1, "{key}": ...}}')
        site = _site(value["site"], f"{field}.site", definition)
        return _with_site(definition, site, {name: read(value[key], f"{field}.{key}", definition)})

    return edit


def _somebody(value: Any, field: str, definition: ConferenceDefinition) -> str:
    return "" if value is None else _site(value, field, definition)


def _set_field(name: str, kind: Any) -> Edit:
    """A field of the definition that stays what it is where an object does not name it."""

    def edit(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
        before = getattr(definition, name)
        if isinstance(value, Mapping) and isinstance(before, msgspec.Struct):
            value = {**msgspec.to_builtins(before), **value}
        return replace(definition, **{name: _converted(value, kind, field)})

    return edit


def _set_strip(name: str) -> Edit:
    """A text alone, all of a strip, or None for no text."""
    whole = _set_field(name, type(getattr(ConferenceDefinition("", ""), name)))

    def edit(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
        if value is None or isinstance(value, str):
            value = {"text": value or ""}
        return whole(definition, value, field)

    return edit


def _name_site(name: str) -> Edit:
    """A field of the definition that names a site, or nobody."""

    def edit(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
        return replace(definition, **{name: _somebody(value, field, definition)})

    return edit


def _mark_site(name: str, mark: bool) -> Edit:
    """A switch of the site that the value names."""

    def edit(definition: ConferenceDefinition, value: Any, field: str) -> ConferenceDefinition:
        return _with_site(definition, _site(value, field, definition), {name: mark})

    return edit


def _set_of_site(name: str, key: str, kind: Any) -> Edit:
    """A plain value of a site."""
    return _of_site(key, name, lambda value, field, _: _converted(value, kind, field))


def _with_site(
    definition: ConferenceDefinition, site: str, fields: dict[str, Any]
) -> ConferenceDefinition:
    def changed(each: SiteDefinition) -> SiteDefinition:
        return replace(each, **fields) if each.id == site else each

    return replace(definition, sites=tuple(map(changed, definition.sites)))


def _site(value: object, field: str, definition: ConferenceDefinition) -> str:
    count = len(definition.sites)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= count:
        return str(value)
    raise BadInput(field, f"the number of an input, 1..{count}")


def _converted(value: Any, kind: type[Kind], field: str) -> Kind:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at `$")
        expected = expected.removeprefix("Expected ")
        raise BadInput(f"{field}{place.removesuffix('`')}", expected) from error


ATTENDANCE = ("leave", "join")

WORDS: dict[str, Edit] = {
    "layout": _set_layout,
    "panes": _set_panes,
    "poll_s": _set_field("poll_s", float),
    "mute": _mark_site("muted", True),
    "unmute": _mark_site("muted", False),
    "gain": _set_of_site("gain_db", "db", float),
    "camera_off": _mark_site("video_off", True),
    "camera_on": _mark_site("video_off", False),
    "name": _set_of_site("name", "name", str),
    "auto_gain": _set_of_site("auto_gain", "on", bool),
    "noise_gate": _set_of_site("noise_gate", "on", bool),
    "loudest": _set_field("loudest", int),
    "pan_by_pane": _set_field("pan_by_pane", bool),
    "names": _set_field("show_names", bool),
    "broadcast": _name_site("broadcast"),
    "lecturer": _name_site("lecturer"),
    "voice": _set_field("voice", type(ConferenceDefinition("", "").voice)),
    "group": _set_group,
    "own": _of_site("view", "view", _view),
    "watch": _of_site("watch", "watch", _somebody),
    "banner": _set_strip("banner"),
    "caption": _set_strip("caption"),
}

EVENT_WORDS = (*WORDS, *ATTENDANCE)
