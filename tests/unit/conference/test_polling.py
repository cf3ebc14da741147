"""Whose turn it is."""

from mcu_core.conference.polling import PolledPanes, Rotation
from mcu_core.contract.definition import Pane
from mcu_core.media.clock import NS_PER_SECOND

FIVE = ["a", "b", "c", "d", "e"]


def test_pages_follow_one_another_round_the_line() -> None:
    rotation = Rotation()
    pages = [rotation.turn(FIVE, 2, 10, now) for now in (0, 10, 20, 30)]
    assert pages == [("a", "b"), ("c", "d"), ("e", "a"), ("b", "c")]


def test_a_page_stays_for_its_time() -> None:
    rotation = Rotation()
    assert rotation.turn(FIVE, 2, 10, 3) == rotation.turn(FIVE, 2, 10, 12) == ("a", "b")
    assert rotation.next_ns == 13


def test_turns_that_were_missed_count_as_taken() -> None:
    rotation = Rotation()
    rotation.turn(FIVE, 2, 10, 0)
    assert rotation.turn(FIVE, 2, 10, 25) == ("e", "a")
    assert rotation.next_ns == 30


def test_who_is_gone_gives_its_place_to_the_one_that_follows() -> None:
    rotation = Rotation()
    rotation.turn(FIVE, 2, 10, 0)
    assert rotation.turn(["a", "c", "d", "e"], 2, 10, 5) == ("a", "c")
    assert rotation.turn(["a", "c", "d", "e"], 2, 10, 10) == ("d", "e")


def test_the_one_that_follows_a_lonely_one_gets_its_whole_time() -> None:
    rotation = Rotation()
    rotation.turn(FIVE, 1, 10, 0)
    rotation.turn(FIVE, 1, 10, 10)
    assert rotation.turn(["a", "c", "d", "e"], 1, 10, 14) == ("c",)
    assert rotation.next_ns == 24


def test_few_enough_take_no_turns() -> None:
    rotation = Rotation()
    assert rotation.turn(["a", "b"], 2, 10, 0) == ("a", "b")
    assert rotation.next_ns is None
    assert rotation.turn(FIVE, 2, 10, 95) == ("a", "b")
    assert rotation.next_ns == 105


def polled(panes: dict[int, Pane], free: list[str], *seconds: float) -> list[dict[int, str]]:
    turns = PolledPanes()
    return [turns.take(panes, free, round(at * NS_PER_SECOND)) for at in seconds]


def test_a_pane_goes_through_its_list_past_those_who_are_away() -> None:
    panes = {3: Pane(kind="poll", sites=("c", "x", "a"), interval_s=5)}
    assert polled(panes, FIVE, 0, 5, 10) == [{3: "c"}, {3: "a"}, {3: "c"}]


def test_a_pane_whose_list_is_away_has_nobody() -> None:
    assert polled({0: Pane(kind="poll", sites=("x",))}, FIVE, 0) == [{}]


def test_panes_of_different_pace_never_show_the_same() -> None:
    panes = {0: Pane(kind="poll", interval_s=2), 1: Pane(kind="poll", interval_s=3)}
    for shown in polled(panes, ["a", "b", "c"], *range(30)):
        assert len(set(shown.values())) == 2


def test_panes_of_one_pace_show_everybody() -> None:
    panes = {0: Pane(kind="poll", interval_s=2), 1: Pane(kind="poll", interval_s=2)}
    for pane in (0, 1):
        assert {shown[pane] for shown in polled(panes, FIVE, *range(0, 20, 2))} == set(FIVE)
