"""Automatic layouts: room for everybody, as large as it gets."""

import pytest

from mcu_core.layouts.automatic import Policy, large_panes, layout_for, room_for

POLICIES: tuple[Policy, ...] = ("equal", "speaker")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("count", range(1, 25))
def test_every_site_has_a_pane(count: int, policy: Policy) -> None:
    assert len(layout_for(count, policy).panes) >= count


def test_none_and_too_many_get_a_layout_too() -> None:
    assert len(layout_for(0).panes) == 1
    assert len(layout_for(200).panes) == 24


def test_more_sites_never_mean_larger_smallest_panes() -> None:
    smallest = [min(pane.w * pane.h for pane in layout_for(n).panes) for n in range(1, 25)]
    assert smallest == sorted(smallest, reverse=True)


@pytest.mark.parametrize("policy", POLICIES)
def test_room_is_what_the_layout_has(policy: Policy) -> None:
    for count in (0, *range(1, 25), 200):
        assert room_for(count, policy) == len(layout_for(count, policy).panes)


def test_who_speaks_has_a_large_pane_from_four_to_thirteen_sites() -> None:
    large = {count: len(large_panes(layout_for(count, "speaker"))) for count in range(1, 25)}
    assert {count for count, panes in large.items() if panes == 1} == {4, 5, 6, 7, 8, 11, 12, 13}
    assert {count for count, panes in large.items() if panes == 2} == {9, 10}
    assert all(0 in large_panes(layout_for(count, "speaker")) for count in range(4, 14))
