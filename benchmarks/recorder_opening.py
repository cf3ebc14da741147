"""Bar 9: opening a recording of hours, as a control process does that was just started."""

import asyncio
import gc
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.report import Row
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from recorder.catalogue import Catalogue
from recorder.journal import (
    JOURNAL_NAME,
    FragmentWritten,
    InitWritten,
    Record,
    Started,
    Stopped,
    line_of,
)
from recorder.opened import OpenedRecordings
from recorder.sidecar import SIDECAR_NAME
from recorder.tracks import TRACKS

CLOCK = MonotonicClock()
WALL = "2026-11-21T08:00:00+00:00"
FRAGMENT_NS = 233_333_333
GOP_FRAGMENTS = 9
BPS = {"main": 3_000_000, "content": 1_000_000, "sd": 500_000, "sound": 128_000}
INIT_BYTES = 721


def _records(hours: float) -> Iterator[Record]:
    """What a recorder writes of four tracks."""
    yield Started(1, "r1", "c1", "八小时", WALL, 0, "boot")
    ends = dict.fromkeys(BPS, INIT_BYTES)
    for name in BPS:
        codec = "mp4a.40.2" if name == "sound" else "avc1.4D0028"
        yield InitWritten(name, 0, 0, INIT_BYTES, codec, 1920, 1080)
    for number in count():
        if number * FRAGMENT_NS > hours * 3600 * NS_PER_SECOND:
            break
        for name, bps in BPS.items():
            kind, size = TRACKS[name], bps * FRAGMENT_NS // 8 // NS_PER_SECOND
            time, end = (kind.ticks(k * FRAGMENT_NS) for k in (number, number + 1))
            keyframe = name == "sound" or number % GOP_FRAGMENTS == 0
            yield FragmentWritten(name, ends[name], size, time, end - time, keyframe, 0)
            ends[name] += size
    yield Stopped(WALL)


def _store(folder: Path, hours: float) -> int:
    """A recording whose tracks are holes; how many bytes its journal has."""
    folder.mkdir(parents=True)
    sizes = dict.fromkeys(BPS, 0)
    with (folder / JOURNAL_NAME).open("wb") as journal:
        for record in _records(hours):
            journal.write(line_of(record))
            if isinstance(record, FragmentWritten):
                sizes[record.track] = record.offset + record.size
        size = journal.tell()
    for name, end in sizes.items():
        with (folder / TRACKS[name].file_name).open("wb") as track:
            track.truncate(end)
    return size


def _opened(hours: float) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        journal = _store(Path(name) / "r1", hours)
        catalogue = Catalogue(Path(name))
        made_s = _timed_s(lambda: _by_a_process(Path(name) / "r1"))
        kept = (Path(name) / "r1" / SIDECAR_NAME).stat().st_size
        gc.collect()
        gc.freeze()  # as a control process does when it starts
        fresh = OpenedRecordings(catalogue)
        open_s = _timed_s(lambda: fresh.manifest("r1"))
        again_s = _timed_s(lambda: fresh.manifest("r1"))
        body = fresh.manifest("r1")
        playlist_s = _timed_s(lambda: OpenedRecordings(catalogue).playlist("r1", "main"))
        (Path(name) / "r1" / SIDECAR_NAME).unlink()
        without_s = _timed_s(lambda: OpenedRecordings(catalogue).manifest("r1"))
    of = f"a dual-stream recording of {hours:g} h, four tracks, {journal / 1e6:.0f} MB of journal"
    return [
        figure(f"{of}: opened, s", open_s, "1"),
        figure("what the player is sent, MB", len(body) / 1e6),
        figure("opened again, s", again_s),
        figure("by HLS instead, s", playlist_s, "1"),
        figure("before its sidecar was made, s", without_s),
        figure("which a process makes of its own, s", made_s),
        figure("and which takes, MB", kept / 1e6),
    ]


def _by_a_process(folder: Path) -> None:
    subprocess.run((sys.executable, "-m", "recorder.sidecar", str(folder)), check=True)


def _timed_s(work: Callable[[], object]) -> float:
    begin_ns = CLOCK.now_ns()
    work()
    return (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND


async def opening(hours: float) -> list[Row]:
    """So many hours, of which nothing was read before."""
    return await asyncio.to_thread(_opened, hours)
