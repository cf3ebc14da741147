"""LiveChannel: who enters, who is too slow, and what all of them are sent."""

from itertools import pairwise

import msgspec
import pytest

from mcu_core.contract.events import TapLoss, TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_SECOND
from recorder.live import MAX_WAITING_BYTES, LiveChannel, LiveTallies, Viewer
from tests.fakes.live_reader import LiveReader
from tests.fakes.tap import Clip, encode_clip

FPS = 30


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(3.0, width=160, height=96, fps=FPS, gop=FPS)


def channel(clip: Clip, base_ns: int | None = None) -> LiveChannel:
    made = LiveChannel(LiveTallies(), base_ns)
    for track in clip.tracks:
        made.take(track, 0)
    return made


def feed(made: LiveChannel, units: list[TapUnit]) -> None:
    for unit in units:
        made.take(unit, unit.stamp_ns)


async def got(viewer: Viewer) -> LiveReader:
    reader = LiveReader()
    reader.feed(await viewer.next(0.0) or b"")
    return reader


async def test_a_viewer_gets_a_fragment_for_every_frame(clip: Clip) -> None:
    made = channel(clip)
    viewer = made.watch()
    feed(made, clip.at(NS_PER_SECOND))
    reader = await got(viewer)
    assert set(reader.tracks) == {"main", "sound"}
    pictures = [unit for unit in clip.units if unit.name == "main"]
    assert len(reader.tracks["main"].times) == len(pictures)
    assert reader.tracks["main"].facts["codec"] == "avc1.42C00B"
    steps = [b - a for a, b in pairwise(reader.tracks["main"].times)]
    assert steps == pytest.approx([1 / FPS] * len(steps), abs=0.001)


async def test_who_comes_later_begins_with_the_last_keyframe(clip: Clip) -> None:
    made = channel(clip, base_ns=NS_PER_SECOND)
    units = clip.at(NS_PER_SECOND)
    feed(made, [unit for unit in units if unit.stamp_ns < 2.5 * NS_PER_SECOND])
    reader = await got(made.watch())
    assert reader.tracks["main"].times[0] == pytest.approx(1.0)
    assert reader.tracks["main"].times[-1] == pytest.approx(1.5, abs=0.04)
    assert reader.tracks["sound"].times[0] == pytest.approx(1.0, abs=0.05)


async def test_nobody_enters_before_picture_and_sound_are_known(clip: Clip) -> None:
    made = channel(clip)
    viewer = made.watch()
    units = clip.at(NS_PER_SECOND)
    feed(made, [unit for unit in units if unit.name == "main"][:5])
    assert await viewer.next(0.0) == b""
    feed(made, [unit for unit in units if unit.name == "sound"][:5])
    reader = await got(viewer)
    assert len(reader.tracks["main"].times) == 5


async def test_a_slow_viewer_goes_on_at_the_next_keyframe_and_others_lose_nothing(
    clip: Clip,
) -> None:
    made = channel(clip, base_ns=0)
    slow, swift = made.watch(), made.watch()
    big = b"\x55" * (MAX_WAITING_BYTES // 8)
    fast = LiveReader()
    units = clip.at(NS_PER_SECOND)
    for unit in units:
        grown = unit
        if unit.name == "main" and not unit.keyframe:
            grown = msgspec.structs.replace(unit, data=unit.data + big)
        made.take(grown, unit.stamp_ns)
        fast.feed(await swift.next(0.0) or b"")
    assert slow.skips > 0
    assert made.tallies.live_skips_total == slow.skips
    assert len(fast.tracks["main"].times) == 3 * FPS
    assert swift.skips == 0
    first = next(unit for unit in units if unit.name == "main")
    feed(made, [msgspec.structs.replace(first, stamp_ns=5 * NS_PER_SECOND)])
    reader = await got(slow)
    assert reader.tracks["main"].times == pytest.approx([5.0]), "nothing that is old by now"


async def test_after_a_loss_nothing_comes_up_to_the_next_keyframe(clip: Clip) -> None:
    made = channel(clip, base_ns=NS_PER_SECOND)
    viewer = made.watch()
    pictures = [unit for unit in clip.at(NS_PER_SECOND) if unit.name == "main"]
    sound = [unit for unit in clip.at(NS_PER_SECOND) if unit.name == "sound"]
    feed(made, [*sound[:2], *pictures[:10]])
    made.take(TapLoss("main", 3), 0)
    feed(made, pictures[13:40])
    times = (await got(viewer)).tracks["main"].times
    assert len(times) == 20
    assert times[10] == pytest.approx(1.0), "the next keyframe"


async def test_a_content_track_is_passed_on_beside_the_main_one(clip: Clip) -> None:
    made = channel(clip, base_ns=0)
    made.take(TapTrack("content", "H264", width=160, height=96, fps=FPS), 0)
    units = clip.at(NS_PER_SECOND)
    feed(made, units)
    content = [
        TapUnit("content", u.stamp_ns, u.duration_ns, u.keyframe, u.data)
        for u in units
        if u.name == "main"
    ]
    feed(made, content[:5])
    reader = await got(made.watch())
    assert reader.tracks["content"].facts["kind"] == "video"
    assert len(reader.tracks["content"].times) == 5


async def test_the_end_reaches_who_waits(clip: Clip) -> None:
    made = channel(clip)
    viewer = made.watch()
    made.close()
    assert await viewer.next(5.0) is None
    assert not made.viewers


class Pipe:
    """A connection that takes nothing while it is `stuck`."""

    def __init__(self) -> None:
        self.reader = LiveReader()
        self.writes = 0
        self.backlog = 0
        self.stuck = False

    def write(self, data: bytes) -> None:
        self.reader.feed(data)
        self.writes += 1
        self.backlog += len(data) if self.stuck else 0


def test_a_pushed_viewer_costs_one_write_a_picture(clip: Clip) -> None:
    made, pipe = channel(clip), Pipe()
    made.push(pipe)
    feed(made, clip.at(NS_PER_SECOND))
    pictures = len(pipe.reader.tracks["main"].times)
    assert pictures == 3 * FPS
    assert pipe.writes <= pictures
    heard = sum(unit.name == "sound" for unit in clip.units)
    assert len(pipe.reader.tracks["sound"].times) >= heard - 3, "the sound goes with them"


def test_a_connection_that_is_stuck_is_left_alone_up_to_a_keyframe(clip: Clip) -> None:
    made, pipe = channel(clip, base_ns=0), Pipe()
    viewer = made.push(pipe)
    units = clip.at(NS_PER_SECOND)
    feed(made, [unit for unit in units if unit.stamp_ns < 1.5 * NS_PER_SECOND])
    pipe.backlog = MAX_WAITING_BYTES + 1
    writes = pipe.writes
    feed(
        made, [unit for unit in units if 1.5 * NS_PER_SECOND <= unit.stamp_ns < 1.9 * NS_PER_SECOND]
    )
    assert (viewer.skips, pipe.writes) == (1, writes)
    pipe.backlog = 0
    feed(made, [unit for unit in units if unit.stamp_ns >= 1.9 * NS_PER_SECOND])
    times = pipe.reader.tracks["main"].times
    after = [time for time in times if time > 1.5]
    assert after[0] == pytest.approx(2.0), "from the next keyframe on"
    assert after[-1] == pytest.approx(4.0 - 1 / FPS, abs=0.002)


def test_who_enters_between_two_pictures_gets_nothing_twice(clip: Clip) -> None:
    made, first, second = channel(clip), Pipe(), Pipe()
    made.push(first)
    units = clip.at(NS_PER_SECOND)
    for number, unit in enumerate(units):
        made.take(unit, unit.stamp_ns)
        if number == 40:
            made.push(second)
    for pipe in (first, second):
        for track in pipe.reader.tracks.values():
            assert track.times == sorted(set(track.times))
