"""A slow line is told levels seldom, and everything else at once."""

from control_api.rest.events import Thinner
from control_api.services.feed import FeedEvent
from mcu_core.media.clock import NS_PER_SECOND


def event(name: str, conference: str = "c1") -> FeedEvent:
    return FeedEvent(name, conference, "{}", "{}")


def told(thinner: Thinner, conference: str = "c1", seconds: int = 3) -> int:
    """Of ten levels a second."""
    times = range(0, seconds * NS_PER_SECOND, NS_PER_SECOND // 10)
    return sum(thinner.passes(event("levels", conference), now) for now in times)


def test_levels_are_thinned_for_each_conference() -> None:
    thinner = Thinner(2)
    assert (told(thinner), told(thinner, "c2")) == (6, 6)
    assert told(Thinner(0)) == 0
    assert told(Thinner(10)) == 30


def test_everything_else_passes() -> None:
    thinner = Thinner(0)
    assert all(thinner.passes(event(name), 0) for name in ("site", "layout", "gone", "conference"))
