"""Sound comes from where the pane is."""

import pytest

from mcu_core.conference.direction import Shown
from mcu_core.conference.placing import WIDEST, pans
from mcu_core.contract.definition import PaneFit
from mcu_core.layouts.catalogue import MODES


def shown(mode: int, *sites: str) -> Shown:
    layout = MODES[mode]
    panes = sites + ("",) * (len(layout.panes) - len(sites))
    return Shown(layout, panes, (PaneFit.AUTO,) * len(panes))


def test_left_panes_sound_left_and_right_ones_right() -> None:
    places = pans(shown(11, "a", "b", "c", "d"))
    assert places["a"] == places["c"] == pytest.approx(-WIDEST / 2)
    assert places["b"] == places["d"] == pytest.approx(WIDEST / 2)


def test_one_site_in_full_is_in_the_middle_and_empty_panes_are_nobody() -> None:
    assert pans(shown(1, "a")) == {"a": 0.0}
    assert pans(shown(11)) == {}


def test_a_site_in_two_panes_is_heard_from_the_first() -> None:
    assert pans(shown(11, "b", "b"))["b"] < 0
