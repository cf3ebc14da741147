"""live: viewers of a running system: what they cost its control process, and how late they see.

With content the pictures come coded, as two streams of 1080p and 4 Mbit/s together with one clock,
and Chromium is one viewer more, whose pixels are read (bars 3 and 5); else an engine makes them.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import figure
from benchmarks.live_feed import LiveFeed
from benchmarks.live_system import CLOCK, Bridge, fed_system, new_conference, whole_system
from benchmarks.process import Usage, usage
from benchmarks.report import Report, Row, percentile
from benchmarks.screen import Screen, Shown, screen
from benchmarks.skew import content_skews, delays_ms, sound_skews
from mcu_core.media.clock import NS_PER_SECOND

WARM_S = 6.0
OF_ONE_ACCOUNT = 30
PLAYING = "#player[data-state=playing]"
SIZE = (1920, 1080)


@dataclass(frozen=True, slots=True)
class LiveBench:
    """What to measure."""

    viewers: int = 100
    seconds: int = 20
    content: bool = False
    size: tuple[int, int] = SIZE


class Load:
    """The process of the viewers without a screen."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def begin(self) -> None:
        """Count from now on."""
        self._say(b"begin\n")

    async def end(self) -> dict[str, Any]:
        """Let them go; what they counted."""
        out, _ = await self._process.communicate(b"end\n")
        counted: dict[str, Any] = json.loads(out)
        return counted

    def usage(self) -> Usage:
        """What the process has used so far."""
        return usage(self._process.pid)

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)

    async def stop(self) -> None:
        """End it, however far it is; safe twice."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def load(bridge: Bridge, conference: str, viewers: int) -> AsyncIterator[Load]:
    """So many viewers of a conference, of as many accounts as they need."""
    cookies = await bridge.viewers(-(-viewers // OF_ONE_ACCOUNT))
    words = (str(bridge.port), conference, str(viewers), *cookies)
    made = Load(
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.live_load", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    )
    try:
        yield made
    finally:
        await made.stop()


async def _many(bridge: Bridge, conference: str, what: LiveBench, page: Screen | None) -> list[Row]:
    async with load(bridge, conference, what.viewers) as viewers:
        await asyncio.sleep(WARM_S)
        pid = bridge.pid_of("control_api")
        if page is not None:
            await page.shown()
        viewers.begin()
        before, loading, begin_ns = usage(pid), viewers.usage(), CLOCK.now_ns()
        await asyncio.sleep(what.seconds)
        passed_s = (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
        cores = (usage(pid).cpu_s - before.cpu_s) / passed_s
        load_cores = (viewers.usage().cpu_s - loading.cpu_s) / passed_s
        counted = await viewers.end()
    fewest = counted["least_pictures"] / passed_s
    return [
        figure(f"{what.viewers} live viewers: cores of control", cores),
        figure("cores of the load's process, not counted", load_cores),
        figure("sent to them, Mbit/s", counted["bytes"] * 8 / passed_s / 1e6),
        figure("a picture comes later than the earliest did, ms, 95 %", counted["behind_p95_ms"]),
        figure("the same, worst", counted["behind_worst_ms"]),
        figure("pictures a second, the viewer with the fewest", fewest),
        figure("silences over 300 ms", counted["silences"]),
        figure("viewers cut", counted["ended"], "0"),
    ]


def line_rows(what: str, values: list[float], bar: str = "") -> list[Row]:
    """The usual three figures."""
    return [
        figure(f"{what}, half of them", percentile(values, 0.5)),
        figure(f"{what}, 95 %", percentile(values, 0.95), bar),
        figure(f"{what}, worst", max(values, default=0.0)),
    ]


def _seen_rows(shown: Shown, feed: LiveFeed, seconds: float) -> list[Row]:
    content = [abs(skew) for _, skew in content_skews(shown)]
    sound = [abs(skew) for _, skew in sound_skews(shown)]
    return [
        *line_rows("media clock to screen, ms", delays_ms(shown.main, feed.stamp_ns), "250"),
        *line_rows("content and picture apart, ms", content, "33"),
        *line_rows("sound and picture apart, ms", sound, "33"),
        figure("stalls a minute", shown.stalls * 60 / seconds, "1"),
    ]


async def _all(what: LiveBench, port: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        if not what.content:
            async with whole_system(Path(name), port) as bridge:
                site = {"name": "site", "kind": "pattern"}
                return await _many(bridge, await new_conference(bridge, 1, [site]), what, None)
        async with fed_system(Path(name), port, what.size) as (bridge, feed):
            conference = await new_conference(bridge, 1)
            address = f"{bridge.url}/live/{conference}?show=beside"
            async with screen(address, bridge.cookie) as page:
                await page.page.wait_for_selector(PLAYING)
                await page.read(listen=True)
                rows = await _many(bridge, conference, what, page)
                return rows + _seen_rows(await page.shown(), feed, what.seconds)


def run(what: LiveBench, port: int = 18_080) -> Report:
    """Measure what is asked for."""
    return Report("live", asyncio.run(_all(what, port)))
