"""Whose camera a site means: the one that it sees largest."""

from mcu_core.conference.camera import camera_seen
from mcu_core.conference.direction import Director
from mcu_core.contract.definition import LayoutChoice
from tests.unit.conference.test_watching import ALL, conference, roster, site


def seen_by(name: str, *sites: object, **wanted: object) -> str:
    definition = conference(*sites, **wanted)  # type: ignore[arg-type]
    return camera_seen(Director().decide(definition, ALL, 0), name)


def test_it_is_the_site_that_it_watches() -> None:
    assert seen_by("b", site("b", watch="d")) == "d"
    assert seen_by("b", broadcast="c") == "c"


def test_of_a_composed_picture_it_is_the_largest_that_is_not_itself() -> None:
    large_first = LayoutChoice(mode=next(n for n in range(2, 50) if _one_is_large(n)))
    assert seen_by("c", layout=large_first) == "a"
    assert seen_by("a", layout=large_first) != "a"


def _one_is_large(number: int) -> bool:
    from mcu_core.layouts.catalogue import MODES

    first, *others = sorted((pane.w * pane.h for pane in MODES[number].panes), reverse=True)
    return len(others) >= 3 and first > others[0] and MODES[number].main == 0


def test_who_sees_nobody_moves_nothing() -> None:
    definition = conference()
    direction = Director().decide(definition, roster(("a",)), 0)
    assert camera_seen(direction, "a") == ""
    assert camera_seen(direction, "nobody") == ""
