"""Events of an offline mix: what is read, and that every mistake names its place."""

import pytest

from mcu_core.contract.definition import Pane, PaneFit
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.offline.events import SetLayout, SetMuted, SetPanes, read_events

SECOND = NS_PER_SECOND


def test_all_kinds_are_read_in_order_of_time() -> None:
    events = read_events(
        """
        {"t": 5, "mute": 2}
        {"t": 2.5, "layout": 11}

        {"t": 6, "unmute": 2}
        {"t": 7, "panes": [3, "auto", "empty", {"site": 1, "fit": "crop"}]}
        {"t": 8, "layout": null}
        """,
        inputs=3,
    )
    assert [event.at_ns for event in events] == [t * SECOND // 2 for t in (5, 10, 12, 14, 16)]
    assert [event.action for event in events] == [
        SetLayout(mode(11)),
        SetMuted("2", True),
        SetMuted("2", False),
        SetPanes((Pane("site", "3"), Pane(), Pane("empty"), Pane("site", "1", PaneFit.CROP))),
        SetLayout(None),
    ]


def test_an_own_layout_is_read() -> None:
    (event,) = read_events('{"t":0,"layout":{"panes":[{"x":0,"y":0,"w":1,"h":1}]}}', 1)
    assert isinstance(event.action, SetLayout)
    assert event.action.layout is not None
    assert event.action.layout.kind == "own"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", "events[1]"),
        ("[" * 100_000, "events[1]"),
        ("7", "events[1]"),
        ('{"t": 1}', "events[1]"),
        ('{"t": 1, "mute": 1, "unmute": 1}', "events[1]"),
        ('{"t": 1, "sing": 1}', "events[1]"),
        ('{"mute": 1}', "events[1].t"),
        ('{"t": -1, "mute": 1}', "events[1].t"),
        ('{"t": NaN, "mute": 1}', "events[1].t"),
        ('{"t": true, "mute": 1}', "events[1].t"),
        ('{"t": 1, "mute": 0}', "events[1].mute"),
        ('{"t": 1, "mute": 4}', "events[1].mute"),
        ('{"t": 1, "unmute": "a"}', "events[1].unmute"),
        ('{"t": 1, "layout": 50}', "events[1].layout"),
        ('{"t": 1, "layout": {"panes": [{"x":2}]}}', "events[1].layout.panes[0].x"),
        ('{"t": 1, "panes": 3}', "events[1].panes"),
        ('{"t": 1, "panes": [1, 9]}', "events[1].panes[1]"),
        ('{"t": 1, "panes": [{"site": 1, "fit": "best"}]}', "events[1].panes[0].fit"),
        ('{"t": 1, "panes": [{"side": 1}]}', "events[1].panes[0].side"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_place(line: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_events(line, inputs=3)
    assert caught.value.field == field


def test_the_line_is_counted_with_empty_ones() -> None:
    with pytest.raises(BadInput) as caught:
        read_events('{"t": 1, "mute": 1}\n\n{"t": 1, "mute": 8}', inputs=3)
    assert caught.value.field == "events[3].mute"
