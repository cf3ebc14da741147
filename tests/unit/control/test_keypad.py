"""What keys make of a site: pure."""

import pytest

from control_api.services.keypad import CONTENT_ALONE, after, layouts_for
from mcu_core.contract.definition import LayoutChoice, SiteDefinition, SiteKind, View
from mcu_core.layouts.catalogue import MODES

SITE = SiteDefinition("room", "Room", SiteKind.RTP)


def pressed(keys: str, *others: str, content: bool = False, site: SiteDefinition = SITE) -> object:
    """Whom the site watches, or which mode it sees, after these presses."""
    for key in keys:
        site = after(key, site, others, content)
    if site.view == CONTENT_ALONE:
        return "content"
    return site.watch or (site.view.layout.mode if site.view is not None else None)


@pytest.mark.parametrize("sites", [1, 2, 5, 24])
def test_layouts_are_one_of_each_size_that_the_sites_fill_at_least_half(sites: int) -> None:
    automatic, *modes = layouts_for(sites)
    sizes = [len(MODES[mode].panes) for mode in modes if mode is not None]
    assert automatic is None
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 1
    assert sizes[-1] < max(2, sites) * 2


def test_layouts_are_stepped_through_in_both_directions_and_round() -> None:
    steps = layouts_for(3)
    assert pressed("2", "a", "b") == steps[1]
    assert pressed("22", "a", "b") == steps[2]
    assert pressed("228", "a", "b") == steps[1]
    assert pressed("8", "a", "b") == steps[-1]
    assert pressed("2" * len(steps), "a", "b") is None


def test_sites_and_content_are_stepped_through() -> None:
    assert pressed("6", "a", "b") == "a"
    assert pressed("66", "a", "b") == "b"
    assert pressed("666", "a", "b") is None
    assert pressed("4", "a", "b", content=True) == "content"
    assert pressed("46", "a", "b", content=True) is None
    assert pressed("44", "a", "b", content=True) == "b"


def test_five_is_what_the_others_see() -> None:
    assert pressed("65", "a") is None
    assert pressed("25", "a") is None


def test_who_has_left_is_not_stepped_from() -> None:
    watching = SiteDefinition("room", "Room", SiteKind.RTP, watch="gone")
    assert pressed("6", "a", site=watching) == "a"
    own = SiteDefinition("room", "Room", SiteKind.RTP, view=View(LayoutChoice(mode=49)))
    assert pressed("2", "a", site=own) == layouts_for(2)[1]
