"""Events of an offline mix: what is read, and that every mistake names its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mcu_core.contract.choosing import choose_mode, choose_own
from mcu_core.contract.definition import (
    Group,
    LayoutChoice,
    Pane,
    PaneFit,
    TextStrip,
    View,
    VoiceSwitching,
)
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.offline.events import EVENT_WORDS, read_events
from mcu_core.offline.wanted import Change, Wanted, conference_of

CONFERENCE = conference_of([Path(f"{k}.mp4") for k in range(3)])
FULL = {"panes": [{"x": 0, "y": 0, "w": 1, "h": 1}]}


def changes(log: str) -> tuple[Change, ...]:
    return read_events(log, CONFERENCE)


def after(line: str) -> Wanted:
    """What is wanted after one line at 1 s."""
    return changes(line)[-1].wanted


def test_an_empty_log_leaves_all_as_it_is() -> None:
    assert changes("\n") == (Change(0, Wanted(CONFERENCE)),)


def test_all_is_carried_out_in_order_of_time() -> None:
    found = changes(
        """
        {"t": 5, "mute": 2}
        {"t": 2.5, "layout": 11}

        {"t": 6, "unmute": 2}
        {"t": 8, "layout": null}
        """
    )
    assert [change.at_ns for change in found] == [
        t * NS_PER_SECOND // 2 for t in (0, 5, 10, 12, 16)
    ]
    mode = choose_mode(11)
    layouts = [change.wanted.definition.layout for change in found]
    assert layouts == [LayoutChoice(), mode, mode, mode, LayoutChoice()]
    muted = [[site.muted for site in change.wanted.definition.sites] for change in found]
    assert muted == [[False] * 3, [False] * 3, [False, True, False], [False] * 3, [False] * 3]


def test_all_kinds_of_panes_are_read() -> None:
    wanted = after(
        """{"t": 7, "panes": [3, "auto", "empty", "voice", "poll", {"site": 1, "fit": "crop"},
        {"kind": "poll", "sites": [1, 2], "interval_s": 5}]}""".replace("\n", "")
    )
    assert wanted.definition.panes == (
        Pane("site", "3"),
        Pane(),
        Pane("empty"),
        Pane("voice"),
        Pane("poll"),
        Pane("site", "1", PaneFit.CROP),
        Pane("poll", sites=("1", "2"), interval_s=5),
    )


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('{"t": 1, "poll_s": 10}', {"poll_s": 10}),
        ('{"t": 1, "names": false}', {"show_names": False}),
        ('{"t": 1, "loudest": 3}', {"loudest": 3}),
        ('{"t": 1, "pan_by_pane": true}', {"pan_by_pane": True}),
        ('{"t": 1, "broadcast": 3}', {"broadcast": "3"}),
        ('{"t": 1, "lecturer": 1}', {"lecturer": "1"}),
        ('{"t": 1, "lecturer": null}', {"lecturer": ""}),
        (
            '{"t": 1, "voice": {"gate": 20, "to": "broadcast"}}',
            {"voice": VoiceSwitching(gate=20, to="broadcast")},
        ),
        ('{"t": 1, "banner": "Round at ten"}', {"banner": TextStrip("Round at ten")}),
        ('{"t": 1, "banner": null}', {"banner": TextStrip()}),
        (
            '{"t": 1, "caption": {"text": "words", "size": 0.1}}',
            {"caption": TextStrip("words", "bottom", 0.1)},
        ),
        (
            '{"t": 1, "layout": {"panes": [{"x":0,"y":0,"w":1,"h":1}]}}',
            {"layout": choose_own(FULL)},
        ),
    ],
)
def test_a_word_sets_its_field(line: str, fields: dict[str, Any]) -> None:
    assert after(line) == Wanted(replace(CONFERENCE, **fields))


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('{"t": 1, "gain": {"site": 2, "db": -6}}', {"gain_db": -6}),
        ('{"t": 1, "name": {"site": 2, "name": "Ward"}}', {"name": "Ward"}),
        ('{"t": 1, "auto_gain": {"site": 2, "on": true}}', {"auto_gain": True}),
        ('{"t": 1, "noise_gate": {"site": 2, "on": true}}', {"noise_gate": True}),
        ('{"t": 1, "camera_off": 2}', {"video_off": True}),
        ('{"t": 1, "mute": 2}', {"muted": True}),
    ],
)
def test_a_word_changes_one_site(line: str, fields: dict[str, Any]) -> None:
    first, second, third = CONFERENCE.sites
    assert after(line).definition.sites == (first, replace(second, **fields), third)


def test_groups_and_sites_get_pictures_of_their_own_and_lose_them() -> None:
    drawn = {"layout": 5, "panes": [3, "auto"], "sources": [2, 3], "show_self": True, "poll_s": 2}
    view = View(choose_mode(5), (Pane("site", "3"), Pane()), ("2", "3"), True, 2)
    own = json.dumps({"t": 1, "own": {"site": 2, "view": drawn}})
    assert after(own).definition.sites[1].view == view
    ended = own + '\n{"t": 2, "own": {"site": 2, "view": null}}'
    assert after(ended).definition == CONFERENCE
    group = json.dumps({"t": 1, "group": {"number": 4, "sites": [1, 3], "view": drawn}})
    assert after(group).definition.groups == (Group(4, ("1", "3"), view),)
    ended = group + '\n{"t": 2, "group": {"number": 4, "sites": [], "view": null}}'
    assert after(ended).definition == CONFERENCE
    watch = after('{"t": 1, "watch": {"site": 1, "watch": 3}}').definition
    assert watch.sites[0].watch == "3"


def test_a_text_keeps_what_is_not_named() -> None:
    log = '{"t": 1, "banner": {"text": "one", "size": 0.1}}\n{"t": 2, "banner": "two"}'
    assert after(log).definition.banner == TextStrip("two", size=0.1)


def test_who_joins_first_is_away_until_then() -> None:
    log = '{"t": 1, "join": 3}\n{"t": 2, "leave": 1}\n{"t": 3, "join": 1}'
    away = [sorted(change.wanted.away) for change in changes(log)]
    assert away == [["3"], [], ["1"], []]


def test_every_word_is_in_the_description() -> None:
    from mcu_core.offline import events

    assert events.__doc__ is not None
    assert not [word for word in EVENT_WORDS if word not in events.__doc__]


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
        ('{"t": 1, "panes": [{"side": 1}]}', "events[1].panes[0]"),
        ('{"t": 1, "panes": ["loud"]}', "events[1].panes[0].kind"),
        ('{"t": 1, "panes": [{"kind": "poll", "sites": [1, 7]}]}', "events[1].panes[0].sites[1]"),
        ('{"t": 1, "gain": {"site": 2, "db": 99}}', "events[1].sites[1].gain_db"),
        ('{"t": 1, "gain": {"site": 2}}', "events[1].gain"),
        ('{"t": 1, "gain": -6}', "events[1].gain"),
        ('{"t": 1, "broadcast": "2"}', "events[1].broadcast"),
        ('{"t": 1, "voice": {"gate": 400}}', "events[1].voice.gate"),
        ('{"t": 1, "voice": {"gate": "high"}}', "events[1].voice.gate"),
        ('{"t": 1, "voice": {"gait": 3}}', "events[1].voice"),
        ('{"t": 1, "banner": 3}', "events[1].banner"),
        ('{"t": 1, "banner": {"text": "a", "color": "red"}}', "events[1].banner.color"),
        ('{"t": 1, "poll_s": 0.2}', "events[1].poll_s"),
        ('{"t": 1, "leave": 9}', "events[1].leave"),
        ('{"t": 1, "own": {"site": 2}}', "events[1].own"),
        ('{"t": 1, "own": {"site": 2, "view": 5}}', "events[1].own.view"),
        ('{"t": 1, "own": {"site": 2, "view": {"panes": [7]}}}', "events[1].own.view.panes[0]"),
        ('{"t": 1, "own": {"site": 2, "view": {"panes": 7}}}', "events[1].own.view.panes"),
        ('{"t": 1, "own": {"site": 2, "view": {"pans": 1}}}', "events[1].own.view"),
        ('{"t": 1, "group": {"number": 1, "view": null}}', "events[1].group"),
        ('{"t": 1, "group": {"number": "a", "sites": [], "view": {}}}', "events[1].group.number"),
        ('{"t": 1, "group": {"number": 1, "sites": [9], "view": {}}}', "events[1].group.sites[0]"),
        ('{"t": 1, "watch": {"site": 1, "watch": 9}}', "events[1].watch.watch"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_place(line: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        changes(line)
    assert caught.value.field == field


def test_the_line_is_counted_with_empty_ones() -> None:
    with pytest.raises(BadInput) as caught:
        changes('{"t": 1, "mute": 1}\n\n{"t": 1, "mute": 8}')
    assert caught.value.field == "events[3].mute"
