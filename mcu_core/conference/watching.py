"""Who watches what: a pure decision (MCU-V-08, MCU-CP-04, SOAP-CTRL-02).

The first of these that applies to a site; a site that is named but has not joined is passed over:

1. a broadcast site: everybody else sees it in full;
2. content, for who has no channel of its own for it: large, with people around it, unless the
   picture that it would see has a pane for content;
3. a lecturer: everybody else sees it in full;
4. what the site has chosen: a site to watch in full, then its own picture;
5. for the lecturer, all others; for the broadcast site, who was broadcast or had the floor before
   it, else the conference picture without itself;
6. voice switching to "broadcast": who has the floor, in full; that one sees who had it before;
7. the picture of its group;
8. the conference picture.

A site whose source is locked passes over 1, 3, 5 and 6: nothing but its own choice moves it.
Viewers see what the conference shows: 1, 2, 3, 6, 8; the recorder, too, unless something else was
chosen to be recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from mcu_core.conference.roster import (
    CONFERENCE,
    ONLY_CONTENT,
    RECORDED,
    RECORDER,
    VIEWERS,
    VIEWERS_BESIDE,
    WITH_CONTENT,
    Roster,
    ViewKey,
)
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, View

LECTURE_POLL_S = 10.0
"""How long the lecturer sees one page of an audience that is larger than the largest layout."""

LECTURE = View(poll_s=LECTURE_POLL_S)


class Succession:
    """Who has something now and who had it before: names that come one after another."""

    def __init__(self) -> None:
        self.now = ""
        self.before = ""

    def follow(self, name: str) -> None:
        """`name` has it from now on; nothing changes where it had it already."""
        if name != self.now:
            self.before, self.now = self.now, name


@dataclass(frozen=True, slots=True)
class Leads:
    """Whom the conference shows in full; each may be empty.

    `broadcast` and `lecturer` have joined; `floor` is set when voice switching broadcasts;
    `*_before`: whom the one on show sees instead of itself.
    """

    broadcast: str = ""
    broadcast_before: str = ""
    lecturer: str = ""
    floor: str = ""
    floor_before: str = ""


class Attention:
    """Follows whom the conference shows in full, and who was shown before."""

    def __init__(self) -> None:
        self._broadcast = Succession()
        self._floor = Succession()

    def leads(self, definition: ConferenceDefinition, roster: Roster) -> Leads:
        """Whom the conference shows in full now."""
        heard = [site for site in speakers(definition, roster) if _is_seen(site, roster)]
        for site in reversed(heard):
            self._floor.follow(site)
        broadcast = _joined(definition.broadcast, roster)
        if broadcast:
            self._broadcast.follow(broadcast)
        else:
            self._broadcast = Succession()
        by_voice = definition.voice.to == "broadcast" and bool(heard)
        before = self._floor.before
        return Leads(
            broadcast,
            _first_seen((self._broadcast.before, *heard, before), broadcast, roster),
            _joined(definition.lecturer, roster),
            heard[0] if by_voice else "",
            before if by_voice and _is_seen(before, roster) else "",
        )


def speakers(definition: ConferenceDefinition, roster: Roster) -> tuple[str, ...]:
    """Whom pictures follow: who has the floor, then who had it; nobody without voice switching."""
    if not definition.voice.enabled:
        return ()
    named = dict.fromkeys((roster.floor, roster.previous))
    return tuple(site for site in named if site in roster.joined)


def watching(
    definition: ConferenceDefinition, roster: Roster, leads: Leads
) -> Mapping[str, ViewKey]:
    """Which picture every defined site and VIEWERS see."""
    groups = {site: group for group in definition.groups for site in group.sites}
    conference = definition.view
    shown = leads.lecturer or leads.floor
    result = {
        name: _led(name, leads.broadcast)
        or _with_content(name, CONFERENCE, conference, roster)
        or (_full(shown) if shown else CONFERENCE)
        for name in (VIEWERS, *roster.beside.intersection([VIEWERS_BESIDE, RECORDER]))
    }
    if roster.recorded:
        result[RECORDER] = _recorded(definition, roster) or result.get(RECORDER, result[VIEWERS])
    for site in definition.sites:
        group = groups.get(site.id)
        common = ViewKey("group", str(group.id)) if group is not None else CONFERENCE
        composed = ViewKey("own", site.id) if site.view is not None else common
        view = site.view or (group.view if group is not None else conference)
        result[site.id] = (
            _locked(site, composed, view, roster)
            or _led(site.id, leads.broadcast)
            or _with_content(site.id, composed, view, roster)
            or _led(site.id, leads.lecturer)
            or _chosen(site, roster)
            or _of_leader(site.id, leads)
            or _by_voice(site.id, leads)
            or common
        )
    return result


def _recorded(definition: ConferenceDefinition, roster: Roster) -> ViewKey | None:
    """What was chosen to be recorded instead of what viewers see."""
    match definition.recorded.of:
        case "site":
            return _full(definition.recorded.site)
        case "content":
            return ONLY_CONTENT if roster.content else None
        case "own":
            return RECORDED
        case "conference":
            return None


def view_of(definition: ConferenceDefinition, key: ViewKey) -> View:
    """What a composed picture is to show; raises KeyError for one that is not defined."""
    match key.kind:
        case "group":
            return {str(group.id): group.view for group in definition.groups}[key.name]
        case "recorded":
            return definition.recorded.view or definition.view
        case "own":
            own = {site.id: site.view for site in definition.sites}[key.name]
            without_self = msgspec.structs.replace(definition.view, show_self=False)
            return own or (LECTURE if key.name == definition.lecturer else without_self)
        case _:
            return definition.view


def _led(site: str, leader: str) -> ViewKey | None:
    return _full(leader) if leader and leader != site else None


def _with_content(site: str, composed: ViewKey, view: View, roster: Roster) -> ViewKey | None:
    """Content in the picture of a site that would else see `view`, whose key is `composed`."""
    if not roster.content or site in roster.beside:
        return None
    placed = any(pane.kind == "content" for pane in view.panes)
    return composed if placed else WITH_CONTENT


def _locked(site: SiteDefinition, composed: ViewKey, view: View, roster: Roster) -> ViewKey | None:
    if not site.source_locked:
        return None
    return _with_content(site.id, composed, view, roster) or _chosen(site, roster) or composed


def _chosen(site: SiteDefinition, roster: Roster) -> ViewKey | None:
    if _joined(site.watch, roster):
        return _full(site.watch)
    return ViewKey("own", site.id) if site.view is not None else None


def _of_leader(site: str, leads: Leads) -> ViewKey | None:
    if site == leads.broadcast and site != leads.lecturer and leads.broadcast_before:
        return _full(leads.broadcast_before)
    return ViewKey("own", site) if site in (leads.broadcast, leads.lecturer) else None


def _by_voice(site: str, leads: Leads) -> ViewKey | None:
    other = leads.floor if leads.floor != site else leads.floor_before
    return _full(other) if other else None


def _full(site: str) -> ViewKey:
    return ViewKey("full", site)


def _joined(site: str, roster: Roster) -> str:
    return site if site in roster.joined else ""


def _is_seen(site: str, roster: Roster) -> bool:
    return site in roster.joined and site not in roster.camera_off | roster.audio_only


def _first_seen(names: tuple[str, ...], other_than: str, roster: Roster) -> str:
    seen = (site for site in names if site != other_than and _is_seen(site, roster))
    return next(seen, "")
