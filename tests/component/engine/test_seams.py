"""Moments in which event loop, ticks and what closes meet: nothing stale, nothing black."""

from collections.abc import AsyncIterator
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from mcu_core.conference.direction import CONFERENCE, ViewKey
from mcu_core.contract.definition import PaneFit, SiteDefinition, SiteKind
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import Abilities, Endpoint
from mcu_core.engine.pictures import PictureLoop, PicturePlan, PlannedPane, ViewPlan
from mcu_core.engine.seat import Seat
from mcu_core.engine.sound import SoundLoop
from mcu_core.engine.threads import Threads
from mcu_core.engine.video_outputs import OutputKey, VideoOutputs
from mcu_core.layouts.catalogue import MODES
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264, VP8
from mcu_core.media.sound import BLOCK_SAMPLES, Block
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm
from mcu_core.media.workers import Workers
from mcu_core.protocol.stream_facts import read_facts
from tests.component.engine.test_views import FORM, room
from tests.fakes.moving import access_unit, form_of, noisy
from tests.fakes.waiting import until

TICK_NS = NS_PER_SECOND // 30
FULL = ViewKey("full", "a")


def site(name: str) -> SiteDefinition:
    return SiteDefinition(name, name, SiteKind.RTP)


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock(NS_PER_SECOND)


@pytest.fixture
async def seat(clock: ManualClock) -> AsyncIterator[Seat]:
    """A joined site whose stream is known and whose first picture is still to come."""
    made = Seat.make(site("a"), clock)
    made.joined_ns = clock.now_ns()
    made.video.watch(False)
    encoder = VideoEncoder(form_of(H264))
    made.video.push(access_unit(encoder.encode(noisy(320, 180, 1), True)))
    encoder.close()
    await until(lambda: made.video.stats.dropped == 1)
    yield made
    await made.close()


class Shown:
    """A picture tick by hand, and how many pictures it gave to the one group."""

    def __init__(self, clock: ManualClock, seat: Seat) -> None:
        self.clock, self.given = clock, 0
        pane = PlannedPane(seat, PaneFit.AUTO, "")
        plan = PicturePlan(1, MappingProxyType({CONFERENCE: ViewPlan(MODES[1], (pane,))}))
        self.loop = PictureLoop(
            "c", clock, Threads(clock).pictures, 30, plan, lambda plan: None, lambda error: None
        )
        self.group: Any = SimpleNamespace(form=FORM, submit=self._take)

    def _take(self, picture: object) -> None:
        self.given += 1

    def tick(self, *, needed: bool) -> None:
        self.loop.outputs = ((CONFERENCE, self.group),) if needed else ()
        self.clock.advance_ns(TICK_NS)
        self.loop._tick(self.clock.now_ns())


async def test_a_view_that_was_given_up_while_it_waited_waits_anew(
    clock: ManualClock, seat: Seat
) -> None:
    seat.video.watch(True)
    shown = Shown(clock, seat)
    shown.tick(needed=True)
    for _ in range(20):
        shown.tick(needed=False)
    shown.tick(needed=True)
    assert shown.given == 0, "black was shown instead of waiting"
    for _ in range(11):
        shown.tick(needed=True)
    assert shown.given, "it waited for ever"


async def test_a_view_waits_for_a_source_that_is_about_to_be_watched(
    clock: ManualClock, seat: Seat
) -> None:
    shown = Shown(clock, seat)
    shown.tick(needed=True)
    assert shown.given == 0


class Level:
    """Sound of one loudness without end."""

    level_dbov = None

    def __init__(self, amplitude: float) -> None:
        self._block = np.full((BLOCK_SAMPLES, 2), amplitude, np.float32)
        self._block[::2] *= -1

    def doze(self) -> bool:
        return False

    def pull(self, now_ns: int) -> Block:
        return self._block


async def test_each_site_has_its_own_level_whatever_their_order(clock: ManualClock) -> None:
    loop = SoundLoop(
        "c", clock, Threads(clock).sound, lambda speech: None, lambda: None, lambda error: None
    )
    loud, low = (
        Seat(site(name), cast("Any", None), cast("Any", Level(amplitude)), cast("Any", None))
        for name, amplitude in (("loud", 0.5), ("low", 0.005))
    )
    for seats in ((loud, low), (low, loud)):
        loop.seats = seats
        loop._tick(clock.now_ns())
        assert loud.level_dbov == pytest.approx(-6, abs=1)
        assert low.level_dbov == pytest.approx(-46, abs=1)


async def test_a_recording_gets_no_picture_of_the_old_size_while_the_new_one_begins() -> None:
    async with room("ab") as made:
        tap = await made.conference.tap()
        widths: list[int] = []

        def note(unit: EncodedUnit) -> None:
            facts = read_facts(AccessUnit(unit.codec, unit.data, 0, unit.keyframe))
            if unit.keyframe and facts is not None:
                widths.append(facts.width)

        await until(lambda: tap.stats.packets_out)
        tap.send_video = note  # type: ignore[method-assign]
        drop = made.conference.views.drop

        async def slow_drop(endpoint: Endpoint) -> None:
            await drop(endpoint)
            widths.clear()  # what had left before is nobody's fault
            made.conference.look_again()
            await until(lambda: widths)

        made.conference.views.drop = slow_drop  # type: ignore[method-assign]
        await made.change(width=640, height=360)
        made.conference.views.drop = drop  # type: ignore[method-assign]
        assert set(widths) == {640}


async def test_receivers_of_another_codec_get_a_stream_that_changes_to_theirs(
    clock: ManualClock, seat: Seat
) -> None:
    workers = Workers(1)
    outputs = VideoOutputs(clock, "superfast", workers, lambda groups: None)
    got: dict[str, list[EncodedUnit]] = {"h264": [], "vp8": []}

    def receiver(name: str, form: VideoForm) -> Any:
        return SimpleNamespace(
            id=name, video_out=form, send_video=got[name].append, abilities=Abilities()
        )

    first, second = receiver("h264", FORM), receiver("vp8", form_of(VP8))
    outputs.read(first, OutputKey(FULL, None, H264), seat)
    outputs.read(second, OutputKey(FULL, None, VP8), seat)
    await outputs.remove(first)
    encoder = VideoEncoder(form_of(VP8))
    seat.video.push(access_unit(encoder.encode(noisy(320, 180, 1), True)))
    encoder.close()
    await until(lambda: got["vp8"])
    assert not got["h264"]
    await outputs.close()
    assert seat.video.forward is None
