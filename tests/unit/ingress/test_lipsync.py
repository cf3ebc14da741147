"""How long picture and sound of a site wait for each other."""

import pytest

from mcu_core.ingress.lipsync import (
    MOST_PICTURE_NS,
    MOST_SOUND_NS,
    SOUND_EARLY_NS,
    SOUND_LATE_NS,
    Lag,
    LipSync,
    PictureLag,
    sound_late_ns,
)
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

TICK_NS = NS_PER_SECOND // 30


def led(sound_ms: float, picture_ms: float, seconds: float, lips: LipSync | None = None) -> LipSync:
    """Lags as they are without any hold, led for that long."""
    lips = lips or LipSync()
    for tick in range(1, int(seconds * 30)):
        lips.update(
            Lag(int(sound_ms * NS_PER_MS) + lips.sound_ns),
            Lag(int(picture_ms * NS_PER_MS) + lips.picture_ns),
            tick * TICK_NS,
            TICK_NS,
        )
    return lips


@pytest.mark.parametrize("late_ms", [-24, -10, 0, 15, 21])
def test_what_nobody_notices_is_left_alone(late_ms: int) -> None:
    lips = led(100 + late_ms, 100, 10)
    assert (lips.picture_ns, lips.sound_ns) == (0, 0)


def test_the_picture_waits_for_sound_that_is_late() -> None:
    lips = led(150, 40, 10)
    assert lips.picture_ns / NS_PER_MS + 1 >= 150 - 40 - SOUND_LATE_NS / NS_PER_MS
    assert lips.picture_ns <= 110 * NS_PER_MS
    assert lips.sound_ns == 0


def test_sound_waits_for_a_late_camera() -> None:
    lips = led(30, 120, 10)
    assert lips.sound_ns / NS_PER_MS + 1 >= 90 - SOUND_EARLY_NS / NS_PER_MS
    assert lips.picture_ns == 0


def test_holds_are_bounded() -> None:
    assert led(5000, 0, 60).picture_ns == MOST_PICTURE_NS
    assert led(0, 5000, 60).sound_ns == MOST_SOUND_NS


def test_what_is_no_longer_needed_is_given_back() -> None:
    late = led(250, 40, 10)
    assert led(30, 40, 20, late).picture_ns <= 30 * NS_PER_MS
    early = led(30, 200, 10)
    assert early.sound_ns > 100 * NS_PER_MS
    assert led(30, 40, 20, early).sound_ns <= 30 * NS_PER_MS


def test_the_picture_of_a_silent_site_need_not_wait() -> None:
    lips = led(150, 40, 10)
    held_ns, sound_ns = lips.picture_ns, led(30, 200, 10).sound_ns
    for tick in range(300, 330):
        lips.rest(tick * TICK_NS)
    assert 0 < held_ns - lips.picture_ns < 25 * NS_PER_MS
    for tick in range(330, 600):
        lips.rest(tick * TICK_NS)
    assert lips.picture_ns == 0
    early = led(30, 200, 10)
    early.rest(11 * NS_PER_SECOND)
    assert early.sound_ns == sound_ns > 0, "its sound would have to be stretched again"


def test_a_hold_changes_slowly_but_most_of_it_is_there_after_two_seconds() -> None:
    lips = LipSync()
    before = 0
    for tick in range(1, 60):
        lips.update(Lag(200 * NS_PER_MS), Lag(lips.picture_ns), tick * TICK_NS, TICK_NS)
        assert lips.picture_ns - before < TICK_NS // 4
        before = lips.picture_ns
    assert lips.picture_ns > 140 * NS_PER_MS


def test_a_tick_that_suits_is_kept() -> None:
    """A picture is shown at ticks only: its lag moves by whole intervals, and must come to rest."""
    for phase_ms in range(0, 33, 3):
        lips, changes = LipSync(), 0
        for tick in range(1, 900):
            waits = -(-(phase_ms * NS_PER_MS + lips.picture_ns) // TICK_NS) * TICK_NS
            before = (lips.picture_ns, lips.sound_ns)
            lips.update(Lag(70 * NS_PER_MS), Lag(waits), tick * TICK_NS, TICK_NS)
            changes += tick > 300 and before != (lips.picture_ns, lips.sound_ns)
        assert changes == 0, phase_ms
        assert abs(70 * NS_PER_MS - waits) <= 36 * NS_PER_MS


def test_reports_count_more_than_arrival_unless_they_are_nonsense() -> None:
    sound, picture = Lag(10, 5 * NS_PER_MS), Lag(30, 0)
    assert sound_late_ns(sound, picture) == 5 * NS_PER_MS
    assert sound_late_ns(Lag(10, 3 * NS_PER_SECOND), picture) == -20
    assert sound_late_ns(Lag(10), picture) == -20


def test_the_lag_of_pictures_is_measured() -> None:
    lag = PictureLag()
    assert lag.lag(None) is None
    for n in range(300):
        media_ns = 7 * NS_PER_SECOND + n * TICK_NS
        now_ns = 1000 * NS_PER_SECOND + n * TICK_NS + (n % 2) * 10 * NS_PER_MS
        lag.arrived(media_ns, now_ns, now_ns)
        lag.shown(20 * NS_PER_MS)
    found = lag.lag(-993 * NS_PER_SECOND)
    assert found is not None
    assert found.arrival_ns == pytest.approx(25 * NS_PER_MS, abs=2 * NS_PER_MS)
    assert found.capture_ns is not None
    transit_ns = (1000 - 7) * NS_PER_SECOND + 5 * NS_PER_MS
    expected = 20 * NS_PER_MS + transit_ns + 993 * NS_PER_SECOND
    assert found.capture_ns == pytest.approx(expected, abs=2 * NS_PER_MS)


def test_a_sender_that_begins_anew_is_measured_anew() -> None:
    lag = PictureLag()
    lag.shown(0)
    for n in range(50):
        lag.arrived(n * TICK_NS, n * TICK_NS, n * TICK_NS)
    lag.arrived(0, 100 * NS_PER_SECOND, 100 * NS_PER_SECOND)
    found = lag.lag(None)
    assert found is not None
    assert found.arrival_ns == 0
