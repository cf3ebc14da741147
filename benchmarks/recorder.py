"""The recorder under load: many recordings at once, SIGKILL, a catalogue of thousands."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.kept import Kept
from benchmarks.recorder_drift import drift
from benchmarks.recorder_faults import Faults, killed, power_cut, refusing_disk
from benchmarks.recorder_load import many
from benchmarks.recorder_opening import opening
from benchmarks.report import Report, Row, percentile
from control_api.persistence.database import Database
from control_api.persistence.library import LibraryRows, Search
from control_api.services.library import Library
from mcu_core.media.clock import NS_PER_MS, MonotonicClock
from recorder.catalogue import Catalogue
from recorder.contract import RecordingState, Tags
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
DEPARTMENTS = ("肝胆外科", "心内科", "放射科", "急诊科", "Cardiology", "Neurology")
TITLES = ("胆囊切除术教学", "远程会诊", "查房", "Tumour board", "胸痛中心病例讨论")


@dataclass(frozen=True, slots=True)
class RecorderBench:
    """What to measure."""

    recordings: int = 30
    seconds: int = 30
    piece_s: int = 300
    kills: int = 20
    cuts: int = 10
    disks: bool = True
    drift_hours: float = 8.0
    hours: float = 8.0
    catalogue: int = 4000
    seed: int = 7
    kept: Path | None = None


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
        rows += await many(what.recordings, what.seconds, what.piece_s)
    faults = Faults(what.kills, what.cuts, what.seed, Kept(what.kept))
    if what.kills:
        rows += await killed(faults)
    if what.cuts:
        rows += await power_cut(faults)
    if what.disks:
        rows += await refusing_disk()
    if what.hours:
        rows += await opening(what.hours)
    if what.drift_hours:
        rows += await asyncio.to_thread(drift, what.drift_hours, what.seed)
    if what.catalogue:
        rows += await catalogue(what)
    return rows


def run(what: RecorderBench) -> Report:
    """Measure what is asked for."""
    return Report("recorder", asyncio.run(_all(what)))
