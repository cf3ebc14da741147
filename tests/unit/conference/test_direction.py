"""Who sees what."""

from mcu_core.conference.direction import CONFERENCE, VIEWERS, Director, Roster
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind


def site(name: str) -> SiteDefinition:
    return SiteDefinition(name, name, SiteKind.RTP)


def test_all_see_the_conference_picture() -> None:
    definition = ConferenceDefinition("c", "c", sites=(site("a"), site("b"), site("z")))
    direction = Director().decide(definition, Roster(("a", "b"), ("a", "b")), 0)
    assert direction.watching == dict.fromkeys(("a", "b", "z", VIEWERS), CONFERENCE)
    assert direction.views[CONFERENCE].panes == ("a", "b")
    assert direction.next_change_ns is None
