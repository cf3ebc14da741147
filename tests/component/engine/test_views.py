"""Views in a running conference: who is sent what, and what it costs (MCU-CP-*, MCU-V-*)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import msgspec

from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    SiteDefinition,
    SiteKind,
)
from mcu_core.engine import views
from mcu_core.engine.conference import Conference
from mcu_core.media.clock import NS_PER_MS, MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from tests.fakes.screen import NOTHING, Screen
from tests.fakes.waiting import until

FORM = VideoForm(H264, 320, 180, 30, 1_000_000)
PINS = (Pane("site", "a"), Pane("site", "b"), Pane("empty"), Pane("empty"))
FULL, FOUR = LayoutChoice(mode=1), LayoutChoice(mode=11)


def definition(names: str, **changes: object) -> ConferenceDefinition:
    sites = tuple(SiteDefinition(name, name, SiteKind.RTP) for name in names)
    plain = ConferenceDefinition(
        "c", "Views", width=320, height=180, video_bitrate_bps=1_000_000, sites=sites, revision=1,
        layout=FOUR, panes=tuple(Pane("site", name) for name in names), show_names=False,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


class Room:
    """A running conference whose sites are screens."""

    def __init__(self, wanted: ConferenceDefinition) -> None:
        self.clock = MonotonicClock()
        self.wanted = wanted
        self.conference = Conference(wanted, self.clock, lambda event: None)
        self.screens: dict[str, Screen] = {}

    async def join(self, name: str, form: VideoForm = FORM, *, takes_streams: bool = False) -> None:
        seat = self.conference.seat(name)
        screen = Screen(name, seat.intake, self.clock, form, takes_streams=takes_streams)
        self.screens[name] = screen
        await self.conference.connect(name, screen)

    async def change(self, **changes: object) -> None:
        self.wanted = msgspec.structs.replace(
            self.wanted, revision=self.wanted.revision + 1, **changes
        )
        await self.conference.apply(self.wanted)

    def frames(self, name: str) -> int:
        return self.conference.seat(name).video.stats.frames

    async def shows(self, name: str, *quarters: str) -> None:
        screen = self.screens[name]
        await until(lambda: screen.now == quarters, f"{name} shows {quarters}, not {screen.now}")


@asynccontextmanager
async def room(names: str, *, takes_streams: str = "", **changes: object) -> AsyncIterator[Room]:
    made = Room(definition(names, **changes))
    await made.conference.start()
    try:
        for name in names:
            await made.join(name, takes_streams=name in takes_streams)
        yield made
    finally:
        await made.conference.stop()


async def test_equal_receivers_share_one_encoder_and_one_set_of_tiles() -> None:
    async with room("abcd") as made:
        for name in "abcd":
            await made.shows(name, "a", "b", "c", "d")
        now = made.conference.snapshot()
        assert [output.readers for output in now.video_outputs] == [4]
        before, screen = now.scalers, made.screens["a"]
        count = len(screen.seen)
        await until(lambda: len(screen.seen) >= count + 30)
        pictures = len(screen.seen) - count
        tiles = made.conference.snapshot().scalers - before
        assert tiles <= 4 * (pictures + 3), "each source is scaled once for all receivers"


async def test_a_receiver_of_another_form_has_its_own_encoder_and_costs_others_no_keyframe() -> (
    None
):
    async with room("abc", panes=PINS) as made:
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        await until(lambda: made.screens["b"].keyframes)
        before = made.screens["a"].keyframes
        await made.conference.disconnect("c-screen")
        await made.join("c", replace(FORM, width=160, height=90, bitrate_bps=300_000))
        await made.shows("c", "a", "b", NOTHING, NOTHING)
        assert len(made.conference.snapshot().video_outputs) == 2
        assert made.screens["a"].keyframes == before


async def test_what_nobody_sees_is_not_decoded_and_is_back_at_once() -> None:
    async with room("ab", layout=FULL, panes=(Pane("site", "a"),)) as made:
        await made.shows("b", *"aaaa")
        await until(lambda: not made.conference.seat("b").video.watched)
        frames = made.frames("b")
        screen = made.screens["a"]
        count = len(screen.seen)
        await until(lambda: len(screen.seen) >= count + 10)
        assert made.frames("b") <= frames + 1, "decoded although nobody sees it"
        asked = made.clock.now_ns()
        await made.change(panes=(Pane("site", "b"),))
        await made.shows("a", *"bbbb")
        assert made.clock.now_ns() - asked < 600 * NS_PER_MS
        since = screen.seen[count:]
        assert set(since) == {tuple("aaaa"), tuple("bbbb")}, "something else was seen between"
        assert sum(one != other for one, other in pairwise(since)) == 1


async def test_a_site_in_full_is_passed_through_and_comes_back_without_a_seam() -> None:
    async with room("ab", takes_streams="b", layout=FULL, panes=(Pane("site", "a"),)) as made:
        await made.shows("b", *"aaaa")
        await until(lambda: made.conference.views.outputs.passed_through(made.screens["b"]))
        screen = made.screens["b"]
        forwarded = [unit.data for unit in screen.units_seen[-1:]]
        await until(lambda: len(screen.units_seen) > len(forwarded) + 30)
        assert screen.units_seen[-1].data != made.screens["a"].units_seen[-1].data
        first = len(screen.seen)
        await made.change(show_names=True)
        await until(lambda: not made.conference.views.outputs.passed_through(screen))
        count = len(screen.seen)
        await until(lambda: len(screen.seen) > count + 5)
        assert set(screen.seen[first:]) == {tuple("aaaa")}


async def test_passed_through_alone_a_source_is_not_decoded() -> None:
    async with room("a", layout=FULL, panes=(Pane("site", "a"),), takes_streams="a") as made:
        screen = made.screens["a"]
        await until(lambda: made.conference.views.outputs.passed_through(screen))
        await until(lambda: not made.conference.seat("a").video.watched)
        await until(lambda: not made.conference.snapshot().video_outputs[0].form.startswith("H264"))
        frames, units = made.frames("a"), len(screen.units_seen)
        await until(lambda: len(screen.units_seen) >= units + 20)
        assert made.frames("a") <= frames + 2
        assert views.is_dressed(made.wanted) is False


async def test_a_stream_that_is_too_large_is_composed() -> None:
    small = replace(FORM, width=160, height=90)
    async with room("a", layout=FULL, panes=(Pane("site", "a"),)) as made:
        await made.conference.disconnect("a-screen")
        await made.join("a", small, takes_streams=True)
        await made.shows("a", *"aaaa")
        await until(lambda: (facts := made.conference.seat("a").video.facts) and facts.bitrate_bps)
        made.conference.look_again()
        screen = made.screens["a"]
        count = len(screen.seen)
        await until(lambda: len(screen.seen) > count + 10)
        assert screen.picture is not None
        assert screen.picture.width == 160


async def test_a_minute_of_each_site_tells_why_it_stood_still() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        seat = made.conference.seat("b")
        await until(lambda: any(s.shown >= 20 and not s.verdict for s in seat.trace.samples))
        await made.screens["b"]._playout.stop()
        await until(lambda: "sends no picture" in seat.trace.samples[-1].verdict)
