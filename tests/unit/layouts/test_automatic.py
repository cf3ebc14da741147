"""Automatic layouts: room for everybody, as large as it gets."""

import pytest

from mcu_core.layouts.automatic import layout_for, room_for


@pytest.mark.parametrize("count", range(1, 25))
def test_every_site_has_a_pane(count: int) -> None:
    assert len(layout_for(count).panes) >= count


def test_none_and_too_many_get_a_layout_too() -> None:
    assert len(layout_for(0).panes) == 1
    assert len(layout_for(200).panes) == 24


def test_more_sites_never_mean_larger_smallest_panes() -> None:
    smallest = [min(pane.w * pane.h for pane in layout_for(n).panes) for n in range(1, 25)]
    assert smallest == sorted(smallest, reverse=True)


def test_room_is_what_the_layout_has() -> None:
    for count in (0, *range(1, 25), 200):
        assert room_for(count) == len(layout_for(count).panes)
