"""What of an engine's events a recording marks: pure.

Events only, never snapshots: a control that was just started sees everything for the first time,
and nothing of that happened then.
"""

from collections.abc import Mapping

from control_api.services.views import SeenConference
from mcu_core.contract.events import (
    ContentChanged,
    Event,
    LayoutShown,
    SiteChanged,
    SpeakerChanged,
)

UNNAMED = "•"


def happening(
    event: Event, before: SeenConference, names: Mapping[str, str]
) -> tuple[str, str] | None:
    """Kind (journal.MARK_KINDS) and text of the mark that an event is worth, None for none.

    `before` is what was known when it came, `names` are those of the conference's sites.
    """
    found: tuple[str, str] | None = None
    match event:
        case SiteChanged(_, site, state) if site in names:
            known = before.sites.get(site)
            was = known.snapshot.state if known is not None else "away"
            if was != state and "joined" in (was, state):
                found = ("join" if state == "joined" else "leave", names[site])
        case SpeakerChanged(_, site) if names.get(site) and site != before.speaker:
            found = ("speaker", names[site])
        case LayoutShown(mode=mode) if mode != before.mode:
            found = ("layout", "" if mode is None else str(mode))
        case ContentChanged(_, content) if (content is None) != (before.content is None):
            found = ("content", (content.name or UNNAMED) if content is not None else "")
        case _:
            pass
    return found
