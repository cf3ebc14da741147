"""Who sees what: every picture of a conference and who watches which (MCU-CP-*, MCU-V-08).

watching.py  which picture each site watches
picture.py   what a composed picture shows: sizing.py its layout, panes.py who stands where,
             polling.py whose turn it is
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mcu_core.conference.content_view import WIDE, content_view, room_beside
from mcu_core.conference.picture import ComposedPicture, Shown
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
from mcu_core.conference.sizing import RecentMost
from mcu_core.conference.watching import Attention, speakers, view_of, watching
from mcu_core.contract.definition import ConferenceDefinition, PaneFit, View
from mcu_core.layouts.catalogue import MODES

__all__ = [
    "CONFERENCE",
    "ONLY_CONTENT",
    "RECORDED",
    "RECORDER",
    "VIEWERS",
    "VIEWERS_BESIDE",
    "WITH_CONTENT",
    "Direction",
    "Director",
    "Roster",
    "Shown",
    "ViewKey",
]

FULL = MODES[1]


@dataclass(frozen=True, slots=True)
class Direction:
    """Every picture that somebody watches.

    `watching` has every defined site, VIEWERS, and RECORDER while somebody records; `views` exactly
    the keys that are watched.
    `next_change_ns`: the earliest time at which the same inputs give another answer, None: never.
    """

    watching: Mapping[str, ViewKey]
    views: Mapping[ViewKey, Shown]
    next_change_ns: int | None


class Director:
    """Decides what every site sees.

    Remembers who stood where, also in pictures that nobody watches for a while, whose turn it is
    and who was shown in full before. The same calls give the same answers; a call repeated at the
    same time changes nothing.
    """

    def __init__(self) -> None:
        self._attention = Attention()
        self._pictures: dict[ViewKey, ComposedPicture] = {}
        self._beside_content = RecentMost()
        self._content_wide = False

    def decide(self, definition: ConferenceDefinition, roster: Roster, now_ns: int) -> Direction:
        """The pictures as definition and roster have them at `now_ns`; times never go back.

        The definition has passed `contract.check`.
        """
        self._forget(definition)
        follow = speakers(definition, roster)
        leads = self._attention.leads(definition, roster)
        watched = watching(definition, roster, leads)
        views: dict[ViewKey, Shown] = {}
        times = []
        for key in sorted(set(watched.values())):
            if key.kind == "full":
                views[key] = Shown(FULL, (key.name,), (PaneFit.AUTO,))
                continue
            picture = self._pictures.setdefault(key, ComposedPicture())
            if key == WITH_CONTENT:
                view = self._with_content(roster, now_ns)
                times.append(self._beside_content.next_ns)
            else:
                view = view_of(definition, key)
            hidden = key.name if key.kind == "own" and not view.show_self else ""
            views[key] = picture.show(view, hidden, roster, follow, now_ns)
            times.append(picture.next_ns)
        return Direction(
            watched, views, min((time for time in times if time is not None), default=None)
        )

    def _with_content(self, roster: Roster, now_ns: int) -> View:
        wide = roster.content >= WIDE
        if wide != self._content_wide:
            self._beside_content, self._content_wide = RecentMost(), wide
        people = [site for site in roster.present if site not in roster.audio_only]
        room = self._beside_content.follow(room_beside(wide, len(people)), now_ns)
        return content_view(wide, room)

    def _forget(self, definition: ConferenceDefinition) -> None:
        """Drop the memory of groups and sites that are not defined any more."""
        known = {CONFERENCE, WITH_CONTENT, RECORDED}
        known |= {ViewKey("group", str(group.id)) for group in definition.groups}
        known |= {ViewKey("own", site.id) for site in definition.sites}
        self._pictures = {key: self._pictures[key] for key in self._pictures if key in known}
