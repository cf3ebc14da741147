"""The director: events at their time, seats as in a conference, the speaker followed."""

from mcu_core.contract.definition import Pane, PaneFit
from mcu_core.layouts.catalogue import mode
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS
from mcu_core.offline.director import Director
from mcu_core.offline.events import SetLayout, SetMuted, SetPanes, TimedAction


def test_events_happen_at_their_time_and_not_before() -> None:
    director = Director(
        mode(11),
        (),
        [
            TimedAction(NS_PER_SECOND, SetMuted("1", True)),
            TimedAction(2 * NS_PER_SECOND, SetLayout(mode(2))),
            TimedAction(3 * NS_PER_SECOND, SetMuted("1", False)),
        ],
    )
    director.advance(NS_PER_SECOND - 1)
    assert director.gains(["1", "2"]) == {"1": 1.0, "2": 1.0}
    director.advance(NS_PER_SECOND)
    assert director.gains(["1", "2"]) == {"1": 0.0, "2": 1.0}
    assert director.scene(["1", "2"])[0].id == 11
    director.advance(3 * NS_PER_SECOND)
    assert director.gains(["1"]) == {"1": 1.0}
    assert director.scene(["1", "2"])[0].id == 2


def test_panes_and_fits_are_obeyed_and_the_rest_is_filled() -> None:
    panes = (Pane("site", "3", PaneFit.CROP), Pane("empty"))
    director = Director(mode(11), panes, [], fit=PaneFit.FIT)
    _, shown = director.scene(["1", "2", "3"])
    assert [pane.site for pane in shown] == ["3", "", "1", "2"]
    assert [pane.fit for pane in shown] == [PaneFit.CROP, *[PaneFit.FIT] * 3]
    director.advance(0)
    director = Director(mode(11), (), [TimedAction(0, SetPanes((Pane("site", "2"),)))])
    director.advance(0)
    assert [pane.site for pane in director.scene(["1", "2"])[1]] == ["2", "1", "", ""]


def test_the_automatic_layout_follows_the_number_of_sites() -> None:
    director = Director(None, (), [])
    counts = [len(director.scene([str(n) for n in range(1, k + 1)])[0].panes) for k in (1, 4, 9)]
    assert counts == [1, 4, 9]


def test_who_talks_is_marked_unless_muted() -> None:
    def talk(director: Director) -> list[str]:
        director.scene(["1", "2"])
        for block in range(100):
            word = block % 12 < 9
            director.hear({"1": -60.0, "2": -20.0 if word else -60.0}, block * BLOCK_NS)
        return [pane.site for pane in director.scene(["1", "2"])[1] if pane.speaking]

    assert talk(Director(mode(2), (), [])) == ["2"]
    muted = Director(mode(2), (), [TimedAction(0, SetMuted("2", True))])
    muted.advance(0)
    assert talk(muted) == []
