"""Who sees what, whatever the operator sets and whatever the sites do."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mcu_core.conference.direction import (
    VIEWERS,
    Direction,
    Director,
    Roster,
)
from mcu_core.conference.watching import view_of
from mcu_core.contract.check import check
from mcu_core.contract.content import CONTENT
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    LayoutChoice,
    Pane,
    SiteDefinition,
    SiteKind,
    View,
    VoiceSwitching,
)
from mcu_core.media.clock import NS_PER_SECOND

SITES = tuple("abcdefg")
sites = st.sampled_from(SITES)
some = st.lists(sites, unique=True, max_size=5).map(tuple)
seconds = st.integers(1, 4).map(float)

panes = st.one_of(
    st.builds(Pane, kind=st.sampled_from(["auto", "voice", "content", "empty"])),
    st.builds(Pane, kind=st.just("site"), site=sites),
    st.builds(Pane, kind=st.just("poll"), sites=some, interval_s=seconds),
)
layouts = st.builds(
    LayoutChoice,
    mode=st.sampled_from([None, None, 1, 4, 11, 21]),
    policy=st.sampled_from(["equal", "speaker"]),
)
polls = st.one_of(st.just(0.0), seconds)
voices = st.builds(
    VoiceSwitching, enabled=st.booleans(), to=st.sampled_from(["panes", "broadcast"])
)


def views(own: str = "") -> st.SearchStrategy[View]:
    """Any picture; a site's own one does not name that site."""
    allowed = panes.filter(lambda pane: not own or pane.site != own)
    return st.builds(
        View,
        layout=layouts,
        panes=st.lists(allowed, max_size=6).map(tuple),
        sources=some,
        show_self=st.booleans(),
        poll_s=polls,
    )


def definition_of(name: str) -> st.SearchStrategy[SiteDefinition]:
    return st.builds(
        SiteDefinition,
        id=st.just(name),
        name=st.just(name),
        kind=st.just(SiteKind.RTP),
        watch=st.sampled_from(("", "", *(site for site in SITES if site != name))),
        view=st.none() | views(name),
    )


definitions = st.builds(
    ConferenceDefinition,
    id=st.just("c"),
    name=st.just("c"),
    sites=st.tuples(*map(definition_of, SITES)),
    layout=layouts,
    panes=st.lists(panes, max_size=6).map(tuple),
    poll_s=polls,
    groups=st.tuples(
        st.builds(Group, id=st.just(0), sites=st.just(("a", "b")), view=views()),
        st.builds(Group, id=st.just(7), sites=st.just(("c",)), view=views()),
    ),
    broadcast=st.sampled_from(("", "", *SITES)),
    lecturer=st.sampled_from(("", "", *SITES)),
    voice=voices,
)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    joined = tuple(draw(st.permutations(SITES)))[: draw(st.integers(0, len(SITES)))]
    present = tuple(site for site in joined if draw(st.booleans()) or draw(st.booleans()))
    return Roster(
        present,
        joined,
        camera_off=frozenset(draw(some)),
        floor=draw(st.sampled_from(("", *SITES))),
        previous=draw(st.sampled_from(("", *SITES))),
        spoke_ns=draw(st.dictionaries(sites, st.integers(0, 9))),
        audio_only=frozenset(draw(some)),
        content=draw(st.sampled_from((0.0, 0.0, 4 / 3, 16 / 9))),
        beside=frozenset(draw(some)),
    )


def holds(definition: ConferenceDefinition, roster: Roster, direction: Direction) -> None:
    """What is true of every direction."""
    assert set(direction.watching) == {*SITES, VIEWERS}
    assert set(direction.views) == set(direction.watching.values())
    for key, shown in direction.views.items():
        assert len(shown.panes) == len(shown.fits) == len(shown.layout.panes)
        content = [k for k, site in enumerate(shown.panes) if site == CONTENT]
        assert not content or roster.content
        if key.kind == "content":
            assert content == [0]
            sees = {site for site, seen in direction.watching.items() if seen == key}
            assert not sees & roster.beside
            people = [site for site in shown.panes[1:] if site]
            assert set(people) <= set(roster.present)
            assert len(set(people)) == len(people)
            continue
        if key.kind == "full":
            assert shown.panes == (key.name,)
            assert key.name in roster.joined
            assert direction.watching.get(key.name) != key
            continue
        view = view_of(definition, key)
        hidden = key.name if key.kind == "own" and not view.show_self else ""
        by_hand = {
            k: pane.site
            for k, pane in enumerate(view.panes[: len(shown.panes)])
            if pane.kind == "site" and pane.site != hidden
        }
        assert {k: shown.panes[k] for k in by_hand} == by_hand
        fixed = {*by_hand, *content}
        others = [site for k, site in enumerate(shown.panes) if site and k not in fixed]
        assert len(others) == len(set(others))
        assert not set(others) & set(by_hand.values())
        assert set(others) <= set(roster.present)
        assert not hidden or hidden not in shown.panes
        for pane, site in zip(view.panes, shown.panes, strict=False):
            assert pane.kind != "empty" or not site
            assert pane.kind != "content" or not roster.content or site == CONTENT


@given(definitions, rosters())
def test_every_direction_is_sound(definition: ConferenceDefinition, roster: Roster) -> None:
    check(definition)
    holds(definition, roster, Director().decide(definition, roster, 0))


@given(definitions, rosters(), rosters(), st.integers(0, 20))
def test_the_same_call_again_changes_nothing(
    definition: ConferenceDefinition, before: Roster, roster: Roster, at_s: int
) -> None:
    director, twin = Director(), Director()
    for each in (director, twin):
        each.decide(definition, before, 0)
    first = director.decide(definition, roster, at_s * NS_PER_SECOND)
    assert director.decide(definition, roster, at_s * NS_PER_SECOND) == first
    assert twin.decide(definition, roster, at_s * NS_PER_SECOND) == first


@given(definitions, rosters(), rosters(), st.integers(0, 20))
def test_the_next_change_is_when_it_says(
    definition: ConferenceDefinition, before: Roster, roster: Roster, at_s: int
) -> None:
    director = Director()
    director.decide(definition, before, 0)
    direction = director.decide(definition, roster, at_s * NS_PER_SECOND)
    for _ in range(5):
        next_ns = direction.next_change_ns
        if next_ns is None:
            later = director.decide(definition, roster, 10**15)
            assert later.views == direction.views
            return
        assert director.decide(definition, roster, next_ns - 1) == direction
        changed = director.decide(definition, roster, next_ns)
        assert changed.views != direction.views
        direction = changed


class Evening(RuleBasedStateMachine):
    """A conference that changes in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.director = Director()
        self.definition = ConferenceDefinition("c", "c")
        self.roster = Roster((), ())
        self.now_ns = 0

    @initialize(definition=definitions)
    def define(self, definition: ConferenceDefinition) -> None:
        self.definition = definition

    @rule(definition=definitions)
    def redefine(self, definition: ConferenceDefinition) -> None:
        self.definition = definition

    @rule(site=sites)
    def join(self, site: str) -> None:
        if site not in self.roster.joined:
            there = (*self.roster.joined, site)
            self.roster = Roster(there, there, floor=self.roster.floor)

    @rule(site=sites)
    def leave(self, site: str) -> None:
        there = tuple(name for name in self.roster.joined if name != site)
        self.roster = Roster(there, there, floor=self.roster.floor.replace(site, ""))

    @rule(site=sites)
    def speak(self, site: str) -> None:
        there = self.roster.joined
        if site in there:
            before = self.roster.floor if self.roster.floor in there else ""
            spoke = {**self.roster.spoke_ns, site: self.now_ns}
            self.roster = Roster(there, there, floor=site, previous=before, spoke_ns=spoke)

    @rule(site=sites)
    def broadcast(self, site: str) -> None:
        self.definition = msgspec.structs.replace(self.definition, broadcast=site)

    @rule(seconds=st.integers(0, 5))
    def wait(self, seconds: int) -> None:
        self.now_ns += seconds * NS_PER_SECOND

    @invariant()
    def no_stale_pane(self) -> None:
        if self.definition.sites:
            direction = self.director.decide(self.definition, self.roster, self.now_ns)
            holds(self.definition, self.roster, direction)
            assert direction.next_change_ns is None or direction.next_change_ns > self.now_ns


Evening.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestEvening = Evening.TestCase
