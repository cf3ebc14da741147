"""The recorder where it is killed, loses power, or has a disk that is slow or refuses."""

import asyncio
import errno
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from benchmarks.bad_disk import cut_power, put_fault
from benchmarks.ending import ending
from benchmarks.figures import figure
from benchmarks.kept import Kept, Outcome
from benchmarks.recorder_rig import SMALL, Recorder, recorder_with_feed, stored
from benchmarks.report import Row, percentile
from benchmarks.tap_feed import Reader, TapFeed, TapMaterial
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.catalogue import Catalogue
from recorder.contract import GetRecordings, RecordingChanged, RecordingState, StopRecording
from recorder.index import read_index, stored_index
from recorder.tracks import TRACKS

CLOCK = MonotonicClock()
PATIENCE_S = 15.0
LANES = 2
KILL, CUT = "kill", "cut"
WRONG = "fragments that overlap or cannot be read afterwards"

Try = Callable[[Recorder, TapFeed, random.Random], Awaitable[Outcome]]


async def begun(recorder: Recorder, feed: TapFeed) -> None:
    """Recording 0 begins or goes on, and gets what the feed gives."""
    starting = asyncio.create_task(recorder.start(0))
    while not feed.readers:
        await asyncio.sleep(0.005)
    feed.begin()
    await starting


async def died(recorder: Recorder, feed: TapFeed) -> Reader:
    """SIGKILL; what had been sent by then."""
    recorder.process.send_signal(signal.SIGKILL)
    reader = feed.hush("c0")
    await feed.end()
    await recorder.gone()
    return reader


@dataclass(frozen=True, slots=True)
class Faults:
    """How many SIGKILLs and power cuts there shall be in all, those kept before among them."""

    kills: int
    cuts: int
    seed: int
    kept: Kept = field(default_factory=lambda: Kept(None))


async def killed(what: Faults) -> list[Row]:
    """Bar 7: SIGKILL at random moments; what had been sent and is not on disk."""
    await _tried(KILL, what.kills, what, _kill)
    found = what.kept.of(KILL)
    lost_ms = [one["lost_ms"] for one in found]
    return [
        figure(f"SIGKILL x {len(found)}: lost of a track, ms, worst", _worst(lost_ms), "300"),
        figure("the same, half of them", percentile(lost_ms, 0.5)),
        figure("listed and playable again, s, worst", _worst([one["s"] for one in found]), "5"),
        figure(WRONG, sum(one["wrong"] for one in found), "0"),
    ]


async def power_cut(what: Faults) -> list[Row]:
    """Bar 7: all that was not synced is gone, or as much of it as dice say."""
    await _tried(CUT, what.cuts, what, _cut)
    found = what.kept.of(CUT)
    lost_ms = [one["lost_ms"] for one in found]
    return [
        figure(f"power cut x {len(found)}: lost of a track, ms, worst", _worst(lost_ms), "1500"),
        figure("the same, half of them", percentile(lost_ms, 0.5)),
        figure("listed and playable again, s, worst", _worst([one["s"] for one in found]), "5"),
        figure(WRONG, sum(one["wrong"] for one in found), "0"),
    ]


def _worst(values: list[float]) -> float:
    return max(values, default=0.0)


async def _tried(kind: str, wanted: int, what: Faults, one: Try) -> None:
    """As many tries as are left, on LANES recorders side by side, each on a store of its own."""
    left = iter(range(len(what.kept.of(kind)), wanted))
    material = await asyncio.to_thread(TapMaterial.make, SMALL)
    ended = ending()
    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(_lane(kind, left, what, one, (material, ended)))


async def _lane(
    kind: str, left: Iterator[int], what: Faults, one: Try, rig: tuple[TapMaterial, asyncio.Event]
) -> None:
    material, ended = rig
    async with recorder_with_feed(material, bad_disk=kind == CUT) as (recorder, feed):
        await begun(recorder, feed)
        for number in left:
            outcome = await one(recorder, feed, random.Random(f"{kind}{what.seed}-{number}"))
            await begun(recorder, feed)  # what goes on behind it must fit, too
            outcome["wrong"] = await asyncio.to_thread(broken, recorder.store / "r0")
            what.kept.add(kind, outcome)
            if ended.is_set():
                return


async def _kill(recorder: Recorder, feed: TapFeed, dice: random.Random) -> Outcome:
    await asyncio.sleep(dice.uniform(0.0, 1.0))
    died_ns = CLOCK.now_ns()
    lost_ms = lost(recorder.store / "r0", await died(recorder, feed))
    return {"lost_ms": lost_ms, "s": await _back_s(recorder, died_ns)}


async def _cut(recorder: Recorder, feed: TapFeed, dice: random.Random) -> Outcome:
    await asyncio.sleep(dice.uniform(1.0, 2.5))
    reader = await died(recorder, feed)
    cut_power(recorder.store, recorder.store.parent, dice)
    lost_ms = lost(recorder.store / "r0", reader)
    return {"lost_ms": lost_ms, "s": await _back_s(recorder, CLOCK.now_ns())}


async def _back_s(recorder: Recorder, since_ns: int) -> float:
    """Start it again: how long until what is there is listed, and a player could begin."""
    await recorder.launch()
    await recorder.caller.call(GetRecordings())
    Catalogue(recorder.store).manifest("r0")
    return (CLOCK.now_ns() - since_ns) / NS_PER_SECOND


def lost(folder: Path, sent: Reader) -> float:
    """How many ms of what was sent in this turn the worst track does not hold."""
    index = stored_index(folder)
    turn = index.resumed or index.started
    assert turn is not None
    behind = [0.0]
    for name, newest_ns in sent.newest_ns.items():
        track = index.tracks.get(name)
        end_ns = turn.base_ns + TRACKS[name].ns(track.end) if track else 0
        behind.append((newest_ns - max(end_ns, sent.first_ns[name])) / NS_PER_MS)
    return max(behind)


def broken(folder: Path) -> int:
    """How many fragments overlap, or are not whole."""
    wrong = 0
    for track in read_index(folder).tracks.values():
        wrong += sum(a.time + a.duration > b.time for a, b in pairwise(track.fragments))
    try:
        stored(folder)
    except (ValueError, McuError):
        wrong += 1
    return wrong


async def refusing_disk() -> list[Row]:
    """Bar 8: the disk is slow, then read-only, then well again."""
    rows: list[Row] = []
    material = await asyncio.to_thread(TapMaterial.make, SMALL)
    async with recorder_with_feed(material, bad_disk=True) as (recorder, feed):
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
    rows.append(figure(WRONG, wrong, "0"))
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
