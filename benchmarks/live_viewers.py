"""Live viewers of a running system: what they cost its control process, and how late they see."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import figure
from benchmarks.process import usage
from benchmarks.report import Report, Row, percentile
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.live import FRAGMENT_KIND, HEADER, TRACK_KIND

CLOCK = MonotonicClock()
READY_S = 60.0
WARM_S = 4.0
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class LiveBench:
    """What to measure."""

    viewers: int = 100
    seconds: int = 20


@dataclass(slots=True)
class Viewer:
    """One viewer: when its main pictures came against their own clock, and how many bytes did."""

    behind_ns: list[int] = field(default_factory=list)
    bytes: int = 0
    main: int = -1
    ended: bool = False

    async def watch(self, port: int, cookie: str, conference: str) -> None:
        """Read until it is cancelled or the server ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"/api/v1/conferences/{conference}/live"
        writer.write(f"GET {path} HTTP/1.0\r\nCookie: {cookie}\r\n\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head:
                raise Refused(head.split(b"\r\n")[0].decode())
            while True:
                header = await reader.readexactly(HEADER.size)
                size, kind, track, time_s = HEADER.unpack(header)
                body = await reader.readexactly(size)
                self.bytes += HEADER.size + size
                if kind == TRACK_KIND and json.loads(body.split(b"\n")[0])["name"] == "main":
                    self.main = track
                elif kind == FRAGMENT_KIND and track == self.main:
                    self.behind_ns.append(CLOCK.now_ns() - round(time_s * NS_PER_SECOND))
        except asyncio.IncompleteReadError:
            self.ended = True
        finally:
            writer.close()


class Bridge:
    """`mcu run` in a folder of its own, asked through its API."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.cookie = ""

    async def launch(self) -> None:
        """Start it and sign in; raises Refused when it does not come up."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "control_api.cli", "run", "--data", str(self.folder),
            "--no-demo", "--listen", f"127.0.0.1:{self.port}", "--log-level", "warning",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
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
        return await asyncio.to_thread(self._ask, method, path, body)

    def _ask(self, method: str, path: str, body: object) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {**JSON, "Cookie": self.cookie},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            cookie = reply.headers.get("set-cookie", "")
            self.cookie = cookie.split(";")[0] or self.cookie
            return json.loads(reply.read() or b"null")

    def pid_of(self, module: str) -> int:
        """The child that runs that module."""
        for name in os.listdir("/proc"):
            if not name.isdecimal():
                continue
            try:
                parent = Path(f"/proc/{name}/stat").read_text().rpartition(") ")[2].split()[1]
                words = Path(f"/proc/{name}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if int(parent) == self.process.pid and module in words:
                return int(name)
        raise Refused(f"there is no {module}")

    async def end(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        await self.process.wait()


async def _conference(bridge: Bridge) -> str:
    made = await bridge.ask("POST", "/conferences", {"name": "bench", "layout": {"mode": 1}})
    conference = str(made["id"])
    site = {"name": "site", "kind": "pattern"}
    await bridge.ask("POST", f"/conferences/{conference}/sites", site)
    return conference


async def _many(bridge: Bridge, conference: str, what: LiveBench) -> list[Row]:
    viewers = [Viewer() for _ in range(what.viewers)]
    tasks = [
        asyncio.create_task(one.watch(bridge.port, bridge.cookie, conference)) for one in viewers
    ]
    await asyncio.sleep(WARM_S)
    pid = bridge.pid_of("control_api")
    before, begin_ns = usage(pid), CLOCK.now_ns()
    for one in viewers:
        one.behind_ns.clear()
        one.bytes = 0
    await asyncio.sleep(what.seconds)
    after, passed_s = usage(pid), (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    times = [ns for one in viewers for ns in one.behind_ns]
    earliest_ns = min(times, default=0)
    late_ms = [(ns - earliest_ns) / NS_PER_MS for ns in times]
    pictures = [len(one.behind_ns) for one in viewers]
    rate = sum(one.bytes for one in viewers) * 8 / passed_s / 1e6
    cores = (after.cpu_s - before.cpu_s) / passed_s
    return [
        figure(f"{what.viewers} live viewers: cores of control", cores),
        figure("sent to them, Mbit/s", rate),
        figure("a picture comes later than the earliest did, ms, 95 %", percentile(late_ms, 0.95)),
        figure("the same, worst", max(late_ms, default=0.0)),
        figure("pictures a second, the viewer with the fewest", min(pictures) / passed_s),
        figure("viewers cut", sum(one.ended for one in viewers), "0"),
    ]  # fmt: skip


async def _all(what: LiveBench, port: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        bridge = Bridge(Path(name) / "data", port)
        await bridge.launch()
        try:
            return await _many(bridge, await _conference(bridge), what)
        finally:
            await bridge.end()


def run(what: LiveBench, port: int = 18_080) -> Report:
    """Measure what is asked for."""
    return Report("live", asyncio.run(_all(what, port)))
