"""Overload and admission carried out in running conferences."""

from dataclasses import replace
from unittest.mock import MagicMock

import msgspec
import pytest

from mcu_core.adaptation.overload import MOST_WAIT, STEPS, Effort
from mcu_core.contract.definition import View
from mcu_core.engine.effort import EffortKeeper
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from tests.component.engine.test_views import FORM, FOUR, PINS, room
from tests.fakes.waiting import until


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
        screen, ticker = made.screens["a"], made.conference.views.pictures.ticker
        units, ticks = len(screen.units_seen), ticker.ticks
        await until(lambda: ticker.ticks >= ticks + 40)
        assert (len(screen.units_seen) - units) <= 0.6 * (ticker.ticks - ticks)


async def test_the_fast_preset_costs_each_class_one_keyframe() -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", "", "")
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


async def test_a_newcomer_is_refused_with_a_reason_who_returns_is_not() -> None:
    async with room("ab") as made:
        full = EffortKeeper(made.clock, lambda: [made.conference], capacity_cores=0.001)
        with pytest.raises(Refused, match="cores left"):
            full.admit(made.conference, "a", made.screens["a"])
        roomy = EffortKeeper(made.clock, lambda: [made.conference], capacity_cores=64)
        roomy.admit(made.conference, "a", made.screens["a"])

        def refuse(conference: object, site: str, endpoint: object) -> None:
            raise Refused("full")

        made.conference._admit = refuse
        await made.conference.disconnect("a-screen")
        await made.join("a")
        assert made.conference.seat("a").state == "joined"
