"""Output clocks and sizes: each receiver gets its share of the clock, evenly, in its own size."""

from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from mcu_core.adaptation.overload import Effort
from mcu_core.conference.direction import CONFERENCE
from mcu_core.contract.definition import PaneFit
from mcu_core.engine.pictures import PictureLoop, PicturePlan, PlannedPane, ViewPlan
from mcu_core.engine.threads import Threads
from mcu_core.layouts.catalogue import MODES
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.media.picture import Picture
from tests.component.engine.test_views import FORM

PLAN = PicturePlan(
    1,
    MappingProxyType({CONFERENCE: ViewPlan(MODES[1], (PlannedPane(None, PaneFit.AUTO, ""),))}),
)


def loop_of(fps: int) -> PictureLoop:
    clock = ManualClock(NS_PER_SECOND)
    return PictureLoop(
        "c", clock, Threads(clock).pictures, fps, PLAN, lambda plan: None, lambda error: None
    )


def second_of(loop: PictureLoop, fps: int, /, **form: Any) -> list[tuple[int, Picture]]:
    """What a receiver of that form is given in a second by a clock of `fps`, and in which tick."""
    given: list[tuple[int, Picture]] = []
    group: Any = SimpleNamespace(
        form=replace(FORM, **form),
        submit=lambda picture: given.append((loop.ticker.ticks, picture)),
    )
    loop.outputs = ((CONFERENCE, group),)
    for _ in range(fps):
        loop._tick(NS_PER_SECOND + loop.ticker.ticks * loop.ticker.period_ns)
        loop.ticker.ticks += 1
    return given


@pytest.mark.parametrize("receiver", [15, 25, 30, 50, 60])
@pytest.mark.parametrize("fps", [25, 30, 50, 60])
@pytest.mark.parametrize("divisor", [1, 2])
async def test_each_gets_its_share_of_the_clock_evenly(
    fps: int, receiver: int, divisor: int
) -> None:
    loop = loop_of(fps)
    loop.effort = Effort(rate_divisor=divisor)
    ticks = [tick for tick, _ in second_of(loop, fps, fps=receiver)]
    assert len(ticks) == min(fps, receiver) // divisor
    steps = [after - before for before, after in pairwise(ticks)]
    assert max(steps) - min(steps) <= 1


@pytest.mark.parametrize(
    "size", [(176, 144), (352, 288), (704, 576), (1280, 720), (1920, 1080), (1920, 1200)]
)
async def test_any_size_at_sixty_pictures(size: tuple[int, int]) -> None:
    given = second_of(loop_of(60), 60, width=size[0], height=size[1], fps=60)
    assert len(given) == 60
    assert {(picture.width, picture.height) for _, picture in given} == {size}


async def test_the_clock_may_change_in_mid_conference() -> None:
    loop = loop_of(30)
    assert len(second_of(loop, 30, fps=60)) == 30
    loop.set_fps(50)
    assert loop.ticker.period_ns == NS_PER_SECOND // 50
    assert len(second_of(loop, 50, fps=60)) == 50
