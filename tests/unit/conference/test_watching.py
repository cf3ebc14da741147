"""Who watches what: one rule after the other."""

from typing import Any

import msgspec

from mcu_core.conference.direction import (
    CONFERENCE,
    VIEWERS,
    WITH_CONTENT,
    Director,
    Roster,
    ViewKey,
)
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    LayoutChoice,
    SiteDefinition,
    SiteKind,
    View,
    VoiceSwitching,
)

SITES = ("a", "b", "c", "d")
ALL = Roster(SITES, SITES)
BY_VOICE = VoiceSwitching(to="broadcast")


def site(name: str, **wanted: object) -> SiteDefinition:
    return msgspec.structs.replace(SiteDefinition(name, name, SiteKind.RTP), **wanted)


def conference(*sites: SiteDefinition, **wanted: object) -> ConferenceDefinition:
    named = {given.id: given for given in sites}
    everybody = tuple(named.get(name) or site(name) for name in SITES)
    return msgspec.structs.replace(ConferenceDefinition("c", "c", sites=everybody), **wanted)


def roster(present: tuple[str, ...] = SITES, **known: Any) -> Roster:
    return Roster(present, present, **known)


def full(name: str) -> ViewKey:
    return ViewKey("full", name)


def own(name: str) -> ViewKey:
    return ViewKey("own", name)


def watching(definition: ConferenceDefinition, now: Roster = ALL) -> dict[str, ViewKey]:
    return dict(Director().decide(definition, now, 0).watching)


def test_a_broadcast_site_is_seen_in_full_over_every_choice() -> None:
    definition = conference(site("b", watch="c"), broadcast="a", lecturer="d")
    seen = watching(definition)
    assert [seen[name] for name in ("b", "c", "d", VIEWERS)] == [full("a")] * 4
    assert seen["a"] == full("d")  # the lecture is what it sees itself


def test_a_broadcast_site_that_is_away_broadcasts_nothing() -> None:
    assert set(watching(conference(broadcast="a"), roster(("b", "c"))).values()) == {CONFERENCE}


def test_a_broadcast_site_sees_the_others_without_itself() -> None:
    direction = Director().decide(conference(broadcast="a"), ALL, 0)
    assert direction.watching["a"] == own("a")
    assert direction.views[own("a")].panes == ("b", "c", "d")


def test_a_broadcast_site_sees_who_was_broadcast_before_it() -> None:
    director = Director()
    director.decide(conference(broadcast="b"), ALL, 0)
    assert director.decide(conference(broadcast="a"), ALL, 1).watching["a"] == full("b")
    # once nobody is broadcast, who was counts no more
    director.decide(conference(), ALL, 2)
    assert director.decide(conference(broadcast="c"), ALL, 3).watching["c"] == own("c")


def test_a_broadcast_site_sees_who_has_the_floor() -> None:
    definition = conference(broadcast="a")
    assert watching(definition, roster(floor="c"))["a"] == full("c")
    assert watching(definition, roster(floor="a", previous="d"))["a"] == full("d")
    dark = roster(floor="c", camera_off=frozenset("c"))
    assert watching(definition, dark)["a"] == own("a")


def test_a_broadcast_site_sees_what_it_has_chosen() -> None:
    assert watching(conference(site("a", watch="d"), broadcast="a"))["a"] == full("d")


def test_a_locked_site_sees_its_choice_whoever_is_broadcast_lectures_or_speaks() -> None:
    sites = (site("a", watch="b", source_locked=True), site("b", source_locked=True))
    wanted = conference(*sites, lecturer="d", broadcast="c", voice=BY_VOICE)
    watched = watching(wanted, roster(floor="d"))
    assert (watched["a"], watched["b"]) == (full("b"), CONFERENCE)
    assert watched["d"] == full("c"), "who is not locked sees the broadcast site"
    shown = watching(wanted, roster(content=1.5))
    assert shown["a"] == WITH_CONTENT, "content goes before"


def test_a_lecturer_is_seen_in_full_and_sees_the_others() -> None:
    direction = Director().decide(conference(site("b", view=View()), lecturer="a"), ALL, 0)
    assert [direction.watching[name] for name in ("b", "c", VIEWERS)] == [full("a")] * 3
    assert direction.views[own("a")].panes == ("b", "c", "d")


def test_a_large_audience_is_polled_for_the_lecturer() -> None:
    names = tuple(f"s{k}" for k in range(31))
    definition = ConferenceDefinition("c", "c", sites=tuple(map(site, names)), lecturer="s0")
    director = Director()
    first = director.decide(definition, Roster(names, names), 0)
    assert first.next_change_ns is not None
    then = director.decide(definition, Roster(names, names), first.next_change_ns)
    seen = {*first.views[own("s0")].panes, *then.views[own("s0")].panes}
    assert seen == set(names) - {"s0"}


def test_a_lecturer_who_is_also_broadcast_sees_the_others() -> None:
    assert watching(conference(broadcast="a", lecturer="a"))["a"] == own("a")


def test_a_site_sees_whom_it_watches_before_its_own_picture() -> None:
    definition = conference(site("b", watch="c", view=View()), site("d", view=View()))
    assert watching(definition)["b"] == full("c")
    assert watching(definition)["d"] == own("d")
    assert watching(definition)["a"] == CONFERENCE
    assert watching(definition, roster(("a", "b")))["b"] == own("b")


def test_voice_switching_broadcasts_who_has_the_floor_to_all_who_have_not_chosen() -> None:
    group = Group(1, ("d",), View())
    definition = conference(site("b", watch="c"), voice=BY_VOICE, groups=(group,))
    seen = watching(definition, roster(floor="a", previous="c"))
    assert seen == {
        "a": full("c"),
        "b": full("c"),
        "c": full("a"),
        "d": full("a"),
        VIEWERS: full("a"),
    }


def test_when_nobody_speaks_who_had_the_floor_stays() -> None:
    director = Director()
    definition = conference(voice=BY_VOICE)
    talking = director.decide(definition, roster(floor="a", previous="b"), 0).watching
    silent = director.decide(definition, roster(floor="", previous="a"), 1).watching
    assert silent == talking
    assert silent["a"] == full("b")


def test_a_floor_without_a_picture_is_not_broadcast() -> None:
    definition = conference(voice=BY_VOICE)
    for now in (
        roster(floor="a", previous="b", camera_off=frozenset("a")),
        roster(floor="a", previous="b", audio_only=frozenset("a")),
    ):
        seen = watching(definition, now)
        assert seen["c"] == full("b")
        assert seen["b"] == CONFERENCE


def test_without_voice_switching_the_floor_moves_nothing() -> None:
    off = VoiceSwitching(enabled=False, to="broadcast")
    assert set(watching(conference(voice=off), roster(floor="a")).values()) == {CONFERENCE}


def test_a_group_sees_its_own_picture() -> None:
    view = View(layout=LayoutChoice(mode=11), sources=("c", "d"))
    definition = conference(groups=(Group(0, ("a", "b"), view),))
    direction = Director().decide(definition, ALL, 0)
    key = ViewKey("group", "0")
    assert [direction.watching[name] for name in ("a", "b", "c")] == [key, key, CONFERENCE]
    assert direction.views[key].panes == ("c", "d", "", "")


def test_an_own_picture_has_the_site_itself_only_when_it_wants_to() -> None:
    definition = conference(site("a", view=View()), site("b", view=View(show_self=True)))
    views = Director().decide(definition, ALL, 0).views
    assert views[own("a")].panes == ("b", "c", "d")
    assert set(views[own("b")].panes) == set(SITES)
