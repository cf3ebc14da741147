"""What a conference knows of its sites at one moment, and the names of its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mcu_core.contract.content import CONTENT


class ViewKey(NamedTuple):
    """Which picture: the conference's, a group's (`name` its id), a site's own one composed for it,
    one site in full (`name` the site's id), content with people around it, or one that is composed
    for a recording alone.
    """

    kind: Literal["conference", "group", "own", "full", "content", "recorded"]
    name: str = ""


CONFERENCE = ViewKey("conference")
WITH_CONTENT = ViewKey("content")
RECORDED = ViewKey("recorded")
ONLY_CONTENT = ViewKey("full", CONTENT)

VIEWERS = ""
"""Name of all who watch without being a site."""

VIEWERS_BESIDE = "\0beside"
"""Name of those of them who get content beside the picture."""

RECORDER = "\0recorder"
"""Name of who records, who is shown what `ConferenceDefinition.recorded` says."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is there and who speaks.

    `present`: the joined sites that send picture or sound, in joining order; `joined`: all joined
    ones. `camera_off` may not be seen, `audio_only` send no picture. `speaker` is highlighted,
    `floor` has spoken long enough for pictures to follow it, `previous` had the floor before it;
    each may be empty. `spoke_ns`: when each site last spoke, absent: never.

    `content`: width over height of the content that is shown, 0 while there is none; `beside`: who
    is not to see it in the main picture, since it gets it beside that, or sends it. `recorded`:
    whether somebody records.
    """

    present: tuple[str, ...]
    joined: tuple[str, ...]
    camera_off: frozenset[str] = frozenset()
    speaker: str = ""
    floor: str = ""
    previous: str = ""
    spoke_ns: Mapping[str, int] = field(default_factory=dict)
    audio_only: frozenset[str] = frozenset()
    content: float = 0.0
    beside: frozenset[str] = frozenset()
    recorded: bool = False
