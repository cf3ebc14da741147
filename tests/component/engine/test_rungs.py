"""Receivers whose paths become narrow, in a running conference: nobody else notices (NET-*)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcu_core.contract.definition import ConferenceDefinition, Pane, SiteDefinition, SiteKind
from mcu_core.contract.snapshots import OutputSnapshot
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from tests.fakes.screen import Screen, calm
from tests.fakes.waiting import until

FORM = VideoForm(H264, 640, 360, 30, 1_000_000)
SITES = "abc"


class Room:
    """Three sites that see the same picture."""

    def __init__(self, conference: Conference, screens: dict[str, Screen]) -> None:
        self.conference = conference
        self.screens = screens

    def outputs(self) -> tuple[OutputSnapshot, ...]:
        return self.conference.snapshot().video_outputs

    def rates(self) -> list[int]:
        return sorted(int(output.form.split()[-2]) for output in self.outputs())

    def bears(self, name: str, bitrate_bps: int) -> None:
        self.screens[name].feedback.bitrate_advised(bitrate_bps)

    def width(self, name: str) -> int:
        picture = self.screens[name].picture
        return picture.width if picture is not None else 0


@asynccontextmanager
async def running() -> AsyncIterator[Room]:
    definition = ConferenceDefinition(
        "c", "Rungs", width=640, height=360, video_bitrate_bps=FORM.bitrate_bps, show_names=False,
        sites=tuple(SiteDefinition(name, name, SiteKind.RTP) for name in SITES),
        panes=tuple(Pane("site", name) for name in SITES), revision=1,
    )  # fmt: skip
    clock = MonotonicClock()
    threads = Threads(clock)
    conference = Conference(definition, clock, lambda event: None, threads)
    threads.start()
    await conference.start()
    screens = {}
    try:
        for name in SITES:
            seat = conference.seat(name)
            screens[name] = Screen(name, seat.intake, clock, FORM)
            await conference.connect(name, screens[name])
        await calm(conference, screens.values(), clock)
        yield Room(conference, screens)
    finally:
        await conference.stop()
        threads.stop()


async def test_a_narrow_path_costs_the_others_no_keyframe() -> None:
    async with running() as room:
        await until(lambda: all(room.width(name) == 640 for name in SITES))
        assert room.rates() == [1_000_000]
        others = {name: room.screens[name].keyframes for name in "ab"}
        room.bears("c", 90_000)
        await until(lambda: room.rates() == [64_000, 1_000_000])
        count = len(room.screens["c"].units_seen)
        await until(lambda: len(room.screens["c"].units_seen) >= count + 5)
        assert room.screens["c"].units_seen[-1].data != room.screens["a"].units_seen[-1].data
        assert {name: room.screens[name].keyframes for name in "ab"} == others


async def test_who_climbs_onto_the_rung_of_others_is_with_them_from_their_next_keyframe_on() -> (
    None
):
    async with running() as room:
        await until(lambda: all(room.width(name) == 640 for name in SITES))
        room.bears("c", 800_000)
        await until(lambda: room.rates() == [768_000, 1_000_000])
        others = {name: room.screens[name].keyframes for name in "ab"}
        room.bears("c", 1_000_000_000)
        await until(lambda: room.rates() == [1_000_000, 1_000_000])
        assert {name: room.screens[name].keyframes for name in "ab"} == others
        room.screens["a"].feedback.keyframe_wanted()
        await until(lambda: [output.readers for output in room.outputs()] == [3])


async def test_alone_with_its_encoder_a_receiver_needs_no_keyframe_for_a_little_less() -> None:
    async with running() as room:
        await until(lambda: all(room.width(name) == 640 for name in SITES))
        for name in "bc":
            await room.conference.disconnect(f"{name}-screen")
        await until(lambda: [output.readers for output in room.outputs()] == [1])
        before = room.screens["a"].keyframes
        room.bears("a", 800_000)
        await until(lambda: room.rates() == [768_000])
        count = len(room.screens["a"].units_seen)
        await until(lambda: len(room.screens["a"].units_seen) > count + 5)
        assert room.screens["a"].keyframes == before
