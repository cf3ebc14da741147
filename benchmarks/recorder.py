"""The recorder under load: many recordings at once, SIGKILL, a catalogue of thousands."""

import asyncio
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.process import Usage, usage
from benchmarks.report import Report, Row, percentile
from benchmarks.tap_feed import TapFeed
from control_api.persistence.database import Database
from control_api.persistence.library import LibraryRows, Search
from control_api.services.library import Library
from mcu_core.contract.line import LineClosed
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder import boxes
from recorder.catalogue import Catalogue
from recorder.contract import (
    GetRecordings,
    RecorderCaller,
    RecordingState,
    StartRecording,
    StopRecording,
    Tags,
)
from recorder.index import read_index
from recorder.journal import (
    JOURNAL_NAME,
    FragmentWritten,
    Record,
    Started,
    Stopped,
    line_of,
)
from recorder.tags import write_tags
from recorder.tracks import TRACKS

CLOCK = MonotonicClock()
WAIT_S = 20.0
SMALL = (640, 360)
DEPARTMENTS = ("肝胆外科", "心内科", "放射科", "急诊科", "Cardiology", "Neurology")
TITLES = ("胆囊切除术教学", "远程会诊", "查房", "Tumour board", "胸痛中心病例讨论")


@dataclass(frozen=True, slots=True)
class RecorderBench:
    """What to measure."""

    recordings: int = 30
    seconds: int = 30
    kills: int = 20
    catalogue: int = 4000
    seed: int = 7


class Recorder:
    """A recorder process on a store, and a line to it."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.engine = folder / "engine.sock"
        self._socket = folder / "recorder.sock"
        self._reading: asyncio.Task[None] | None = None

    async def launch(self) -> None:
        """Start it and connect."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recorder", "--socket", str(self._socket),
            "--store", str(self.store), "--log-level", "error",
        )  # fmt: skip
        async with asyncio.timeout(WAIT_S):
            while True:
                try:
                    self.caller = await RecorderCaller.connect(
                        self._socket, "bench", lambda event: None
                    )
                    break
                except LineClosed:
                    await asyncio.sleep(0.01)
        self._reading = asyncio.create_task(self.caller.run(), name="bench line")

    async def end(self, number: signal.Signals) -> None:
        """Signal it and wait for its end."""
        self.process.send_signal(number)
        await self.process.wait()
        await self.caller.close()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    async def start(self, number: int) -> None:
        """Record conference c<number> as r<number>."""
        command = StartRecording(f"r{number}", f"c{number}", "bench", str(self.engine))
        await self.caller.call(command, WAIT_S)

    def usage(self) -> Usage:
        """What it has used so far."""
        return usage(self.process.pid)


@asynccontextmanager
async def recorder_with_feed(
    size: tuple[int, int],
) -> AsyncIterator[tuple[Recorder, TapFeed]]:
    """Both, in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        recorder = Recorder(Path(name))
        feed = TapFeed(recorder.engine, CLOCK, size)
        await feed.open()
        await recorder.launch()
        try:
            yield recorder, feed
        finally:
            await feed.close()
            await recorder.end(signal.SIGTERM)


def stored(folder: Path) -> dict[str, int]:
    """How many samples of each track a recording holds, read from its fragments."""
    counts: dict[str, int] = {}
    for name, track in read_index(folder).tracks.items():
        with (folder / TRACKS[name].file_name).open("rb") as file:
            for one in track.fragments:
                file.seek(one.offset)
                samples = boxes.fragment_samples(file.read(one.size))
                counts[name] = counts.get(name, 0) + len(samples)
    return counts


async def many(what: RecorderBench) -> list[Row]:
    """Bar 1: so many dual-stream recordings at once."""
    async with recorder_with_feed((1920, 1080)) as (recorder, feed):
        starting = [
            asyncio.create_task(recorder.start(number)) for number in range(what.recordings)
        ]
        while len(feed.readers) < what.recordings:
            await asyncio.sleep(0.01)
        feed.begin()
        await asyncio.gather(*starting)
        before, begin_ns = recorder.usage(), CLOCK.now_ns()
        await asyncio.sleep(what.seconds)
        after, passed_s = recorder.usage(), (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
        await feed.end()
        await asyncio.sleep(1.0)
        for number in range(what.recordings):
            await recorder.caller.call(StopRecording(f"r{number}"), WAIT_S)
        lost, bytes_ = 0, 0
        for number in range(what.recordings):
            folder = recorder.store / f"r{number}"
            counts = await asyncio.to_thread(stored, folder)
            lost += sum(feed.sent[name] - counts.get(name, 0) for name in feed.sent)
            bytes_ += sum(file.stat().st_size for file in folder.iterdir())
    total_s = sum(feed.sent.values()) / (30 + 30 + 48_000 / 1024)
    return [
        figure(f"{what.recordings} dual-stream recordings at 1080p30: units lost", lost, "0"),
        figure("cores of the recorder", (after.cpu_s - before.cpu_s) / passed_s, "0.6"),
        figure("its resident memory, MB", after.rss_mb, "600"),
        figure("written, MB/s", bytes_ / total_s / 1e6),
    ]


async def killed(what: RecorderBench) -> list[Row]:
    """Bar 7: SIGKILL at random moments; what had been sent and is not on disk."""
    dice = random.Random(what.seed)
    lost_ms: list[float] = []
    back_s: list[float] = []
    async with recorder_with_feed(SMALL) as (recorder, feed):
        for _ in range(what.kills):
            starting = asyncio.create_task(recorder.start(0))
            while not feed.readers:
                await asyncio.sleep(0.005)
            feed.begin()
            await starting
            await asyncio.sleep(dice.uniform(0.3, 1.3))
            recorder.process.send_signal(signal.SIGKILL)
            newest_ns = dict(feed.newest_ns)
            died_ns = CLOCK.now_ns()
            await feed.end()
            await recorder.end(signal.SIGKILL)
            lost_ms.append(_lost_ms(recorder.store / "r0", newest_ns))
            await recorder.launch()
            await recorder.caller.call(GetRecordings())
            Catalogue(recorder.store).manifest("r0")
            back_s.append((CLOCK.now_ns() - died_ns) / NS_PER_SECOND)
        whole = await asyncio.to_thread(_is_whole, recorder.store / "r0")
    return [
        figure(f"SIGKILL x {what.kills}: lost of a track, ms, worst", max(lost_ms), "300"),
        figure("the same, half of them", percentile(lost_ms, 0.5)),
        figure("listed and playable again, s, worst", max(back_s), "5"),
        figure("fragments that overlap or cannot be read afterwards", whole, "0"),
    ]


def _lost_ms(folder: Path, newest_ns: dict[str, int]) -> float:
    """How far the stored end of the worst track is behind what it had been sent."""
    index = read_index(folder)
    turn = index.resumed or index.started
    assert turn is not None
    behind = [
        newest_ns[name] - turn.base_ns - TRACKS[name].ns(track.end)
        for name, track in index.tracks.items()
    ]
    return max(0.0, max(behind) / NS_PER_MS)


def _is_whole(folder: Path) -> int:
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


def _describe(store: Path, number: int) -> None:
    """An hour's recording without its media; of the journal only the two ends are ever read."""
    folder = store / f"r{number:06}"
    folder.mkdir(parents=True)
    wall = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00+00:00"
    title = f"{TITLES[number % len(TITLES)]} {number}"
    records: list[Record] = [Started(1, folder.name, f"c{number % 40}", title, wall, 0, "boot")]
    minute = 60 * TRACKS["main"].timescale
    parts = [
        FragmentWritten("main", k * 9000, 9000, k * minute, minute, True, 0) for k in range(60)
    ]
    records += [*parts, Stopped(wall)]
    lines = b"".join(map(line_of, records))
    (folder / JOURNAL_NAME).write_bytes(lines)
    write_tags(folder, Tags("李医生", DEPARTMENTS[number % len(DEPARTMENTS)], keywords=("教学",)))


async def catalogue(what: RecorderBench) -> list[Row]:
    """Bar 9: listing and searching so many hours."""
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        store = Path(name) / "recordings"
        for number in range(what.catalogue):
            await asyncio.to_thread(_describe, store, number)
        database = Database(Path(name) / "mcu.sqlite3")
        await database.open()
        try:
            library = Library(LibraryRows(database), Catalogue(store))
            first_ms = await _timed_ms(library, Search())
            again = Library(LibraryRows(database), Catalogue(store))
            restart_ms = await _timed_ms(again, Search())
            searches = [
                Search(words=("胆囊",)),
                Search(words=("tumour", "教学")),
                Search(words=("心内",), since_s=1.7e9, skip=200),
                Search(),
                Search(state=RecordingState.DONE.value, limit=200),
            ]
            times = [await _timed_ms(again, search) for _ in range(20) for search in searches]
        finally:
            await database.close()
    return [
        figure(f"{what.catalogue} h listed and searched, ms, 95 %", percentile(times, 0.95), "100"),
        figure("after a restart of control, the first list, ms", restart_ms),
        figure("the table made anew from the journals, ms", first_ms),
    ]


async def _timed_ms(library: Library, search: Search) -> float:
    begin_ns = CLOCK.now_ns()
    await library.find(search)
    return (CLOCK.now_ns() - begin_ns) / NS_PER_MS


async def _all(what: RecorderBench) -> list[Row]:
    rows: list[Row] = []
    if what.recordings:
        rows += await many(what)
    if what.kills:
        rows += await killed(what)
    if what.catalogue:
        rows += await catalogue(what)
    return rows


def run(what: RecorderBench) -> Report:
    """Measure what is asked for."""
    return Report("recorder", asyncio.run(_all(what)))
