"""Who stands in which pane."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.conference.panes import assign
from mcu_core.contract.definition import Pane

SITES = ["a", "b", "c", "d", "e", "f"]


def pinned(site: str) -> Pane:
    return Pane(kind="site", site=site)


def test_free_panes_are_filled_in_joining_order() -> None:
    assert assign(4, [], ["a", "b"], {}) == ("a", "b", "", "")


def test_a_pinned_site_keeps_its_pane_and_is_shown_once() -> None:
    assert assign(3, [Pane(), pinned("a")], ["a", "b", "c"], {}) == ("b", "a", "c")


def test_a_pinned_site_that_is_away_keeps_its_pane() -> None:
    assert assign(2, [pinned("z")], ["a"], {}) == ("z", "a")


def test_an_empty_pane_stays_empty() -> None:
    assert assign(2, [Pane(kind="empty")], ["a", "b"], {}) == ("", "a")


def test_the_loudest_come_first_when_nothing_was_shown() -> None:
    assert assign(2, [], ["a", "b", "c"], {"c": 20, "b": 10}) == ("c", "b")


def test_who_is_shown_stays_in_place() -> None:
    assert assign(3, [], ["a", "b", "c"], {"c": 9}, ("b", "a", "c")) == ("b", "a", "c")


def test_a_new_speaker_takes_the_pane_of_the_longest_silent() -> None:
    shown = assign(2, [], ["a", "b", "c"], {"a": 5, "b": 3, "c": 9}, ("a", "b"))
    assert shown == ("a", "c")


def test_a_site_that_never_spoke_does_not_push_anybody_out() -> None:
    assert assign(2, [], ["a", "b", "c"], {}, ("a", "b")) == ("a", "b")


def test_a_leave_empties_only_its_own_pane() -> None:
    assert assign(4, [], ["a", "c", "d"], {}, ("a", "b", "c", "d")) == ("a", "", "c", "d")


@given(
    st.integers(1, 8),
    st.lists(
        st.one_of(st.just(Pane()), st.just(Pane(kind="empty")), st.sampled_from(SITES).map(pinned)),
        max_size=8,
    ),
    st.lists(st.sampled_from(SITES), unique=True),
    st.dictionaries(st.sampled_from(SITES), st.integers(0, 100)),
    st.lists(st.sampled_from([*SITES, ""]), max_size=8),
)
def test_no_site_is_shown_twice_but_by_order(
    count: int,
    panes: list[Pane],
    present: list[str],
    spoke: dict[str, int],
    shown: list[str],
) -> None:
    result = assign(count, panes, present, spoke, shown)
    assert len(result) == count
    automatic = [
        site
        for k, site in enumerate(result)
        if site and (k >= len(panes) or panes[k].kind == "auto")
    ]
    assert len(automatic) == len(set(automatic))
    assert set(automatic) <= set(present)
    named = {pane.site for pane in panes[:count] if pane.kind == "site"}
    assert not named & set(automatic)
    # A free pane stays empty only when everybody is shown.
    if any(
        not site and (k >= len(panes) or panes[k].kind == "auto") for k, site in enumerate(result)
    ):
        assert set(present) <= set(result)
