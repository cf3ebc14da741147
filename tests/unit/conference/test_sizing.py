"""Automatic layouts grow at once and shrink late."""

from mcu_core.conference.sizing import SHRINK_NS, RecentMost, Sizing
from mcu_core.contract.definition import LayoutChoice, LayoutRect, OwnLayout

AUTOMATIC = LayoutChoice()


def test_it_grows_at_once_and_shrinks_after_its_time() -> None:
    most = RecentMost()
    assert most.follow(4, 0) == 4
    assert most.follow(6, 1) == 6
    assert most.follow(4, 2) == 6
    assert most.next_ns == 2 + SHRINK_NS
    assert most.follow(4, 1 + SHRINK_NS) == 6
    assert most.follow(4, 2 + SHRINK_NS) == 4
    assert most.next_ns is None


def test_it_shrinks_in_the_steps_in_which_sites_left() -> None:
    most = RecentMost()
    for value, now in ((9, 0), (6, 10), (4, 20)):
        assert most.follow(value, now) == 9
    assert most.follow(4, 10 + SHRINK_NS) == 6
    assert most.follow(4, 20 + SHRINK_NS) == 4


def test_a_site_that_comes_and_goes_changes_nothing() -> None:
    most = RecentMost()
    most.follow(4, 0)
    shown = {most.follow(3 + k % 2, k * SHRINK_NS // 2) for k in range(1, 20)}
    assert shown == {4}


def test_its_memory_is_as_long_as_its_steps() -> None:
    most = RecentMost()
    for now in range(10_000):
        most.follow(now * 7919 % 11, now)
    assert len(most._past) <= 11


def test_a_chosen_layout_is_there_at_once_and_the_automatic_one_after_it() -> None:
    sizing = Sizing()
    assert len(sizing.layout(AUTOMATIC, 9, 0).panes) == 9
    assert sizing.layout(LayoutChoice(mode=12), 9, 1).id == 12
    assert sizing.next_ns is None
    assert len(sizing.layout(AUTOMATIC, 2, 2).panes) == 2


def test_an_own_layout_is_read_once() -> None:
    choice = LayoutChoice(own=OwnLayout((LayoutRect(0, 0, 1, 1),), "one"))
    assert Sizing().layout(choice, 5, 0) is Sizing().layout(choice, 3, 9)


def test_another_policy_takes_effect_at_once() -> None:
    sizing = Sizing()
    sizing.layout(AUTOMATIC, 9, 0)
    assert sizing.layout(LayoutChoice(policy="speaker"), 5, 1).id == 19
    assert sizing.next_ns is None
