"""Who sees what: every picture of a conference and who watches which (MCU-CP-*, MCU-V-08)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from mcu_core.conference.panes import assign
from mcu_core.conference.roster import CONFERENCE, VIEWERS, Roster, ViewKey
from mcu_core.contract.definition import ConferenceDefinition, LayoutChoice, PaneFit
from mcu_core.layouts.automatic import layout_for
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.model import Layout
from mcu_core.layouts.own import read_layout

__all__ = [
    "CONFERENCE",
    "VIEWERS",
    "Direction",
    "Director",
    "Roster",
    "Shown",
    "ViewKey",
    "canonical",
]


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: `panes[k]` is the site in pane k of the layout (empty: none), `fits[k]` how."""

    layout: Layout
    panes: tuple[str, ...]
    fits: tuple[PaneFit, ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """Every picture that somebody watches.

    `watching` has every defined site and VIEWERS; `views` exactly the keys that are watched.
    `next_change_ns`: the earliest time at which the same inputs give another answer, None: never.
    """

    watching: Mapping[str, ViewKey]
    views: Mapping[ViewKey, Shown]
    next_change_ns: int | None


class Director:
    """Decides what every site sees; remembers who stood where."""

    def __init__(self) -> None:
        self._panes: tuple[str, ...] = ()

    def decide(self, definition: ConferenceDefinition, roster: Roster, now_ns: int) -> Direction:
        """The pictures as definition and roster have them at `now_ns`; times never go back."""
        view = definition.view
        layout = _layout(view.layout, len(roster.present))
        count = len(layout.panes)
        self._panes = assign(count, view.panes, roster.present, roster.spoke_ns, self._panes)
        fits = tuple(pane.fit for pane in view.panes[:count])
        fits += (PaneFit.AUTO,) * (count - len(fits))
        watching = {site.id: CONFERENCE for site in definition.sites} | {VIEWERS: CONFERENCE}
        return Direction(watching, {CONFERENCE: Shown(layout, self._panes, fits)}, None)


def _layout(choice: LayoutChoice, sites: int) -> Layout:
    if choice.own is not None:
        return read_layout(msgspec.to_builtins(choice.own))
    return layout_for(sites) if choice.mode is None else mode(choice.mode)


def canonical(direction: Direction) -> Mapping[ViewKey, ViewKey]:
    """Each view's representative: the first of those that show the same.

    Two views may share an encoder only while they have one representative; they part as soon as
    one of them shows something else.
    """
    first: dict[Shown, ViewKey] = {}
    return {key: first.setdefault(direction.views[key], key) for key in sorted(direction.views)}
