"""vod: viewers of recordings at 4 Mbit/s each, beside recordings that are being made (bar 2)."""

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.in_step import RECORDING, store
from benchmarks.live_feed import CONTENT_BPS, MAIN_BPS
from benchmarks.live_system import CLOCK, Bridge, fed_system, new_conference
from benchmarks.live_viewers import OF_ONE_ACCOUNT, WARM_S, Load
from benchmarks.process import usage
from benchmarks.report import Report, Row
from benchmarks.vod_load import SEGMENT_S
from mcu_core.media.clock import NS_PER_SECOND
from recorder.tracks import TRACKS

SIZE = (1280, 720)
STORED_S = 60
CHILL_S = 0.1


@dataclass(frozen=True, slots=True)
class VodBench:
    """What to measure: viewers, and recordings that run meanwhile."""

    viewers: int = 300
    recordings: int = 30
    seconds: int = 20
    cold: bool = False
    """What they watch is driven out of the machine's memory all the while."""


async def _chill(paths: list[Path]) -> None:
    """Let the disk's cache forget these files again and again (posix_fadvise(2))."""
    files = [os.open(path, os.O_RDONLY) for path in paths]
    try:
        for file in files:
            await asyncio.to_thread(os.fdatasync, file)  # what is not written cannot be forgotten
        while True:
            for file in files:
                await asyncio.to_thread(os.posix_fadvise, file, 0, 0, os.POSIX_FADV_DONTNEED)
            await asyncio.sleep(CHILL_S)
    finally:
        for file in files:
            os.close(file)


async def _load(bridge: Bridge, viewers: int) -> Load:
    folder = bridge.folder / "recordings" / RECORDING
    tracks = []
    for name, bps in (("main", MAIN_BPS), ("content", CONTENT_BPS)):
        whole = (folder / TRACKS[name].file_name).stat().st_size
        path = f"/api/v1/recordings/{RECORDING}/tracks/{name}"
        tracks.append((path, int(bps * SEGMENT_S / 8), whole))
    cookies = await bridge.viewers(-(-viewers // OF_ONE_ACCOUNT))
    words = (str(bridge.port), str(viewers), json.dumps(tracks), *cookies)
    return Load(
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.vod_load", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    )


async def _all(what: VodBench, port: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        async with fed_system(Path(name), port, SIZE, small=True) as (bridge, feed):
            folder = bridge.folder / "recordings" / RECORDING
            await asyncio.to_thread(store, folder, feed.material, STORED_S)
            conferences = [await new_conference(bridge, 1) for _ in range(what.recordings)]
            asks = (bridge.ask("POST", f"/conferences/{one}/recording") for one in conferences)
            await asyncio.gather(*asks)
            load = await _load(bridge, what.viewers)
            tracks = [folder / TRACKS[one].file_name for one in ("main", "content")]
            chilling = asyncio.create_task(_chill(tracks), name="chill") if what.cold else None
            try:
                return await _measured(bridge, load, what)
            finally:
                await load.stop()
                if chilling is not None:
                    chilling.cancel()
                    await asyncio.gather(chilling, return_exceptions=True)


async def _measured(bridge: Bridge, load: Load, what: VodBench) -> list[Row]:
    await asyncio.sleep(WARM_S)
    control, recorder = bridge.pid_of("control_api"), bridge.pid_of("recorder")
    load.begin()
    before, recording = usage(control), usage(recorder)
    loading, begin_ns = load.usage(), CLOCK.now_ns()
    await asyncio.sleep(what.seconds)
    passed_s = (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
    cores = [
        (usage(control).cpu_s - before.cpu_s) / passed_s,
        (usage(recorder).cpu_s - recording.cpu_s) / passed_s,
        (load.usage().cpu_s - loading.cpu_s) / passed_s,
    ]
    told = await load.end()
    return [
        figure(f"{what.viewers} viewers, {what.recordings} recordings: cores of control", cores[0]),
        figure("cores of the recorder", cores[1]),
        figure("cores of the load's process, not counted", cores[2]),
        figure("read by the viewers, MB/s", told["bytes"] / passed_s / 1e6),
        figure("two seconds of both pictures, ms, half of them", told["p50_ms"]),
        figure("the same, 99 %", told["p99_ms"], "250"),
        figure("the same, worst", told["worst_ms"]),
        figure("rebuffers", told["rebuffers"], "0"),
        figure("answers that were none", told["wrong"], "0"),
    ]


def run(what: VodBench, port: int = 18_080) -> Report:
    """Measure what is asked for."""
    return Report("vod", asyncio.run(_all(what, port)))
