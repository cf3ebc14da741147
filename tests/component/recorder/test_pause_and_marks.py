"""Pause, continue and marks in the real recorder process."""

import asyncio
import math
import signal
from pathlib import Path

import pytest

from mcu_core.errors import BadInput, NotFound, Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.contract import (
    AddData,
    AddMark,
    ContinueRecording,
    PauseRecording,
    RecordingInfo,
    RecordingState,
)
from recorder.timed import all_data
from tests.fakes.recorder_bench import Bench, decoded_times, faultless, tap_of
from tests.fakes.tap import Clip, encode_clip
from tests.fakes.waiting import until

CLOCK = MonotonicClock()


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(2.0)


async def paused(bench: Bench) -> RecordingInfo:
    info = await bench.caller.call(PauseRecording("r1"))
    assert isinstance(info, RecordingInfo)
    return info


async def test_what_comes_in_a_pause_is_not_recorded(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    begin_ns = CLOCK.now_ns() - 60 * NS_PER_SECOND
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(before := clip.at(begin_ns))
        await starting
        await until(lambda: bench.has(before))
        assert (await paused(bench)).state is RecordingState.PAUSED
        await until(lambda: bench.catalogue.info("r1").state is RecordingState.PAUSED)
        await until(lambda: tap.readers == 0, "nothing is encoded for a pause")
        tap.send(clip.at(begin_ns + 10 * NS_PER_SECOND))
        await bench.caller.call(ContinueRecording("r1"))
        await until(lambda: tap.readers == 1)
        assert tap.requests[-1].since_ns == 0, "what the engine still holds of the pause is left"
        tap.send(after := clip.at(begin_ns + 20 * NS_PER_SECOND))
        await until(lambda: bench.has(after))
        info = await bench.stop()
    assert info.state is RecordingState.DONE
    assert info.duration_s == pytest.approx(22, abs=0.1), "the clock ran on"
    manifest = bench.catalogue.manifest("r1")
    assert [mark["kind"] for mark in manifest["marks"]] == ["pause", "continue"]
    (gap,) = [g for g in manifest["gaps"] if g["track"] == "main"]
    assert gap["reason"] == "paused"
    assert gap["start_ms"] == pytest.approx(2000, abs=40)
    assert gap["duration_ms"] == pytest.approx(18_000, abs=80)
    film = tmp_path / "film.mp4"
    bench.catalogue.export("r1").save(film)
    faultless(film)
    shown = decoded_times(film)["video"]
    assert not [time for time in shown if 2.1 < time < 19.9]


async def test_a_recorder_that_dies_in_a_pause_comes_back_paused(bench: Bench, clip: Clip) -> None:
    begin_ns = CLOCK.now_ns() - 60 * NS_PER_SECOND
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(clip.at(begin_ns))
        await starting
        await paused(bench)
        await until(lambda: bench.catalogue.info("r1").state is RecordingState.PAUSED)
        await bench.end(signal.SIGKILL)
        await bench.launch()
        assert (await bench.start()).state is RecordingState.PAUSED
        assert tap.readers == 0
        await bench.caller.call(ContinueRecording("r1"))
        await until(lambda: tap.readers == 1)
        tap.send(clip.at(begin_ns + 20 * NS_PER_SECOND))
        await until(lambda: bench.stored_s() > 21)
        await bench.stop()
    manifest = bench.catalogue.manifest("r1")
    assert [mark["kind"] for mark in manifest["marks"]] == ["pause", "continue"]
    assert {gap["reason"] for gap in manifest["gaps"]} == {"paused"}


async def test_marks_stand_at_their_time_also_afterwards(bench: Bench, clip: Clip) -> None:
    begin_ns = CLOCK.now_ns() - 5 * NS_PER_SECOND
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(clip.at(begin_ns))
        await starting
        before_ms = (CLOCK.now_ns() - begin_ns) / NS_PER_MS
        await bench.caller.call(AddMark("r1", "operator", "胆囊", "admin"))
        after_ms = (CLOCK.now_ns() - begin_ns) / NS_PER_MS
        await bench.caller.call(AddMark("r1", "speaker", "北京", at_ms=500))
        for never in (math.inf, math.nan):  # which JSON, and so the journal, cannot hold
            with pytest.raises(BadInput):
                await bench.caller.call(AddMark("r1", "operator", "never", at_ms=never))
        await bench.stop()
    await bench.caller.call(AddMark("r1", "operator", "later", at_ms=1500))
    for wrong in (AddMark("r1", "operator", at_ms=9e9), AddMark("r1", "nonsense", at_ms=1)):
        with pytest.raises(BadInput):
            await bench.caller.call(wrong)
    with pytest.raises(NotFound):
        await bench.caller.call(AddMark("none", "operator", at_ms=1))
    with pytest.raises(Refused):
        await paused(bench)
    manifest = bench.catalogue.manifest("r1")
    assert [mark["text"] for mark in manifest["marks"]] == ["胆囊", "北京", "later"]
    assert before_ms - 1 <= manifest["marks"][0]["at_ms"] <= after_ms + 1
    assert manifest["state"] == "done", "a mark afterwards leaves it ended"


async def test_timed_data_stands_on_the_clock_of_the_pictures(bench: Bench, clip: Clip) -> None:
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(clip.at(CLOCK.now_ns() - 2 * NS_PER_SECOND))
        await starting
        values = (("vitals", '{"hr":72}', 0.0), ("vitals", '{"hr":71}', 500.0))
        await bench.caller.call(AddData("r1", values, "ICU"))
        with pytest.raises(BadInput):
            await bench.caller.call(AddData("r1", (("vitals", "{", 0.0),)))
        folder = bench.catalogue.folder("r1")
        await until(lambda: len(list(all_data(folder))) == 2)
        await paused(bench)
        with pytest.raises(Refused):
            await bench.caller.call(AddData("r1", values))
        await bench.stop()
    now, before = (one.at_ms for one in all_data(folder))
    assert now - before == pytest.approx(500)
    assert 1900 < now < 60_000, "the clip's two seconds had passed"
    assert bench.catalogue.manifest("r1")["data_bytes"] > 0
