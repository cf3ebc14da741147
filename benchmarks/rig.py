"""The rig: an engine process as in operation, a conference in it, RTP peers as its sites."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.browser_site import BrowserSite
from benchmarks.rtp_peer import Peer
from mcu_core.compositor.scene import plan
from mcu_core.contract.caller import EngineCaller
from mcu_core.contract.commands import (
    Attached,
    AttachRtp,
    AttachWebRtc,
    GetSnapshot,
    PutConference,
)
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    SiteDefinition,
    SiteKind,
)
from mcu_core.contract.line import LineClosed
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot
from mcu_core.errors import McuError
from mcu_core.layouts.automatic import layout_for
from mcu_core.media import marker

CONFERENCE = "bench"
CANVAS = (1280, 720)
FPS = 30
START_S = 60.0
"""The first start of an engine on a machine compiles its kernels."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far."""

    cpu_s: float
    rss_mb: float


class Rig:
    """A running engine with one conference of `sites` sites; pane k shows site k.

    The last of them is a browser where `browser` says so, all others speak plain RTP.
    """

    def __init__(self, caller: EngineCaller, pid: int, sites: int, browser: bool = False) -> None:
        self._caller = caller
        self._pid = pid
        self.sites = sites
        self._browser = browser
        layout = layout_for(sites)
        self.panes: tuple[marker.Rect, ...] = tuple(
            (float(rect.x), float(rect.y), float(rect.w), float(rect.h))
            for rect in plan(layout, *CANVAS)[:sites]
        )
        self._layout = layout.id

    async def open_conference(self) -> None:
        """Make the conference."""
        kinds = [SiteKind.RTP] * self.sites
        if self._browser:
            kinds[-1] = SiteKind.WEBRTC
        sites = tuple(SiteDefinition(f"s{k}", f"Site {k}", kind) for k, kind in enumerate(kinds))
        definition = ConferenceDefinition(
            CONFERENCE,
            "Benchmark",
            *CANVAS,
            FPS,
            layout=LayoutChoice(mode=self._layout),
            panes=tuple(Pane("site", site.id) for site in sites),
            sites=sites,
        )
        await self._caller.call(PutConference(definition))

    async def attach(self, number: int, peer: Peer) -> None:
        """Connect a peer as site `number`."""
        answer = await self._caller.call(AttachRtp(CONFERENCE, f"s{number}", peer.offer()))
        if not isinstance(answer, Attached):
            raise McuError(f"the engine answered {answer} to an RTP site")
        peer.connect(answer.sdp)

    async def attach_browser(self, page: BrowserSite) -> None:
        """Connect a browser as the last site."""
        offer = await page.offer(*CANVAS, FPS)
        command = AttachWebRtc(CONFERENCE, f"s{self.sites - 1}", offer)
        answer = await self._caller.call(command)
        if not isinstance(answer, Attached):
            raise McuError(f"the engine answered {answer} to a browser")
        await page.connect(answer.sdp)

    async def snapshot(self) -> ConferenceSnapshot:
        """The conference as it is now."""
        answer = await self._caller.call(GetSnapshot())
        if not isinstance(answer, EngineSnapshot) or not answer.conferences:
            raise McuError("the engine has no conference any more")
        return answer.conferences[0]

    def usage(self) -> Usage:
        """What the engine process has used so far."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
        return Usage(cpu_s, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


@asynccontextmanager
async def running_rig(sites: int, browser: bool = False) -> AsyncIterator[Rig]:
    """Start an engine and open the conference; ends the process afterwards."""
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as folder:
        path = Path(folder) / "engine.sock"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mcu_core.engine", "--name", "bench", "--socket", str(path),
            "--log-level", "warning",
        )  # fmt: skip
        try:
            caller = await _connected(path, process)
            reading = asyncio.create_task(caller.run())
            try:
                rig = Rig(caller, process.pid, sites, browser)
                await rig.open_conference()
                yield rig
            finally:
                await caller.close()
                await reading
        finally:
            await _end(process)


async def _connected(path: Path, process: asyncio.subprocess.Process) -> EngineCaller:
    async with asyncio.timeout(START_S):
        while True:
            if process.returncode is not None:
                raise McuError(f"the engine ended with code {process.returncode}")
            try:
                return await EngineCaller.connect(path, "bench", lambda event: None)
            except LineClosed:
                await asyncio.sleep(0.05)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
