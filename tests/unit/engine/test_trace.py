"""Why a pane stood still, out of what each stage counted."""

from dataclasses import replace

import msgspec
import pytest

from mcu_core.contract.snapshots import Course, TraceSample
from mcu_core.engine.trace import SECONDS, CourseSum, Moment, Shown, Totals, Trace, verdict
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.picture import blank_picture

WELL = TraceSample(time_ns=0, packets=90, units=30, decoded=30, shown=30, longest_still_ms=40.0)
MOMENT = Moment(0, True, False, True, 1.5, 0, 40.0, 20.0, 30.0, -30.0, 0)


def sample(**changes: object) -> TraceSample:
    return TraceSample(**{"time_ns": 0, "longest_still_ms": 1000.0, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (sample(), "sends no picture"),
        (sample(packets=50, lost=4, units=10, broken=2), "lost on the way"),
        (sample(packets=50), "no whole picture"),
        (sample(packets=50, units=30, broken=3, skipped=20), "incomplete or damaged"),
        (
            sample(packets=50, units=30, skipped=30, keyframes_asked=2),
            "that the site was asked for",
        ),
        (sample(packets=50, units=30, skipped=30), "waiting for a keyframe"),
        (sample(packets=50, units=30, decoded=5, backlog=20), "decoder is behind"),
        (sample(packets=50, units=30, decoded=30, shown=3, effort=2), "overloaded"),
        (sample(packets=50, units=30, decoded=30), "in no composed picture"),
        (sample(packets=9, units=3, decoded=3, shown=3), "paused its picture"),
        (sample(watched=False, packets=90, units=30, skipped=30), "it is not decoded"),
        (sample(watched=False), "nobody sees it composed, and the site sends no picture"),
    ],
)
def test_the_first_stage_that_explains_it_is_named(seen: TraceSample, words: str) -> None:
    assert words in verdict(seen, joined=True, video_off=False)


def test_what_moves_needs_no_reason_and_who_is_away_has_one() -> None:
    assert verdict(WELL, joined=True, video_off=False) == ""
    assert verdict(WELL, joined=False, video_off=False) == "the site is not connected"
    assert verdict(WELL, joined=True, video_off=True) == "its picture is switched off"


def test_a_trace_holds_a_minute_of_differences() -> None:
    trace = Trace()
    for second in range(1, 100):
        totals = Totals(
            packets=90 * second, units=30 * second, decoded=30 * second, shown=30 * second
        )
        trace.note(totals, replace(MOMENT, time_ns=second))
    assert [s.time_ns for s in trace.samples] == list(range(100 - SECONDS, 100))
    assert {(s.packets, s.units, s.shown, s.verdict) for s in trace.samples} == {(90, 30, 30, "")}


def test_a_new_connection_counts_anew() -> None:
    trace = Trace()
    trace.note(Totals(packets=1000), MOMENT)
    trace.note(Totals(packets=70), MOMENT)
    assert [s.packets for s in trace.samples] == [1000, 70]


def test_the_longest_time_without_a_new_picture_is_kept_until_it_is_taken() -> None:
    shown, picture = Shown(), replace(blank_picture(16, 16), serial=1, stamp_ns=5 * NS_PER_MS)
    shown.note(picture, 10 * NS_PER_MS)
    shown.note(picture, 300 * NS_PER_MS)
    shown.note(replace(picture, serial=2, stamp_ns=290 * NS_PER_MS), 310 * NS_PER_MS)
    shown.note(None, 330 * NS_PER_MS)
    assert (shown.pictures, shown.delay_ns) == (2, 20 * NS_PER_MS)
    assert shown.take_still_ns() == 290 * NS_PER_MS
    assert shown.take_still_ns() == 0


def test_what_nobody_sees_does_not_stand_still() -> None:
    shown, picture = Shown(), replace(blank_picture(16, 16), serial=1, stamp_ns=5 * NS_PER_MS)
    shown.note(picture, 10 * NS_PER_MS)
    shown.unseen()
    shown.note(None, 5000 * NS_PER_MS)
    shown.note(replace(picture, serial=2), 5100 * NS_PER_MS)
    assert shown.take_still_ns() == 0, "its first picture was on its way"
    shown.unseen()
    shown.note(replace(picture, serial=2), 9000 * NS_PER_MS)
    shown.note(replace(picture, serial=2), 9300 * NS_PER_MS)
    assert shown.take_still_ns() == 300 * NS_PER_MS, "it is seen again and does not move"


def test_a_course_is_the_sum_of_its_seconds() -> None:
    course = CourseSum()
    assert course.sum == Course()
    course.add(replace_in(WELL, delay_ms=40.0, sound_frames=50, sound_wait_ms=30.0))
    course.add(replace_in(WELL, delay_ms=60.0, sound_frames=50, sound_wait_ms=50.0, repaired=3))
    course.add(sample(packets=50, lost=4, longest_still_ms=700.0, concealed_ms=20.0, effort=1))
    course.add(sample(packets=50, lost=4, longest_still_ms=1700.0))
    course.add(sample(longest_still_ms=2700.0))
    course.add(sample(packets=50, lost=4, watched=False))
    assert course.sum == Course(6, 50.0, 40.0, 1700.0, 20.0, 3, 1)


def replace_in(second: TraceSample, **changes: object) -> TraceSample:
    return msgspec.structs.replace(second, **changes)
