"""Views in a running conference: who is sent what, and what it costs (MCU-CP-*, MCU-V-*)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    LayoutChoice,
    Pane,
    SiteDefinition,
    SiteKind,
    TextStrip,
    View,
)
from mcu_core.endpoints.endpoint import Abilities
from mcu_core.engine import pictures
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from tests.fakes.screen import NOTHING, Screen, calm
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
        self.threads = Threads(self.clock)
        self.conference = Conference(wanted, self.clock, lambda event: None, self.threads)
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

    async def calm(self) -> None:
        """Let nobody wait for a keyframe any more."""
        await calm(self.conference, self.screens.values(), self.clock)

    def frames(self, name: str) -> int:
        return self.conference.seat(name).video.stats.frames

    async def shows(self, name: str, *quarters: str) -> None:
        screen = self.screens[name]
        await until(
            lambda: screen.now == quarters, lambda: f"{name} shows {quarters}, not {screen.now}"
        )


@asynccontextmanager
async def room(names: str, *, takes_streams: str = "", **changes: object) -> AsyncIterator[Room]:
    made = Room(definition(names, **changes))
    made.threads.start()
    await made.conference.start()
    try:
        for name in names:
            await made.join(name, takes_streams=name in takes_streams)
        yield made
    finally:
        await made.conference.stop()
        made.threads.stop()


async def test_equal_receivers_share_one_encoder_and_one_set_of_tiles() -> None:
    async with room("abcd") as made:
        for name in "abcd":
            await made.shows(name, "a", "b", "c", "d")
        now = made.conference.snapshot()
        assert [output.readers for output in now.video_outputs] == [4]
        loop = made.conference.views.pictures
        ticks, before = loop.composed, made.conference.snapshot().scalers
        await until(lambda: loop.composed >= ticks + 30)
        tiles = made.conference.snapshot().scalers - before
        composed = loop.composed + 1 - ticks  # one may be half done
        assert 0 < tiles <= 4 * composed, "each source is scaled once for all receivers"


async def test_a_receiver_of_another_form_has_its_own_encoder_and_costs_others_no_keyframe() -> (
    None
):
    async with room("abc", panes=PINS) as made:
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        await made.calm()
        before = made.screens["a"].keyframes
        await made.conference.disconnect("c-screen")
        await made.join("c", replace(FORM, width=160, height=90, bitrate_bps=300_000))
        await made.shows("c", "a", "b", NOTHING, NOTHING)
        assert len(made.conference.snapshot().video_outputs) == 2
        assert made.screens["a"].keyframes == before


async def test_relayouts_cost_nobody_a_keyframe() -> None:
    async with room("abcd") as made:
        await made.shows("a", *"abcd")
        await made.calm()
        before = {name: screen.keyframes for name, screen in made.screens.items()}
        for _ in range(3):
            await made.change(layout=FULL, panes=(Pane("site", "c"),))
            await made.shows("a", *"cccc")
            await made.change(layout=FOUR, panes=tuple(Pane("site", name) for name in "dcba"))
            await made.shows("a", *"dcba")
        assert {name: screen.keyframes for name, screen in made.screens.items()} == before


async def test_what_nobody_sees_is_not_decoded_and_is_back_without_a_placeholder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "LONGEST_WAIT_NS", 60 * NS_PER_SECOND)  # machines may be slow
    async with room("ab", layout=FULL, panes=(Pane("site", "a"),)) as made:
        await made.shows("b", *"aaaa")
        await until(lambda: not made.conference.seat("b").video.watched)
        frames = made.frames("b")
        screen = made.screens["a"]
        count = len(screen.seen)
        await until(lambda: len(screen.seen) >= count + 10)
        assert made.frames("b") <= frames + 1, "decoded although nobody sees it"
        await made.change(panes=(Pane("site", "b"),))  # how soon: test_resuming.py
        await made.shows("a", *"bbbb")
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


async def test_passed_through_alone_it_comes_back_without_a_seam(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "LONGEST_WAIT_NS", 60 * NS_PER_SECOND)  # machines may be slow
    async with room("a", layout=FULL, panes=(Pane("site", "a"),), takes_streams="a") as made:
        screen, seat = made.screens["a"], made.conference.seat("a")
        await until(lambda: made.conference.views.outputs.passed_through(screen))
        await until(lambda: not seat.video.watched)
        await made.shows("a", *"aaaa")  # what was composed before it came may be under way
        first = len(screen.seen)
        await made.change(show_names=True)
        await until(lambda: not made.conference.views.outputs.passed_through(screen))
        count = len(screen.seen)
        await until(lambda: len(screen.seen) > count + 5)
        assert set(screen.seen[first:]) == {tuple("aaaa")}


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


async def test_a_site_with_a_picture_of_its_own_does_not_see_itself() -> None:
    async with room("abc") as made:
        own = msgspec.structs.replace(made.wanted.sites[0], view=View(layout=FOUR))
        await made.change(sites=(own, *made.wanted.sites[1:]))
        await until(lambda: sorted(made.screens["a"].now) == sorted(("b", "c", NOTHING, NOTHING)))
        await made.shows("b", "a", "b", "c", NOTHING)
        assert len(made.conference.views.outputs.groups()) == 2


async def test_a_group_has_its_own_picture_and_gives_it_back() -> None:
    async with room("abc", panes=PINS) as made:
        view = View(layout=FULL, panes=(Pane("site", "c"),))
        await made.calm()
        before = made.screens["c"].keyframes
        await made.change(groups=(Group(1, ("a", "b"), view),))
        await made.shows("a", *"cccc")
        await made.shows("b", *"cccc")
        await made.shows("c", "a", "b", NOTHING, NOTHING)
        assert made.screens["c"].keyframes <= before + 1, "who stays pays nothing"
        await made.change(groups=())
        await made.shows("a", "a", "b", NOTHING, NOTHING)


async def test_a_broadcast_site_is_seen_by_all_over_their_own_choice() -> None:
    async with room("abc", panes=PINS) as made:
        watching = msgspec.structs.replace(made.wanted.sites[0], watch="b")
        await made.change(sites=(watching, *made.wanted.sites[1:]))
        await made.shows("a", *"bbbb")
        await made.change(broadcast="c")
        await made.shows("a", *"cccc")
        await made.shows("b", *"cccc")
        await made.change(broadcast="")
        await made.shows("a", *"bbbb")
        await made.shows("b", "a", "b", NOTHING, NOTHING)


async def test_who_is_switched_off_is_not_seen_and_not_decoded() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("b", "a", "b", NOTHING, NOTHING)
        off = msgspec.structs.replace(made.wanted.sites[0], video_off=True)
        await made.change(sites=(off, made.wanted.sites[1]))
        await made.shows("b", NOTHING, "b", NOTHING, NOTHING)
        await until(lambda: not made.conference.seat("a").video.watched)
        await made.change(
            sites=(msgspec.structs.replace(off, video_off=False), made.wanted.sites[1])
        )
        await made.shows("b", "a", "b", NOTHING, NOTHING)


async def test_a_banner_lies_over_the_picture_of_all() -> None:
    async with room("ab", layout=FULL, panes=(Pane("site", "a"),)) as made:
        await made.shows("b", *"aaaa")
        strip = TextStrip("会诊 Consultation", position="top", size=0.2, background="#ffffff")
        await made.change(banner=strip)

        def white_on_top() -> bool:
            picture = made.screens["b"].picture
            return picture is not None and float(picture.y[6:10, 4:40].mean()) > 180

        await until(white_on_top)
        await made.change(banner=TextStrip())
        await until(lambda: not white_on_top())


async def test_a_minute_of_each_site_tells_why_it_stood_still() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        seat = made.conference.seat("b")
        await until(lambda: any(s.shown >= 20 and not s.verdict for s in seat.trace.samples))
        await made.screens["b"]._playout.stop()
        await until(lambda: "sends no picture" in seat.trace.samples[-1].verdict)


async def test_a_pane_that_nobody_had_is_no_picture_that_stood_still() -> None:
    async with room("ab", layout=FULL, panes=(Pane("site", "b"),)) as made:
        await made.shows("a", *"bbbb")
        seat = made.conference.seat("b")
        await made.change(panes=(Pane("site", "a"),))
        await made.shows("a", *"aaaa")
        await until(lambda: "nobody sees it" in seat.trace.samples[-1].verdict)
        asked_ns = made.clock.now_ns()
        await made.change(panes=(Pane("site", "b"),))
        await made.shows("a", *"bbbb")
        later = [s.longest_still_ms for s in seat.trace.samples if s.time_ns > asked_ns]
        still_ms = max([seat.shown.longest_still_ns / NS_PER_MS, *later])
        assert still_ms <= (made.clock.now_ns() - asked_ns) / NS_PER_MS


async def test_nothing_is_kept_of_who_has_gone() -> None:
    async with room("ab") as made:
        gone, views = made.screens["a"], made.conference.views
        await made.conference.disconnect(gone.id)
        gone.feedback.bitrate_advised(300_000)
        assert gone.id not in views._rungs._limits
        await made.change(sites=made.wanted.sites[1:], panes=())
        views.hear("a", "a", "")
        assert "a" not in views._spoke_ns


async def test_who_comes_back_without_a_camera_stands_behind_all_others() -> None:
    async with room("ab", panes=()) as made:
        await until(lambda: {"a", "b"} <= set(made.screens["b"].now))
        seat = made.conference.seat("a")
        assert not seat.shows_nothing
        made.screens["a"].abilities = Abilities(sends_video=False)
        assert seat.shows_nothing
        seat.state = "joining"
        assert not seat.shows_nothing, "until it is known, its pane stays"
