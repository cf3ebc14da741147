"""What a pane shows of a site: its picture, the last one greyed, or why there is none."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from msgspec.structs import replace

from mcu_core.contract.definition import SiteDefinition, SiteKind
from mcu_core.engine.seat import GONE_AFTER_NS, STALLED_AFTER_NS, Seat
from mcu_core.ingress.lipsync import Lag
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.picture import Picture

START_NS = 1000 * NS_PER_SECOND
TICK_NS = NS_PER_SECOND // 30


@pytest.fixture
async def seat() -> AsyncIterator[Seat]:
    made = Seat.make(SiteDefinition("a", "a", SiteKind.RTP), ManualClock(START_NS))
    made.joined_ns = START_NS
    yield made
    await made.close()


def came(seat: Seat, stamp_ns: int) -> Picture:
    half = np.zeros((2, 2), np.uint8)
    picture = Picture(np.zeros((4, 4), np.uint8), half, half, stamp_ns=stamp_ns, serial=1)
    seat.video._show(picture, 0, stamp_ns)
    return picture


async def test_a_picture_that_stops_stands_still_greyed_and_then_goes(seat: Seat) -> None:
    picture = came(seat, START_NS)
    for age_ns, state in (
        (0, "live"),
        (STALLED_AFTER_NS, "live"),
        (STALLED_AFTER_NS + 1, "stalled"),
        (GONE_AFTER_NS, "stalled"),
        (GONE_AFTER_NS + 1, "camera-off"),
    ):
        assert seat.take_picture(START_NS + age_ns, TICK_NS) is picture
        assert seat.picture_state(START_NS + age_ns) == state
    came(seat, now_ns := START_NS + 2 * GONE_AFTER_NS)
    assert seat.picture_state(now_ns) == "live"


async def test_why_there_is_no_picture(seat: Seat) -> None:
    assert seat.picture_state(START_NS) == "no-video", "nothing has come"
    seat.audio.stats.codec = "opus"
    assert seat.picture_state(START_NS) == "audio-only"
    seat.video.units = 1
    assert seat.picture_state(START_NS) == "no-video", "its first picture is on its way"
    came(seat, START_NS)
    seat.definition = replace(seat.definition, video_off=True)
    assert seat.picture_state(START_NS) == "camera-off"
    seat.joined_ns = 0
    assert seat.picture_state(START_NS) == "no-video"


async def test_who_comes_anew_waits_for_nothing_of_before(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat.video, "lag", lambda: Lag(20 * NS_PER_MS))
    monkeypatch.setattr(seat.audio, "lag", lambda: Lag(200 * NS_PER_MS))
    seat.level_dbov = -30.0
    for now_ns in range(START_NS, START_NS + 3 * NS_PER_SECOND, TICK_NS):
        seat.take_picture(now_ns, TICK_NS)
    assert seat.video.hold_ns > 100 * NS_PER_MS
    seat.empty()
    seat.take_picture(START_NS + 3 * NS_PER_SECOND, TICK_NS)
    assert seat.video.hold_ns < 50 * NS_PER_MS
