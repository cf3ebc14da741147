"""A group with a real encoder and a clock that the test moves."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from mcu_core.egress.keyframe_requests import KEYFRAME_EVERY_NS
from mcu_core.egress.video_group import STILL_EVERY_NS, VideoGroup
from mcu_core.media.clock import ManualClock
from mcu_core.media.codec import H264
from mcu_core.media.picture import Picture
from mcu_core.media.units import EncodedUnit
from tests.fakes.moving import FRAME_NS, form_of, noisy, quartered
from tests.fakes.waiting import Gate, until


class Rig:
    """A running group, its clock, and what it delivered."""

    def __init__(self) -> None:
        self.clock = ManualClock(10**9)
        self.units: list[EncodedUnit] = []
        self.gate: Gate | None = None
        self.group = VideoGroup(form_of(H264), self.clock, self._deliver)
        self.group.start()

    def _deliver(self, unit: EncodedUnit) -> None:
        self.units.append(unit)
        if self.gate is not None:
            self.gate.pass_through()

    async def tick(self, picture: Picture) -> None:
        """One tick of the conference whose picture has been dealt with."""
        self.clock.advance_ns(FRAME_NS)
        self.group.submit(picture)
        await until(self.idle, "the group's rest")

    def idle(self) -> bool:
        """It has dealt with everything."""
        return self.group._lane.idle


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    yield rig
    if rig.gate is not None:
        rig.gate.open()
    await rig.group.stop()


async def test_opening_an_encoder_is_no_cost_of_each_picture(rig: Rig) -> None:
    await rig.tick(noisy(320, 180, 1))
    assert rig.group.encoding_ms == 0.0
    await rig.tick(noisy(320, 180, 2))
    assert rig.group.encoding_ms > 0.0


async def test_every_new_picture_is_coded_once_and_only_the_first_is_a_keyframe(rig: Rig) -> None:
    for n in range(1, 31):
        await rig.tick(noisy(320, 180, n))
    assert [unit.keyframe for unit in rig.units] == [True] + [False] * 29
    assert rig.group.units == 30
    assert rig.group.keyframes == 1
    assert rig.group.dropped == 0


async def test_a_storm_of_requests_gives_one_keyframe_a_second(rig: Rig) -> None:
    await rig.tick(noisy(320, 180, 1))
    rig.clock.advance_ns(KEYFRAME_EVERY_NS)
    for n in range(2, 92):  # three seconds, everybody asks all the time
        rig.group.request_keyframe()
        await rig.tick(noisy(320, 180, n))
    keyframes = [n for n, unit in enumerate(rig.units) if unit.keyframe]
    assert keyframes[:2] == [0, 1], "the first request is served by the very next picture"
    assert len(keyframes) == 4
    assert min(b - a for a, b in pairwise(keyframes[1:])) >= 30


async def test_a_request_just_after_a_keyframe_is_remembered(rig: Rig) -> None:
    await rig.tick(noisy(320, 180, 1))
    rig.group.request_keyframe()
    for n in range(2, 40):
        await rig.tick(noisy(320, 180, n))
    assert [n for n, unit in enumerate(rig.units) if unit.keyframe] == [0, 31]


async def test_a_still_picture_is_coded_twice_a_second(rig: Rig) -> None:
    still = quartered(320, 180)
    for _ in range(61):
        await rig.tick(still)
    assert 4 <= len(rig.units) <= 5
    stamps = [unit.stamp_ns for unit in rig.units]
    assert all(b - a >= STILL_EVERY_NS for a, b in pairwise(stamps[1:]))


async def test_a_still_picture_still_serves_a_keyframe_request_at_once(rig: Rig) -> None:
    still = quartered(320, 180)
    await rig.tick(still)
    rig.clock.advance_ns(KEYFRAME_EVERY_NS)
    await rig.tick(still)
    rig.group.request_keyframe()
    await rig.tick(still)
    assert [unit.keyframe for unit in rig.units] == [True, False, True]


async def test_stamps_always_grow(rig: Rig) -> None:
    still = noisy(320, 180, 40)
    await rig.tick(still)
    rig.clock.advance_ns(10**9)
    await rig.tick(still)
    await rig.tick(noisy(320, 180, 41))  # composed for an earlier deadline than the repetition
    stamps = [unit.stamp_ns for unit in rig.units]
    assert len(stamps) == 3
    assert stamps == sorted(set(stamps))


async def test_a_busy_encoder_loses_the_oldest_picture(rig: Rig) -> None:
    rig.gate = Gate()
    rig.group.submit(noisy(320, 180, 1))
    await until(lambda: rig.gate is not None and rig.gate.waiting == 1)
    for n in range(2, 8):
        rig.group.submit(noisy(320, 180, n))
    rig.gate.open()
    await until(rig.idle)
    assert [unit.stamp_ns for unit in rig.units] == [FRAME_NS, 6 * FRAME_NS, 7 * FRAME_NS]
    assert rig.group.dropped == 4


async def test_a_lower_rate_makes_no_keyframe(rig: Rig) -> None:
    for n in range(1, 20):
        await rig.tick(noisy(320, 180, n))
    rig.group.set_bitrate(200_000)
    for n in range(20, 60):
        await rig.tick(noisy(320, 180, n))
    assert rig.group.keyframes == 1
    before, after = rig.units[9:19], rig.units[-10:]
    assert sum(len(u.data) for u in after) < 0.7 * sum(len(u.data) for u in before)


async def test_a_wrong_picture_costs_the_encoder_not_the_group(rig: Rig) -> None:
    await rig.tick(noisy(320, 180, 1))
    await rig.tick(noisy(160, 96, 2))
    assert rig.group.failures == 1
    rig.clock.advance_ns(10**9)
    await rig.tick(noisy(320, 180, 3))
    assert [unit.keyframe for unit in rig.units] == [True, True]


async def test_stop_is_safe_twice_and_before_start(rig: Rig) -> None:
    await VideoGroup(form_of(H264), rig.clock, lambda unit: None).stop()
    await rig.group.stop()
    await rig.group.stop()
    rig.group.submit(noisy(320, 180, 1))
