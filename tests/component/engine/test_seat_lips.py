"""A seat keeps its pictures in step with its sound while it sounds."""

from collections.abc import AsyncIterator

import pytest

from mcu_core.contract.definition import SiteDefinition, SiteKind
from mcu_core.engine.seat import IN_STEP_NS, SILENCE_DBOV, Seat
from mcu_core.ingress.lipsync import Lag
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock

TICK_NS = NS_PER_SECOND // 30
START_NS = 1000 * NS_PER_SECOND


@pytest.fixture
async def seat(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seat]:
    """Its sound is 120 ms late in the mix, its pictures 20 ms."""
    made = Seat.make(SiteDefinition("a", "a", SiteKind.RTP), ManualClock(START_NS))
    video, audio = made.video, made.audio
    monkeypatch.setattr(video, "lag", lambda: Lag(20 * NS_PER_MS + video.hold_ns))
    monkeypatch.setattr(audio, "lag", lambda: Lag(120 * NS_PER_MS + audio.hold_ns))
    yield made
    await made.close()


def ticks(seat: Seat, begin_ns: int, length_ns: int) -> int:
    for now_ns in range(begin_ns, begin_ns + length_ns, TICK_NS):
        seat.take_picture(now_ns, TICK_NS)
    return begin_ns + length_ns


async def test_pictures_wait_for_the_sound_of_who_speaks(seat: Seat) -> None:
    seat.level_dbov = -30.0
    ticks(seat, START_NS, 5 * NS_PER_SECOND)
    assert 60 * NS_PER_MS < seat.video.hold_ns < 100 * NS_PER_MS
    assert seat.audio.hold_ns == 0


async def test_pictures_of_the_silent_do_not_wait(seat: Seat) -> None:
    ticks(seat, START_NS, 5 * NS_PER_SECOND)
    assert seat.video.hold_ns == 0
    seat.level_dbov = -30.0
    spoke_ns = ticks(seat, START_NS, 5 * NS_PER_SECOND)
    held_ns = seat.video.hold_ns
    seat.level_dbov = SILENCE_DBOV
    ticks(seat, spoke_ns, IN_STEP_NS - NS_PER_SECOND)
    assert seat.video.hold_ns >= held_ns, "a pause of speech is not the end of it"
    ticks(seat, spoke_ns + IN_STEP_NS, 8 * NS_PER_SECOND)
    assert seat.video.hold_ns == 0


async def test_what_is_passed_on_as_it_comes_is_told_how_much_later_its_sound_is(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seat.sound_after_arrival_ns() == 0, "nothing has come"
    monkeypatch.setattr(seat.video, "arrival_lag", lambda: Lag(5 * NS_PER_MS))
    assert seat.sound_after_arrival_ns() == 0, "it has no sound"
    seat.audio.stats.codec = "opus"
    assert seat.sound_after_arrival_ns() == 115 * NS_PER_MS
