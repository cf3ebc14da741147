"""Content in the main picture: who sees it there, and where everybody stands."""

from fractions import Fraction

import msgspec
import pytest

from mcu_core.conference.content_view import content_view
from mcu_core.conference.direction import (
    CONFERENCE,
    VIEWERS,
    WITH_CONTENT,
    Director,
    Roster,
    Shown,
    ViewKey,
)
from mcu_core.contract.check import check
from mcu_core.contract.check_views import chosen_layout
from mcu_core.contract.content import CONTENT
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    LayoutChoice,
    Pane,
    PaneFit,
    SiteDefinition,
    SiteKind,
    View,
)
from mcu_core.media.clock import NS_PER_SECOND

SITES = ("a", "b", "c", "d")
SIXTEEN_NINE, FOUR_THREE = 16 / 9, 4 / 3
WITH_PANE = View(LayoutChoice(mode=2), (Pane("content"), Pane("site", "b")))


def conference(**wanted: object) -> ConferenceDefinition:
    sites = tuple(SiteDefinition(name, name, SiteKind.RTP) for name in SITES)
    made = msgspec.structs.replace(ConferenceDefinition("c", "c", sites=sites), **wanted)
    check(made)
    return made


def roster(content: float = SIXTEEN_NINE, beside: str = "", audio_only: str = "") -> Roster:
    return Roster(
        SITES, SITES, content=content, beside=frozenset(beside), audio_only=frozenset(audio_only)
    )


def sees(definition: ConferenceDefinition, now: Roster) -> dict[str, ViewKey]:
    return dict(Director().decide(definition, now, 0).watching)


def shown(director: Director, now: Roster, at_s: float = 0.0) -> Shown:
    at_ns = int(at_s * NS_PER_SECOND)
    return director.decide(conference(), now, at_ns).views[WITH_CONTENT]


def test_content_is_large_with_people_around_it_and_goes_again() -> None:
    director = Director()
    now = shown(director, roster())
    assert now.panes == (CONTENT, "a", "b", "c", "d")
    assert now.fits[0] is PaneFit.FIT, "slides are not stretched"
    areas = [pane.w * pane.h for pane in now.layout.panes]
    assert areas[0] > 4 * sum(areas[1:]) / 2
    after = director.decide(conference(), roster(0.0), NS_PER_SECOND)
    assert set(after.watching.values()) == {CONFERENCE}


def test_who_has_a_channel_for_it_sees_the_people() -> None:
    seen = sees(conference(), roster(beside="a"))
    assert seen["a"] == CONFERENCE
    assert {seen[name] for name in ("b", "c", "d", VIEWERS)} == {WITH_CONTENT}


def test_broadcast_goes_before_content_and_content_before_all_else() -> None:
    watching = SiteDefinition("d", "d", SiteKind.RTP, watch="a")
    sites = (*conference().sites[:3], watching)
    assert set(sees(conference(sites=sites, lecturer="b"), roster()).values()) == {WITH_CONTENT}
    seen = sees(conference(broadcast="b"), roster())
    assert {seen[name] for name in ("a", "c", "d", VIEWERS)} == {ViewKey("full", "b")}
    assert seen["b"] == WITH_CONTENT


def test_a_picture_with_a_pane_for_content_stays() -> None:
    seen = sees(conference(layout=WITH_PANE.layout, panes=WITH_PANE.panes), roster())
    assert set(seen.values()) == {CONFERENCE}
    own = SiteDefinition("a", "a", SiteKind.RTP, view=WITH_PANE)
    seen = sees(conference(sites=(own, *conference().sites[1:])), roster())
    assert seen["a"] == ViewKey("own", "a")
    assert seen["b"] == WITH_CONTENT
    seen = sees(conference(groups=(Group(3, ("a", "b"), WITH_PANE),)), roster())
    assert (seen["a"], seen["c"]) == (ViewKey("group", "3"), WITH_CONTENT)


def test_a_pane_for_content_is_automatic_while_there_is_none() -> None:
    wanted = conference(layout=WITH_PANE.layout, panes=WITH_PANE.panes)
    director = Director()
    assert director.decide(wanted, roster(), 0).views[CONFERENCE].panes == (CONTENT, "b")
    assert director.decide(wanted, roster(0.0), 1).views[CONFERENCE].panes == ("a", "b")


def test_who_comes_is_seen_at_once_and_who_goes_keeps_a_place_for_a_while() -> None:
    director = Director()
    two = Roster(SITES[:2], SITES[:2], content=SIXTEEN_NINE)
    assert len(shown(director, two).panes) == 3
    assert len(shown(director, roster(), 1).panes) == 5
    assert len(shown(director, two, 2).panes) == 5
    later = director.decide(conference(), two, 2 * NS_PER_SECOND)
    assert later.next_change_ns == 5 * NS_PER_SECOND
    assert len(shown(director, two, 6).panes) == 3


def test_sites_without_a_picture_take_no_room() -> None:
    assert shown(Director(), roster(audio_only="bd")).panes == (CONTENT, "a", "c")


@pytest.mark.parametrize("shape", [SIXTEEN_NINE, FOUR_THREE])
@pytest.mark.parametrize("people", range(17))
def test_people_stand_beside_content_and_keep_the_shape_of_the_picture(
    shape: float, people: int
) -> None:
    view = content_view(shape >= 1.5, people)
    layout = chosen_layout(view.layout)  # raises where panes overlap or stand out
    assert layout is not None
    content, *strip = layout.panes
    assert all(pane.w == pane.h for pane in strip)
    assert len(strip) == min(people, 9 if shape >= 1.5 else 16)
    width = min(content.w, content.h * Fraction(shape * 9 / 16))
    assert width >= (Fraction(4, 5) if shape > 1.5 else Fraction(7, 10)), "content is large"
