"""One clock for all tracks: where time 0 is, and what is written about gaps."""

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
    line.interrupt("main", "the engine was lost")
    late = [picture(10 * NS_PER_SECOND, True), picture(10 * NS_PER_SECOND + 33 * NS_PER_MS)]
    out += line.poll(ORIGIN + 9 * NS_PER_SECOND) + line.poll(ORIGIN + 9 * NS_PER_SECOND)
    out += push_all(line, late) + line.flush()
    (gap,) = gaps(out)
    assert (gap.time, gap.reason) == ((29 * 90_000 // 30) + 3 * 90_000, "the engine was lost")
    assert gap.time + gap.duration == 900_000


def test_losses_are_counted_and_written() -> None:
    tallies = RecorderTallies()
    line = Timeline(tallies)
    line.announce(TRACKS[0])
    push_all(line, frames(30))
    assert line.lose(TapLoss("main", 7)) == [Gap("main", 28 * 3_000, 0, "7 units lost on the tap")]
    assert push_all(line, frames(40)[30:]) == []
    assert (tallies.recorder_units_lost_total, tallies.recorder_units_undecodable_total) == (7, 10)
    assert line.lose(TapLoss("content", 1)) == []


def test_after_another_boot_the_clock_goes_on() -> None:
    line = timeline(begin_ns=90 * NS_PER_SECOND, ends={"main": 80 * 90_000})
    out = push_all(line, frames(30)) + line.flush()
    assert starts(out, "main")[0] == 90 * 90_000
    assert gaps(out)[0].duration == 10 * 90_000


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
