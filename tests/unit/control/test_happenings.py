"""Which events of an engine become marks in a recording."""

import pytest

from control_api.services.happenings import happening
from control_api.services.views import SeenConference, SeenSite
from mcu_core.contract.events import (
    ContentChanged,
    Event,
    LayoutShown,
    Levels,
    SiteChanged,
    SpeakerChanged,
)
from mcu_core.contract.snapshots import ContentSnapshot, SiteSnapshot

NAMES = {"a": "北京", "b": "Ward 3"}


def seen() -> SeenConference:
    joined = SeenSite(SiteSnapshot("b", "Ward 3", state="joined"))
    return SeenConference(mode=2, speaker="b", sites={"b": joined})


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (SiteChanged("c", "a", "joined"), ("join", "北京")),
        (SiteChanged("c", "b", "away"), ("leave", "Ward 3")),
        (SiteChanged("c", "b", "joined"), None),
        (SiteChanged("c", "a", "joining"), None),
        (SiteChanged("c", "viewer", "joined"), None),
        (SpeakerChanged("c", "a"), ("speaker", "北京")),
        (SpeakerChanged("c", "b"), None),
        (SpeakerChanged("c", ""), None),
        (LayoutShown("c", 1, 12, ("a",)), ("layout", "12")),
        (LayoutShown("c", 1, None, ("a",)), ("layout", "")),
        (LayoutShown("c", 1, 2, ("b", "a")), None),
        (ContentChanged("c", ContentSnapshot("still", name="CT")), ("content", "CT")),
        (ContentChanged("c", ContentSnapshot("still")), ("content", "•")),
        (ContentChanged("c", None), None),
        (Levels("c", {"a": -20.0}), None),
    ],
)
def test_what_is_marked(event: Event, expected: tuple[str, str] | None) -> None:
    assert happening(event, seen(), NAMES) == expected


def test_the_end_of_content_is_marked() -> None:
    before = seen()
    before.content = ContentSnapshot("site", "a")
    assert happening(ContentChanged("c", None), before, NAMES) == ("content", "")
