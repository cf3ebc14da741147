"""A running system for live and recorded viewing: all of it, or fed with coded pictures."""

import asyncio
import json
import os
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.ending import start
from benchmarks.live_feed import LiveFeed, Material
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

CLOCK = MonotonicClock()
READY_S = 60.0
JSON, SDP = "application/json", "application/sdp"
PASSWORD = "Benchmark viewer5"


class Bridge:
    """A system in a folder of its own, asked through its API. `cookie` is its administrator's."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.cookie = ""
        self._processes: list[asyncio.subprocess.Process] = []

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    async def launch_whole(self) -> None:
        """Start `mcu run`; raises Refused when it does not come up."""
        words = ("control_api.cli", "run", "--data", str(self.folder), "--no-demo")
        await self._start(*words, "--listen", f"127.0.0.1:{self.port}", "--log-level", "warning")
        await self._signed_in()

    async def launch_fed(self, engine: Path) -> None:
        """Start control and recorder beside an engine that is there; raises Refused."""
        recorder, store = self.folder / "recorder.sock", self.folder / "recordings"
        self.folder.mkdir(parents=True)
        level = ("--log-level", "error")
        await self._start("recorder", "--socket", str(recorder), "--store", str(store), *level)
        await self._start(
            *("control_api", "--data", str(self.folder), "--engine", f"feed={engine}"),
            *("--listen", f"127.0.0.1:{self.port}", "--recorder", str(recorder), *level),
        )
        await self._signed_in()

    async def _start(self, *words: str) -> None:
        made = await start(sys.executable, "-m", *words, stdout=asyncio.subprocess.DEVNULL)
        self._processes.append(made)

    async def _signed_in(self) -> None:
        give_up_ns = CLOCK.now_ns() + round(READY_S * NS_PER_SECOND)
        while CLOCK.now_ns() < give_up_ns:
            await asyncio.sleep(0.2)
            try:
                password = (self.folder / "admin-password").read_text().strip()
                await self.ask("POST", "/session", {"user": "admin", "password": password})
                if await self.ask("GET", "/engines"):
                    return
            except OSError:
                continue
        raise Refused("the system did not come up")

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request; its JSON. Raises OSError."""
        data = None if body is None else json.dumps(body).encode()
        return json.loads(await self._send(method, path, data, JSON) or b"null")

    async def offer(self, path: str, sdp: str) -> str:
        """Send a session description; the answer to it. Raises OSError."""
        return (await self._send("POST", path, sdp.encode(), SDP)).decode()

    async def viewers(self, count: int) -> list[str]:
        """The cookies of so many new accounts that may watch."""
        cookies, admin = [], self.cookie
        for number in range(count):
            user = {"name": f"viewer{number}", "password": PASSWORD, "role": "viewer"}
            await self.ask("POST", "/users", user)
            await self.ask("POST", "/session", {"user": user["name"], "password": PASSWORD})
            cookies.append(self.cookie)
            self.cookie = admin
        return cookies

    async def _send(self, method: str, path: str, body: bytes | None, kind: str) -> bytes:
        return await asyncio.to_thread(self._send_now, method, path, body, kind)

    def _send_now(self, method: str, path: str, body: bytes | None, kind: str) -> bytes:
        headers = {"Content-Type": kind, "Cookie": self.cookie}
        url = f"{self.url}/api/v1{path}"
        request = urllib.request.Request(url, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            cookie = reply.headers.get("set-cookie", "")
            self.cookie = cookie.split(";")[0] or self.cookie
            answer: bytes = reply.read()
            return answer

    def pid_of(self, module: str) -> int:
        """The process of ours, or the child of one, that runs that module."""
        own = [process.pid for process in self._processes]
        for name in filter(str.isdecimal, os.listdir("/proc")):
            try:
                parent = Path(f"/proc/{name}/stat").read_text().rpartition(") ")[2].split()[1]
                words = Path(f"/proc/{name}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if module in words and (int(name) in own or int(parent) in own):
                return int(name)
        raise Refused(f"there is no {module}")

    async def end(self) -> None:
        """As Ctrl-C does."""
        for process in self._processes:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            await process.wait()


@asynccontextmanager
async def whole_system(folder: Path, port: int) -> AsyncIterator[Bridge]:
    """`mcu run`, ended afterwards."""
    bridge = Bridge(folder / "data", port)
    try:
        await bridge.launch_whole()
        yield bridge
    finally:
        await bridge.end()


@asynccontextmanager
async def fed_system(
    folder: Path, port: int, size: tuple[int, int], *, small: bool = False
) -> AsyncIterator[tuple[Bridge, LiveFeed]]:
    """Control and recorder with an engine that gives coded pictures of that size, small ones, too,
    if wanted."""
    socket = folder / "feed.sock"
    material = await asyncio.to_thread(lambda: Material.make(size, small=small))
    bridge = Bridge(folder / "data", port)
    async with LiveFeed(socket, material, CLOCK) as feed:
        try:
            await bridge.launch_fed(socket)
            yield bridge, feed
        finally:
            await bridge.end()


async def new_conference(bridge: Bridge, mode: int, sites: Sequence[dict[str, str]] = ()) -> str:
    """A conference with these sites; its id."""
    body = {"name": "bench", "layout": {"mode": mode}}
    conference = str((await bridge.ask("POST", "/conferences", body))["id"])
    for site in sites:
        await bridge.ask("POST", f"/conferences/{conference}/sites", site)
    return conference
