"""The recorder where it is killed, loses power, or has a disk that is slow or refuses."""

import asyncio
import errno
import random
import signal
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from benchmarks.bad_disk import SYNCED, cut_power, put_fault
from benchmarks.figures import figure
from benchmarks.recorder_rig import SMALL, Recorder, recorder_with_feed, stored
from benchmarks.report import Row, percentile
from benchmarks.tap_feed import TapFeed
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.catalogue import Catalogue
from recorder.contract import GetRecordings, RecordingChanged, RecordingState, StopRecording
from recorder.index import read_index, stored_index
from recorder.tracks import TRACKS

CLOCK = MonotonicClock()
PATIENCE_S = 15.0


async def begun(recorder: Recorder, feed: TapFeed) -> None:
    """Recording 0 begins or goes on, and gets what the feed gives."""
    starting = asyncio.create_task(recorder.start(0))
    while not feed.readers:
        await asyncio.sleep(0.005)
    feed.begin()
    await starting


async def died(recorder: Recorder, feed: TapFeed) -> dict[str, int]:
    """SIGKILL; what had been sent of each track by then."""
    recorder.process.send_signal(signal.SIGKILL)
    newest_ns = dict(feed.newest_ns)
    await feed.end()
    await recorder.end(signal.SIGKILL)
    return newest_ns


async def killed(kills: int, seed: int) -> list[Row]:
    """Bar 7: SIGKILL at random moments; what had been sent and is not on disk."""
    dice = random.Random(seed)
    lost_ms: list[float] = []
    back_s: list[float] = []
    async with recorder_with_feed(SMALL) as (recorder, feed):
        for _ in range(kills):
            await begun(recorder, feed)
            await asyncio.sleep(dice.uniform(0.3, 1.3))
            died_ns = CLOCK.now_ns()
            newest_ns = await died(recorder, feed)
            lost_ms.append(lost(recorder.store / "r0", newest_ns))
            await recorder.launch()
            await recorder.caller.call(GetRecordings())
            Catalogue(recorder.store).manifest("r0")
            back_s.append((CLOCK.now_ns() - died_ns) / NS_PER_SECOND)
        wrong = await asyncio.to_thread(broken, recorder.store / "r0")
    return [
        figure(f"SIGKILL x {kills}: lost of a track, ms, worst", max(lost_ms), "300"),
        figure("the same, half of them", percentile(lost_ms, 0.5)),
        figure("listed and playable again, s, worst", max(back_s), "5"),
        figure("fragments that overlap or cannot be read afterwards", wrong, "0"),
    ]


async def power_cut(cuts: int, seed: int) -> list[Row]:
    """Bar 7: all that was not synced is gone, or as much of it as dice say."""
    dice = random.Random(seed)
    lost_ms: list[float] = []
    wrong = 0
    async with recorder_with_feed(SMALL, bad_disk=True) as (recorder, feed):
        notes = recorder.store.parent
        for _ in range(cuts):
            await begun(recorder, feed)
            await asyncio.sleep(dice.uniform(1.5, 3.0))
            newest_ns = await died(recorder, feed)
            cut_power(recorder.store, notes, dice)
            lost_ms.append(lost(recorder.store / "r0", newest_ns))
            await recorder.launch()
            await recorder.caller.call(GetRecordings())
            Catalogue(recorder.store).manifest("r0")
        await begun(recorder, feed)
        await asyncio.sleep(1.0)
        await feed.end()
        await recorder.caller.call(StopRecording("r0"), PATIENCE_S)
        wrong = await asyncio.to_thread(broken, recorder.store / "r0")
        assert (notes / SYNCED).stat().st_size
    return [
        figure(f"power cut x {cuts}: lost of a track, ms, worst", max(lost_ms), "1500"),
        figure("fragments that overlap or cannot be read after going on", wrong, "0"),
    ]


def lost(folder: Path, newest_ns: dict[str, int]) -> float:
    """How many ms the stored end of the worst track is behind what it had been sent."""
    index = stored_index(folder)
    turn = index.resumed or index.started
    assert turn is not None
    ends = {name: TRACKS[name].ns(track.end) for name, track in index.tracks.items()}
    behind = [newest_ns[name] - turn.base_ns - ends.get(name, 0) for name in newest_ns]
    return max(0.0, max(behind) / NS_PER_MS)


def broken(folder: Path) -> int:
    """How many fragments overlap, or are not whole."""
    wrong = 0
    for name, track in read_index(folder).tracks.items():
        size = (folder / TRACKS[name].file_name).stat().st_size
        wrong += sum(one.offset + one.size > size for one in track.fragments)
        wrong += sum(a.time + a.duration > b.time for a, b in pairwise(track.fragments))
    try:
        stored(folder)
    except (ValueError, McuError):
        wrong += 1
    return wrong


async def refusing_disk() -> list[Row]:
    """Bar 8: the disk is slow, then read-only, then well again."""
    rows: list[Row] = []
    async with recorder_with_feed(SMALL, bad_disk=True) as (recorder, feed):
        folder = recorder.store.parent
        await begun(recorder, feed)
        put_fault(folder, "slow 0.05")
        await asyncio.sleep(4.0)
        put_fault(folder, "")
        await asyncio.sleep(2.0)
        slow = [gap for gap in read_index(recorder.store / "r0").gaps if gap.duration]
        rows.append(figure("a disk of 50 ms a write for 4 s: gaps", len(slow), "0"))
        for name in ("EROFS", "ENOSPC", "EIO"):
            rows += await _refused(recorder, feed, name)
        await feed.end()
        await recorder.caller.call(StopRecording("r0"), PATIENCE_S)
        wrong = await asyncio.to_thread(broken, recorder.store / "r0")
    rows.append(figure("fragments that overlap or cannot be read afterwards", wrong, "0"))
    return rows


async def _refused(recorder: Recorder, feed: TapFeed, name: str) -> list[Row]:
    recorder.events.clear()
    put_fault(recorder.store.parent, str(getattr(errno, name)))
    begin_ns = CLOCK.now_ns()
    while not any(_failed(event) for event in recorder.events):
        await asyncio.sleep(0.005)
    told_s = (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
    refused = 0
    with suppress(McuError):
        await recorder.start(1)
        refused = 1
    before = read_index(recorder.store / "r0").duration_s
    put_fault(recorder.store.parent, "")
    feed.readers.clear()
    await feed.end()
    await begun(recorder, feed)
    while read_index(recorder.store / "r0").duration_s <= before + 1:
        await asyncio.sleep(0.05)
    return [
        figure(f"{name}: told after, s", told_s, "2"),
        figure(f"{name}: recordings begun all the same", refused, "0"),
    ]


def _failed(event: object) -> bool:
    return isinstance(event, RecordingChanged) and event.recording.state is RecordingState.FAILED
