"""One clock for all tracks: where time 0 is, and what is written about gaps."""

import msgspec

from mcu_core.contract.events import TapLoss, TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from recorder.fragments import Fragment
from recorder.journal import Gap
from recorder.tallies import RecorderTallies
from recorder.timeline import Out, Timeline
from tests.unit.recorder.test_fragments import ASC, FRAME_NS, ORIGIN, frames, picture, sound

TRACKS = (TapTrack("main", "H264"), TapTrack("sound", "AAC", config=ASC))


def timeline(**state: object) -> Timeline:
    line = Timeline(RecorderTallies(), **state)  # type: ignore[arg-type]  # state is per test
    for track in TRACKS:
        line.announce(track)
    return line


def push_all(line: Timeline, units: list[TapUnit]) -> Out:
    ordered = sorted(units, key=lambda unit: unit.stamp_ns)
    return [item for unit in ordered for item in line.push(unit, unit.stamp_ns)]


def starts(out: Out, track: str) -> list[int]:
    return [item.time for item in out if isinstance(item, Fragment) and item.track == track]


def content(at_ns: int, keyframe: bool = False) -> TapUnit:
    return msgspec.structs.replace(picture(at_ns, keyframe), name="content")


def ticks(ns: int) -> int:
    return round(ns * 90_000 / NS_PER_SECOND)


def gaps(out: Out) -> list[Gap]:
    return [item for item in out if isinstance(item, Gap)]


def test_time_begins_with_the_earliest_of_what_waits() -> None:
    line = timeline()
    heard = [sound(n * FRAME_NS) for n in range(30)]
    out = push_all(line, [picture(100 * NS_PER_MS, True), *heard])
    out += line.flush()
    assert line.base_ns == ORIGIN
    assert starts(out, "sound")[0] == 0
    assert starts(out, "main") == [9_000], "100 ms in, where it belongs"
    assert gaps(out) == []


def test_a_gap_is_written_where_nothing_came() -> None:
    line = timeline()
    out = push_all(line, frames(30))
    line.interrupt("the engine was lost")
    late = [picture(10 * NS_PER_SECOND, True), picture(10 * NS_PER_SECOND + 33 * NS_PER_MS)]
    out += line.poll(ORIGIN + 9 * NS_PER_SECOND) + line.poll(ORIGIN + 9 * NS_PER_SECOND)
    out += push_all(line, late) + line.flush()
    (gap,) = gaps(out)
    last = frames(30)[-1]
    end_ns = last.stamp_ns + last.duration_ns - ORIGIN
    assert gap == Gap("main", ticks(end_ns), 900_000 - ticks(end_ns), "the engine was lost")
    stored = [item for item in out if isinstance(item, Fragment)]
    assert stored[-2].time + stored[-2].duration == (29 * 3_000) + 3 * 90_000, "the last one stands"


def test_a_short_interruption_is_told_as_well_and_once() -> None:
    line = timeline()
    heard = [sound(n * FRAME_NS) for n in range(100)]
    before = [*frames(30), *heard[:46]]
    after = [*frames(90)[60:], *heard[94:]]
    out = push_all(line, before)
    line.interrupt("the engine was lost")
    out += push_all(line, after) + line.flush()
    told = {gap.track: gap for gap in gaps(out)}
    assert len(gaps(out)) == 2
    assert told["main"].time + told["main"].duration == 2 * 90_000
    assert (told["sound"].time, told["sound"].duration) == (46 * 1024, 48 * 1024)
    assert {gap.reason for gap in gaps(out)} == {"the engine was lost"}


def test_what_a_replay_closes_is_no_gap() -> None:
    line = timeline()
    out = push_all(line, frames(70))
    line.interrupt("the engine was lost")
    out += push_all(line, frames(90)[60:]) + line.flush()
    assert gaps(out) == []
    assert len(starts(out, "main")) > 10


def test_what_did_not_come_before_the_end_is_told_with_it() -> None:
    line = timeline()
    push_all(line, frames(30))
    assert gaps(line.end(ORIGIN + NS_PER_SECOND)) == [], "it may still be on its way"
    line.interrupt("the engine was lost")
    (gap,) = gaps(line.end(ORIGIN + 9 * NS_PER_SECOND))
    assert gap.time + gap.duration == 9 * 90_000
    line = timeline()
    push_all(line, frames(30))
    line.pause()
    assert gaps(line.end(ORIGIN + 9 * NS_PER_SECOND)) == [], "its mark tells of a pause"


def test_content_that_had_ended_before_lacks_nothing() -> None:
    for seconds, missed in ((20, 0), (1, 1)):
        line = timeline()
        line.announce(TapTrack("content", "H264"))
        push_all(line, [content(0, True), content(500 * NS_PER_MS), *frames(30 * seconds)])
        line.interrupt("the engine was lost")
        out = push_all(line, [content(30 * NS_PER_SECOND, True)]) + line.flush()
        assert len(gaps(out)) == missed


def test_a_gap_in_the_first_moments_waits_for_the_clock() -> None:
    line = timeline()
    heard = [sound(n * FRAME_NS) for n in range(4)]
    assert push_all(line, heard[:2]) == []
    line.lose(TapLoss("sound", 1))
    assert push_all(line, heard[3:]) == []
    (gap,) = gaps(line.flush())
    assert gap == Gap("sound", 2 * 1024, 1024, "1 units lost on the tap")


def test_losses_are_counted_and_written() -> None:
    tallies = RecorderTallies()
    line = Timeline(tallies)
    line.announce(TRACKS[0])
    push_all(line, frames(30))
    line.lose(TapLoss("main", 7))
    assert push_all(line, frames(60)[30:]) == []
    assert (tallies.recorder_units_lost_total, tallies.recorder_units_undecodable_total) == (7, 30)
    line.lose(TapLoss("content", 1))
    (gap,) = gaps(push_all(line, frames(62)[60:]) + line.flush())
    assert gap.reason == "7 units lost on the tap"
    assert gap.time + gap.duration == 2 * 90_000
    assert tallies.recorder_gaps_total == 1


def test_after_another_boot_the_clock_goes_on() -> None:
    line = timeline(begin_ns=90 * NS_PER_SECOND, ends={"main": 80 * 90_000})
    out = push_all(line, frames(30)) + line.flush()
    assert starts(out, "main")[0] == 90 * 90_000
    assert gaps(out) == [Gap("main", 80 * 90_000, 10 * 90_000, "the recorder was away")]


def test_a_resumed_recording_keeps_its_clock_and_takes_no_unit_twice() -> None:
    first = timeline()
    out = push_all(first, frames(40))
    ends = {"main": [item.time + item.duration for item in out if isinstance(item, Fragment)][-1]}
    again = timeline(base_ns=first.base_ns, ends=ends)
    more = push_all(again, frames(90)) + again.flush()
    assert starts(more, "main")[0] == ends["main"]
    assert gaps(more) == []
    assert again.keyframe_ns == frames(90)[60].stamp_ns


def test_unknown_tracks_are_passed_over() -> None:
    line = Timeline(RecorderTallies())
    assert line.announce(TapTrack("hologram", "H264")) == []
    assert line.announce(TapTrack("main", "VP8")) == []
    assert line.push(picture(0, True), 0) == []
    assert line.flush() == []


def test_what_the_disk_could_not_take_is_a_gap() -> None:
    line = timeline()
    fragment = next(item for item in push_all(line, frames(30)) if isinstance(item, Fragment))
    assert line.drop(fragment) == Gap("main", 0, fragment.duration, "the disk is too slow")
    assert push_all(line, frames(50)[30:]) == [], "no picture before the next keyframe"
    assert line.flush() == [], "nor what waited, which cannot be decoded without it"
    (gap,) = gaps(push_all(line, frames(62)[60:]) + line.flush())
    assert gap == Gap(
        "main", fragment.duration, 2 * 90_000 - fragment.duration, "the disk is too slow"
    )


def test_a_keyframe_behind_what_the_disk_could_not_take_is_not_lost() -> None:
    line = timeline()
    cut = [item for item in push_all(line, frames(61)) if isinstance(item, Fragment)]
    last = cut[-1]
    line.drop(last)
    out = push_all(line, frames(70)[61:]) + line.flush()
    assert starts(out, "main")[0] == 2 * 90_000
    assert gaps(out) == []
