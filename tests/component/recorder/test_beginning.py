"""How long a start waits, and for what: a recording on the tap of a fake engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mcu_core.media.clock import MonotonicClock
from recorder.contract import RecordingState, StartRecording
from recorder.errors import TapFailed
from recorder.files import Room
from recorder.participant import Participant
from recorder.tallies import RecorderTallies
from tests.fakes.tap import Clip, FakeTap, encode_clip
from tests.fakes.waiting import until

CLOCK = MonotonicClock()
NO_TIME_S, LONG_S = 0.0, 60.0


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(1.0)


class Beginning:
    """A recording that was begun, and what it counts."""

    def __init__(self, folder: Path) -> None:
        self.tallies = RecorderTallies()
        self.participant = Participant(
            StartRecording("r1", "c1", "", str(folder / "engine.sock")),
            folder / "store" / "r1",
            None,
            CLOCK,
            self.tallies,
            lambda _: None,
            Room(),
        )

    async def tapped(self) -> None:
        """Its tap is open."""
        await until(lambda: self.tallies.recorder_tap_connections_total == 1)


@asynccontextmanager
async def begun(folder: Path) -> AsyncIterator[Beginning]:
    one = Beginning(folder)
    one.participant.start()
    try:
        yield one
    finally:
        await one.participant.stop(None)


async def test_with_a_tap_there_is_more_time_for_the_first_picture(
    clip: Clip, tmp_path: Path
) -> None:
    tap = FakeTap(tmp_path / "engine.sock", "c1", clip.tracks)
    await tap.open()
    async with begun(tmp_path) as one:
        await one.tapped()
        waiting = asyncio.create_task(one.participant.wait_first(NO_TIME_S, LONG_S))
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        assert not done, "a busy machine needs longer for its first keyframe"
        tap.send(clip.at(CLOCK.now_ns()))
        assert (await waiting).state is RecordingState.RECORDING
    await tap.close()


async def test_with_a_tap_that_gives_nothing_it_ends_all_the_same(
    clip: Clip, tmp_path: Path
) -> None:
    tap = FakeTap(tmp_path / "engine.sock", "c1", clip.tracks)
    await tap.open()
    async with begun(tmp_path) as one:
        await one.tapped()
        with pytest.raises(TapFailed, match=r"within 0\.02 s: the conference gives no picture"):
            await one.participant.wait_first(NO_TIME_S, 0.02)
    await tap.close()


async def test_without_a_tap_it_ends_soon_and_says_why(tmp_path: Path) -> None:
    async with begun(tmp_path) as one:
        await until(lambda: one.participant.info.reason)
        with pytest.raises(TapFailed, match="nobody listens"):
            await one.participant.wait_first(NO_TIME_S, LONG_S)
