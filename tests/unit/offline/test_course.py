"""The course: the log at its time, who stands where and who speaks as in a conference."""

import json
from pathlib import Path

import numpy as np
import pytest

from mcu_core.contract.choosing import choose_mode
from mcu_core.contract.definition import Pane, PaneFit
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.offline.course import Course, Plan
from mcu_core.offline.decisions import DecisionLog
from mcu_core.offline.events import read_events
from mcu_core.offline.wanted import conference_of

FILES = [Path(f"{k}.mp4") for k in range(1, 5)]
RUNNING = ["1", "2", "3", "4"]


def course_of(
    log: str = "",
    mode: int | None = 11,
    panes: tuple[Pane, ...] = (),
    fit: PaneFit = PaneFit.AUTO,
    without_video: tuple[str, ...] = (),
    lines: list[str] | None = None,
    seen_by: str = "",
) -> Course:
    conference = conference_of(FILES, ["A", "B", "C", "D"], choose_mode(mode), panes)
    decisions = DecisionLog(None if lines is None else lines.append)
    return Course(read_events(log, conference), decisions, without_video, fit, seen_by)


def plan_at(course: Course, seconds: float, running: list[str] = RUNNING) -> Plan:
    time_ns = round(seconds * NS_PER_SECOND)
    course.advance(time_ns, running)
    return course.plan(time_ns)


def sites(plan: Plan) -> list[str]:
    return [pane.site for pane in plan.panes]


def voice(number: int) -> Block:
    """20 ms of something like a voice: 140 Hz and its harmonics, four syllables a second."""
    time = (np.arange(BLOCK_SAMPLES) + number * BLOCK_SAMPLES) / SAMPLE_RATE
    swell = 0.5 + 0.45 * np.sin(2 * np.pi * 4 * time)
    wave = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 8))
    return np.repeat((0.1 * swell * wave).astype(np.float32)[:, None], 2, axis=1)


def talk(course: Course, talker: str, seconds: float) -> None:
    for number in range(round(seconds * NS_PER_SECOND / BLOCK_NS)):
        course.advance(number * BLOCK_NS, RUNNING)
        course.mix({talker: voice(number)}, number * BLOCK_NS)


def loudness(course: Course, *sites: str) -> list[float]:
    """How loud a steady value of each site alone comes out, once gains have settled."""
    found = []
    for site in sites:
        for _ in range(3):
            mixed = course.mix({site: np.full((BLOCK_SAMPLES, 2), 0.5, np.float32)}, 0)
        found.append(float(mixed[-1, 0]) / 0.5)
    return found


def test_the_log_is_followed_at_its_time_and_not_before() -> None:
    course = course_of(
        '{"t": 1, "mute": 1}\n{"t": 2, "layout": 2}\n{"t": 3, "gain": {"site": 2, "db": -20}}'
    )
    assert plan_at(course, 0.999).layout.id == 11
    assert loudness(course, "1", "2") == pytest.approx([1, 1])
    plan_at(course, 1)
    assert loudness(course, "1", "2") == pytest.approx([0, 1])
    assert plan_at(course, 2).layout.id == 2
    plan_at(course, 3)
    assert loudness(course, "1", "2") == pytest.approx([0, 0.1])


def test_panes_and_fits_are_obeyed_and_the_rest_is_filled() -> None:
    panes = (Pane("site", "3", PaneFit.CROP), Pane("empty"))
    plan = plan_at(course_of(panes=panes, fit=PaneFit.FIT), 0)
    assert sites(plan) == ["3", "", "1", "2"]
    assert [pane.fit for pane in plan.panes] == [PaneFit.CROP, *[PaneFit.FIT] * 3]
    assert [pane.label for pane in plan.panes] == ["C", "", "A", "B"]


def test_the_same_plan_is_the_same_object_until_something_changes() -> None:
    course = course_of('{"t": 2, "caption": "words"}')
    first = plan_at(course, 0)
    assert plan_at(course, 1) is first
    second = plan_at(course, 2)
    assert second.caption is not None
    assert (second.caption.text, second.texts_since_ns) == ("words", 2 * NS_PER_SECOND)


def test_who_leaves_is_not_seen_or_heard_and_comes_back() -> None:
    log = '{"t": 1, "leave": 2}\n{"t": 2, "join": 2}\n{"t": 2, "join": 4}'
    course = course_of(log)
    assert sites(plan_at(course, 0)) == ["1", "2", "3", ""]
    assert sites(plan_at(course, 1)) == ["1", "", "3", ""]
    assert loudness(course, "1", "2") == pytest.approx([1, 0])
    assert sites(plan_at(course, 2)) == ["1", "2", "3", "4"]
    assert sites(plan_at(course, 3, ["1", "3"])) == ["1", "", "3", ""]


def test_states_tell_why_there_is_no_picture() -> None:
    log = '{"t": 0, "camera_off": 1}\n{"t": 0, "panes": [1, 2, 3, 4]}\n{"t": 0, "leave": 3}'
    plan = plan_at(course_of(log, without_video=("2",)), 0)
    assert [pane.state for pane in plan.panes] == ["camera-off", "audio-only", "no-video", "live"]


def test_broadcast_and_lecture_show_one_site_in_full() -> None:
    log = '{"t": 1, "broadcast": 3}\n{"t": 2, "broadcast": null}\n{"t": 3, "lecturer": 4}'
    course = course_of(log)
    assert [sites(plan_at(course, t)) for t in (1, 3)] == [["3"], ["4"]]


def test_polling_goes_on_by_time_alone() -> None:
    course = course_of('{"t": 0, "poll_s": 2}', mode=1)
    assert [sites(plan_at(course, t)) for t in (0, 1.9, 2, 4)] == [["1"], ["1"], ["2"], ["3"]]


def test_the_voice_pane_follows_the_floor_and_the_speaker_is_marked_unless_muted() -> None:
    course = course_of(mode=1, panes=(Pane("voice"),))
    assert sites(plan_at(course, 0)) == ["1"]
    talk(course, "3", 3)
    (pane,) = plan_at(course, 3).panes
    assert (pane.site, pane.speaking) == ("3", True)
    muted = course_of('{"t": 0, "mute": 3}', mode=1, panes=(Pane("voice"),))
    talk(muted, "3", 3)
    (pane,) = plan_at(muted, 3).panes
    assert (pane.site, pane.speaking) == ("1", False)


def test_the_rule_of_voice_switching_can_change() -> None:
    course = course_of('{"t": 0, "voice": {"enabled": false}}', panes=(Pane("voice"),))
    plan_at(course, 0)
    talk(course, "3", 3)
    assert sites(plan_at(course, 3)) == ["1", "2", "3", "4"]


def test_decisions_are_told_once_each_with_their_time() -> None:
    lines: list[str] = []
    course = course_of('{"t": 4, "layout": 1}', lines=lines)
    plan_at(course, 0)
    talk(course, "2", 4)
    plan_at(course, 3.9)
    plan_at(course, 4)
    told = [json.loads(line) for line in lines]
    first, *speech, last = told
    assert first == {"t": 0.0, "shows": "conference", "layout": 11, "panes": ["1", "2", "3", "4"]}
    assert [(line["speaker"], line["floor"]) for line in speech] == [("2", ""), ("2", "2")]
    assert 0.3 <= speech[0]["t"] < speech[1]["t"] <= 2
    assert last == {"t": 4.0, "shows": "conference", "layout": 1, "panes": ["2"]}


def test_groups_and_sites_have_pictures_of_their_own_and_they_are_told() -> None:
    lines: list[str] = []
    log = """{"t": 1, "group": {"number": 7, "sites": [1, 2], "view": {"layout": 1, "panes": [4]}}}
        {"t": 2, "own": {"site": 1, "view": {"layout": 2, "panes": [3, 2]}}}
        {"t": 3, "watch": {"site": 1, "watch": 2}}
        {"t": 4, "group": {"number": 7, "sites": [], "view": null}}"""
    course = course_of(log, lines=lines)
    for t in range(5):
        assert sites(plan_at(course, t)) == ["1", "2", "3", "4"], "viewers see nothing of it"
    told = [json.loads(line) for line in lines]
    assert told[1:] == [
        {"t": 1.0, "shows": "group", "of": "7", "layout": 1, "panes": ["4"]},
        {"t": 1.0, "sees": {"1": "group 7", "2": "group 7"}},
        {"t": 2.0, "shows": "own", "of": "1", "layout": 2, "panes": ["3", "2"]},
        {"t": 2.0, "sees": {"1": "own 1", "2": "group 7"}},
        {"t": 3.0, "sees": {"1": "full 2", "2": "group 7"}},
        {"t": 4.0, "sees": {"1": "full 2"}},
    ]


def test_the_course_may_be_that_of_one_site_which_does_not_hear_itself() -> None:
    log = """{"t": 1, "own": {"site": 2, "view": {"layout": 1, "panes": [4]}}}
        {"t": 2, "broadcast": 3}"""
    course = course_of(log, seen_by="2")
    seen = [sites(plan_at(course, t)) for t in range(3)]
    assert seen == [["1", "2", "3", "4"], ["4"], ["3"]]
    assert loudness(course, "1", "2") == pytest.approx([1, 0])


def test_the_digest_is_of_the_lines() -> None:
    one, other = (DecisionLog() for _ in range(2))
    assert one.sha256 == other.sha256
    for log, panes in ((one, (Pane("site", "1"),)), (other, (Pane("site", "2"),))):
        conference = conference_of(FILES, (), choose_mode(1), panes)
        plan_at(Course(read_events("", conference), log), 0)
    assert one.sha256 != other.sha256
