"""Overload and admission carried out in running conferences."""

from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import MagicMock

import msgspec
import pytest

from mcu_core.adaptation.ladder import rung
from mcu_core.adaptation.overload import MOST_WAIT, STEPS, Effort
from mcu_core.compositor.canvas_set import CanvasSet
from mcu_core.compositor.scene import Scene
from mcu_core.conference.direction import VIEWERS
from mcu_core.contract.commands import AttachRtp, PutConference
from mcu_core.contract.definition import Group, RecordedPicture, View
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.engine.admission import Admission, Coding
from mcu_core.engine.effort import EffortKeeper
from mcu_core.engine.engine import Engine
from mcu_core.engine.forms import CONTENT_FPS
from mcu_core.engine.options import EngineOptions
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock, MonotonicClock
from mcu_core.media.picture import Picture
from mcu_core.media.units import VideoForm
from tests.component.engine.test_content import still
from tests.component.engine.test_content_tap import recorder
from tests.component.engine.test_views import FORM, FOUR, PINS, definition, room
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.screen import Screen
from tests.fakes.waiting import until

OFFER = rtp_offer(media_line("video", 5004, 96, "H264/90000"))


async def test_strain_makes_pictures_give_way_and_calm_brings_them_back() -> None:
    async with room("ab") as made:
        clock = ManualClock(NS_PER_SECOND)
        keeper = EffortKeeper(clock, lambda: [made.conference])
        pictures = made.conference.views.pictures
        seen = []
        for _ in range(24):
            clock.advance_ns(250 * NS_PER_MS)
            pictures.ticker.ticks += 1000
            pictures.ticker.behind += 1000
            keeper.look()
            seen.append(pictures.effort)
        assert [step for step in dict.fromkeys(seen) if step != STEPS[0]] == list(STEPS)[1:]
        for _ in range(400):
            if pictures.effort == STEPS[0]:
                break
            clock.advance_ns(250 * NS_PER_MS)
            keeper.look()
        assert pictures.effort == Effort()


async def test_who_has_just_come_is_given_time_to_settle() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        clock = ManualClock(NS_PER_SECOND)
        keeper = EffortKeeper(clock, lambda: [made.conference])
        pictures = made.conference.views.pictures

        def strained(looks: int) -> int:
            for _ in range(looks):
                clock.advance_ns(250 * NS_PER_MS)
                pictures.ticker.ticks += 1000
                pictures.ticker.behind += 1000
                keeper.look()
            return keeper.overload.step

        assert strained(7) == 0, "their keyframes come"
        assert strained(4) > 0
        made.conference.views.set_effort(Effort())


async def test_a_decoder_of_content_that_is_behind_is_strain() -> None:
    async with room("ab") as made:
        clock = ManualClock(NS_PER_SECOND)
        keeper = EffortKeeper(clock, lambda: [made.conference])
        for _ in range(2 * MOST_WAIT):
            made.conference.seat("a").content._units.push(MagicMock())
        for _ in range(11):
            clock.advance_ns(250 * NS_PER_MS)
            keeper.look()
        assert keeper.overload.step > 0


async def test_an_encoder_that_ends_hides_no_strain_of_the_others() -> None:
    async with room("abc", panes=PINS) as made:
        await made.conference.disconnect("c-screen")
        await made.join("c", replace(FORM, bitrate_bps=300_000))
        await made.shows("c", "a", "b", "", "")
        keeper = EffortKeeper(ManualClock(NS_PER_SECOND), lambda: [made.conference])
        staying, ending = sorted(
            made.conference.views.outputs.groups(), key=lambda group: -group.form.bitrate_bps
        )
        ending.units += 1_000_000
        keeper._pressure([made.conference], 0)
        await made.conference.disconnect("c-screen")
        assert made.conference.views.outputs.groups() == [staying]
        staying._pictures.dropped += 100_000
        assert keeper._pressure([made.conference], 0).overtaken > 0.9
        assert keeper._pressure([made.conference], 0).overtaken < 0.9, "it is told once"


async def test_half_the_rate_halves_what_receivers_get() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        made.conference.views.set_effort(Effort(1, 2))
        begin_ns, screen = made.clock.now_ns(), made.screens["a"]

        def stamps() -> list[int]:
            """Of the pictures composed since."""
            return [one.stamp_ns for one in screen.units_seen if one.stamp_ns > begin_ns]

        await until(lambda: len(stamps()) > 20)
        first_ns, *others = stamps()
        periods = (others[-1] - first_ns) / made.conference.views.pictures.ticker.period_ns
        assert len(others) <= 0.6 * periods


async def test_draft_tiles_are_scaled_the_cheapest_way(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    compose = CanvasSet.compose

    def noting(
        self: CanvasSet, key: Hashable, scene: Scene, stamp_ns: int, draft: bool = False
    ) -> Picture:
        asked.append(draft)
        return compose(self, key, scene, stamp_ns, draft)

    monkeypatch.setattr(CanvasSet, "compose", noting)
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        assert not any(asked)
        made.conference.views.set_effort(STEPS[2])
        await until(lambda: asked[-1])


async def test_an_engine_looks_at_itself_and_lets_pictures_give_way(tmp_path: Path) -> None:
    engine = Engine("test", tmp_path / "e.sock", NetworkOptions(), MonotonicClock())
    await engine.open()
    try:
        await engine._command(PutConference(definition("")))
        pictures = engine._conferences["c"].views.pictures

        def strained() -> bool:
            pictures.ticker.ticks += 1000
            pictures.ticker.behind += 1000
            return pictures.effort.step > 0

        await until(strained)
    finally:
        await engine.close()


async def test_an_engine_that_is_full_refuses_a_connection_with_the_reason(tmp_path: Path) -> None:
    full = EngineOptions(cores=0.001)
    engine = Engine("test", tmp_path / "e.sock", NetworkOptions(), MonotonicClock(), full)
    await engine.open()
    try:
        await engine._command(PutConference(definition("a")))
        with pytest.raises(Refused, match="cores left"):
            await engine._command(AttachRtp("c", "a", OFFER))
        assert engine._conferences["c"].seat("a").state == "away"
    finally:
        await engine.close()


async def test_the_fast_preset_costs_each_class_one_keyframe() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        await made.calm()
        screen = made.screens["a"]
        before, count = screen.keyframes, len(screen.units_seen)
        made.conference.views.set_effort(Effort(fast_preset=True))
        await until(lambda: len(screen.units_seen) >= count + 20)
        assert screen.keyframes == before + 1


async def test_merged_classes_share_one_encoder_at_the_lowest_rate_and_part_again() -> None:
    async with room("abc", panes=PINS) as made:
        await made.conference.disconnect("c-screen")
        await made.join("c", replace(FORM, bitrate_bps=300_000))
        await made.shows("c", "a", "b", "", "")
        outputs = made.conference.views.outputs
        await until(lambda: len(outputs.groups()) == 2)
        made.conference.views.set_effort(Effort(merged_classes=True))
        made.conference.look_again()
        await until(lambda: len(outputs.groups()) == 1)
        assert outputs.groups()[0].form.bitrate_bps == 300_000
        made.conference.views.set_effort(Effort())
        made.conference.look_again()
        await until(lambda: len(outputs.groups()) == 2)
        await made.shows("a", "a", "b", "", "")


async def test_merged_classes_of_one_view_leave_other_views_at_their_rates() -> None:
    async with room("abc", panes=PINS) as made:
        own = msgspec.structs.replace(made.wanted.sites[2], view=View(FOUR, PINS))
        await made.change(sites=(*made.wanted.sites[:2], own))
        await made.conference.disconnect("c-screen")
        await made.join("c", replace(FORM, bitrate_bps=300_000))
        made.conference.views.set_effort(Effort(merged_classes=True))
        made.conference.look_again()
        outputs = made.conference.views.outputs
        await until(lambda: len(outputs.groups()) == 2)
        await made.shows("c", "a", "b", "", "")
        assert sorted(group.form.bitrate_bps for group in outputs.groups()) == [300_000, 1_000_000]


class Gate(Admission):
    """Lets everybody in, until it is full."""

    def __init__(self) -> None:
        self.full = False

    def admit(self, conference: Coding, site: str, endpoint: Endpoint) -> None:
        if self.full:
            raise Refused("full")


async def test_a_newcomer_is_refused_with_a_reason_who_returns_is_not() -> None:
    async with room("ab") as made:
        full = EffortKeeper(made.clock, lambda: [made.conference], capacity_cores=0.001)
        with pytest.raises(Refused, match="cores left, one more site takes about"):
            full.admit(made.conference, "a", made.screens["a"])
        roomy = EffortKeeper(made.clock, lambda: [made.conference], capacity_cores=64)
        roomy.admit(made.conference, "a", made.screens["a"])
        made.conference._admission = gate = Gate()
        gate.full = True
        await made.conference.disconnect("a-screen")
        await made.join("a")
        assert made.conference.seat("a").state == "joined"


LOW_BPS = rung(FORM, 300_000).bitrate_bps
PIXELS_S = FORM.width * FORM.height * FORM.fps


async def test_an_encoder_that_nobody_needs_yet_is_counted_and_a_shared_one_is_not() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        conference = made.conference

        def another(form: VideoForm) -> int:
            seat = conference.seat("b")
            screen = Screen("c", seat.intake, made.clock, form)
            return conference.coding(also=((VIEWERS, screen),)) - conference.coding()

        assert conference.coding() == PIXELS_S
        assert another(FORM) == 0, "it shares the one that runs"
        assert another(replace(FORM, width=160, height=90)) == PIXELS_S // 4
        own = msgspec.structs.replace(made.wanted.sites[0], view=View(FOUR))
        with_own = msgspec.structs.replace(made.wanted, sites=(own, made.wanted.sites[1]))
        assert conference.coding(with_own) == 2 * PIXELS_S
        grouped = msgspec.structs.replace(made.wanted, groups=(Group(1, ("a", "b"), View(FOUR)),))
        assert conference.coding(grouped) == PIXELS_S, "nobody watches the conference's any more"
        larger = msgspec.structs.replace(made.wanted, width=640, height=360)
        assert conference.coding(larger) == 4 * PIXELS_S


async def test_what_recorders_and_live_viewers_take_is_counted_and_never_refused() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        conference = made.conference
        full = EffortKeeper(ManualClock(NS_PER_SECOND), lambda: [conference], 0.001)
        conference._taps._opening = partial(full.expect, conference)
        before = full._settled().used_cores
        await conference.tap()
        assert conference.coding() == 2 * PIXELS_S, "it has more bits than the calls"
        assert full._settled().used_cores > before, "it counts before it is measured"
        large = RecordedPicture(width=640, height=480)
        recorded = msgspec.structs.replace(made.wanted, recorded=large)
        await made.change(recorded=large)
        await conference.tap(recorded=True)
        small = 480 * 360 * FORM.fps
        assert conference.coding(recorded) == 2 * PIXELS_S + 640 * 480 * FORM.fps + small
        only = msgspec.structs.replace(large, small=False)
        without = msgspec.structs.replace(made.wanted, recorded=only)
        assert conference.coding(without) == conference.coding() - small
        with pytest.raises(Refused, match="one more picture of its own"):
            EffortKeeper(made.clock, lambda: [conference], 0.001).admit_change(
                conference,
                msgspec.structs.replace(
                    made.wanted, recorded=RecordedPicture(width=1280, height=720)
                ),
            )


async def test_content_beside_the_picture_is_counted(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made, recorder(made, tmp_path, content=True) as one:
        await until(one.shows_people)
        before = made.conference.coding()
        await made.change(content=still(tmp_path))
        await until(lambda: "content" in one.pictures)
        seen = one.pictures["content"]
        assert made.conference.coding() >= before + seen.width * seen.height * CONTENT_FPS


async def test_a_rung_is_opened_where_there_is_room_and_shared_where_there_is_none() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        views, outputs = made.conference.views, made.conference.views.outputs
        keeper = EffortKeeper(made.clock, lambda: [made.conference], capacity_cores=0.001)
        views._affords = keeper.affords
        made.screens["b"].feedback.bitrate_advised(300_000)
        await until(lambda: [group.form.bitrate_bps for group in outputs.groups()] == [LOW_BPS])
        views._affords = EffortKeeper(made.clock, lambda: [made.conference], 64).affords
        made.conference.look_again()
        await until(lambda: len(outputs.groups()) == 2)
        assert max(group.form.bitrate_bps for group in outputs.groups()) == FORM.bitrate_bps


async def test_a_picture_of_its_own_is_refused_with_a_reason_where_there_is_no_room() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        made.conference._admission = EffortKeeper(
            made.clock, lambda: [made.conference], capacity_cores=0.001
        )
        before, sites = made.wanted, made.wanted.sites
        own = msgspec.structs.replace(sites[0], view=View(FOUR))
        with pytest.raises(Refused, match="cores left, one more picture of its own takes about"):
            await made.change(sites=(own, sites[1]))
        made.wanted = before
        assert made.conference.definition == before
        assert len(made.conference.views.outputs.groups()) == 1
        await made.change(panes=(PINS[1], PINS[0], *PINS[2:]))  # what costs nothing goes on
        await made.shows("a", "b", "a", "", "")
        settled = msgspec.structs.replace(made.wanted, sites=(own, sites[1]))
        await made.conference.apply(settled, settled=True)
        await until(lambda: len(made.conference.views.outputs.groups()) == 2)


async def test_a_viewer_who_needs_an_encoder_is_refused_who_shares_one_is_not() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
        conference, clock = made.conference, made.clock
        conference._admission = EffortKeeper(clock, lambda: [conference], capacity_cores=0.001)
        intake = conference.seat("b").intake
        with pytest.raises(Refused, match="one more viewer"):
            await conference.connect(
                VIEWERS, Screen("c", intake, clock, replace(FORM, width=160, height=90))
            )
        viewer = Screen("d", intake, clock, FORM)
        await conference.connect(VIEWERS, viewer)
        await until(lambda: viewer.now == ("a", "b", "", ""))
