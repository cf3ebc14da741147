"""The rig: an engine process as in operation, driven through the contract as control does."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiortc import RTCCertificate

from benchmarks.browser_site import BrowserSite
from benchmarks.load.fleet import Site
from benchmarks.process import Usage, usage
from mcu_core.contract.caller import EngineCaller
from mcu_core.contract.commands import (
    Attached,
    AttachRtp,
    AttachWebRtc,
    CloseConference,
    Detach,
    GetSnapshot,
    PutConference,
)
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import Event
from mcu_core.contract.line import LineClosed
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot
from mcu_core.egress.video_encoder import DEFAULT_PRESET
from mcu_core.errors import McuError, NotFound

START_S = 60.0
"""The first start of an engine on a machine compiles its kernels."""

COMMAND_S = 30.0


class Rig:
    """A running engine. `on_event` may be replaced by whoever wants its events."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.on_event: Callable[[Event], None] = lambda event: None
        self._caller: EngineCaller | None = None

    def connected(self, caller: EngineCaller) -> None:
        """Talk through this connection from now on."""
        self._caller = caller

    @property
    def caller(self) -> EngineCaller:
        """The connection to the engine."""
        assert self._caller is not None
        return self._caller

    def tell(self, event: Event) -> None:
        """Hand an event on."""
        self.on_event(event)

    async def put(self, definition: ConferenceDefinition) -> None:
        """Make or change a conference."""
        await self.caller.call(PutConference(definition), COMMAND_S)

    async def close_conference(self, conference: str) -> None:
        """End a conference."""
        await self.caller.call(CloseConference(conference), COMMAND_S)

    async def attach(self, conference: str, id: str, site: Site) -> str:
        """Connect a site of the load as the RTP site `id`; the name of its connection."""
        answer = await self.caller.call(AttachRtp(conference, id, site.offer()), COMMAND_S)
        if not isinstance(answer, Attached):
            raise McuError(f"the engine answered {answer} to an RTP site")
        site.connect(answer.sdp)
        return answer.endpoint

    async def attach_secure(
        self, conference: str, id: str, site: Site, certificate: RTCCertificate
    ) -> dict[int, bytes]:
        """Connect a site of the load as a browser would be; the keys that it sends with."""
        offer = await site.secure(certificate)
        answer = await self.caller.call(AttachWebRtc(conference, id, offer), COMMAND_S)
        if not isinstance(answer, Attached):
            raise McuError(f"the engine answered {answer} to a secure site")
        return await site.shake_hands(answer.sdp)

    async def detach(self, conference: str, endpoint: str) -> None:
        """End a connection."""
        await self.caller.call(Detach(conference, endpoint), COMMAND_S)

    async def attach_browser(
        self, conference: str, id: str, page: BrowserSite, form: tuple[int, int, int]
    ) -> None:
        """Connect a browser that sends pictures of `form` (width, height, fps) as site `id`."""
        offer = await page.offer(*form)
        answer = await self.caller.call(AttachWebRtc(conference, id, offer))
        if not isinstance(answer, Attached):
            raise McuError(f"the engine answered {answer} to a browser")
        await page.connect(answer.sdp)

    async def engine(self) -> EngineSnapshot:
        """The engine as it is now."""
        answer = await self.caller.call(GetSnapshot(), COMMAND_S)
        if not isinstance(answer, EngineSnapshot):
            raise McuError(f"the engine answered {answer} to a request for its snapshot")
        return answer

    async def snapshot(self, conference: str) -> ConferenceSnapshot:
        """A conference as it is now; raises NotFound."""
        for found in (await self.engine()).conferences:
            if found.id == conference:
                return found
        raise NotFound("conference", conference)

    def usage(self) -> Usage:
        """What the engine process has used so far."""
        return usage(self.pid)


ANY_PORTS = "0-0"
"""Each session has one of its own."""


@asynccontextmanager
async def running_rig(
    preset: str = DEFAULT_PRESET, cores: float = 0.0, ports: str = ANY_PORTS
) -> AsyncIterator[Rig]:
    """Start an engine and end it afterwards.

    `preset`: of its encoders; `cores`: how many it may give away, 0 for those of the machine.
    `ports`: UDP ports of its media.
    """
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as folder:
        path = Path(folder) / "engine.sock"
        options = ["--preset", preset] + (["--cores", str(cores)] if cores else [])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mcu_core.engine", "--name", "bench", "--socket", str(path),
            "--log-level", "warning", "--ports", ports, *options,
        )  # fmt: skip
        try:
            rig = Rig(process.pid)
            caller = await _connected(path, process, rig.tell)
            rig.connected(caller)
            reading = asyncio.create_task(caller.run())
            try:
                yield rig
            finally:
                await caller.close()
                await reading
        finally:
            await _end(process)


async def _connected(
    path: Path, process: asyncio.subprocess.Process, tell: Callable[[Event], None]
) -> EngineCaller:
    async with asyncio.timeout(START_S):
        while True:
            if process.returncode is not None:
                raise McuError(f"the engine ended with code {process.returncode}")
            try:
                return await EngineCaller.connect(path, "bench", tell)
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
