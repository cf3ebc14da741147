"""A running system for benches of control, and a caller of its gateway as real clients are."""

import asyncio
import base64
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from control_api.auth.digests import digest, inner_hash
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, MonotonicClock

PASSWORD = "bench-Passw0rd"
READY_S, END_S = 60.0, 20.0
SITES_EACH = 4
NAMESPACE = "http://smc.huawei.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass
class Verbs:
    """What the callers saw: milliseconds by verb, and answers that were no success."""

    times_ms: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)


class Caller:
    """One session; messages as the vendor's Java client writes them."""

    def __init__(self, http: httpx.AsyncClient, verbs: Verbs) -> None:
        self._http = http
        self._verbs = verbs
        self._cookie = ""
        self._clock = MonotonicClock()

    async def log_in(self) -> None:
        """Both steps; raises Refused."""
        text = await self.send("common", "LoginRequest", "<userName>admin</userName>")
        sequence = base64.b64decode(between(text, "<randomSequence>", "<"))
        secret = base64.b64encode(digest(inner_hash(PASSWORD), sequence)).decode()
        inner = f"<encryptPassword>{secret}</encryptPassword>"
        text = await self.send("common", "Authenticate", inner)
        if between(text, "<resultCode>", "<") != "0":
            raise Refused(f"the gateway did not let us in: {text[-200:]}")

    async def send(self, service: str, name: str, inner: str) -> str:
        """One message; its answer."""
        body = (
            f'<soap:Envelope xmlns:soap="{ENVELOPE}"><soap:Body><ns2:{name}'
            f' xmlns:ns2="{NAMESPACE}">{inner}</ns2:{name}></soap:Body></soap:Envelope>'
        )
        headers = {"Content-Type": "text/xml; charset=UTF-8", "Cookie": self._cookie}
        reply = await self._http.post(f"/services/{service}", content=body, headers=headers)
        self._cookie = reply.headers.get("set-cookie", self._cookie)
        return reply.text

    async def ask(self, service: str, name: str, inner: str) -> str:
        """One verb, timed."""
        begun_ns = self._clock.now_ns()
        text = await self.send(service, name, inner)
        took_ms = (self._clock.now_ns() - begun_ns) / NS_PER_MS
        self._verbs.times_ms.setdefault(name, []).append(took_ms)
        if between(text, "<resultCode>", "<") != "0":
            self._verbs.failed[name] = self._verbs.failed.get(name, 0) + 1
        return text


def between(text: str, before: str, after: str) -> str:
    """The part of a text between two others."""
    return text.partition(before)[2].partition(after)[0]


class System:
    """A running `mcu run` and its REST interface."""

    def __init__(self, http: httpx.AsyncClient, pid: int, data: Path) -> None:
        self.http = http
        self.pid = pid
        """Of the supervisor."""
        self.data = data

    async def json(self, method: str, path: str, **arguments: Any) -> Any:
        """A call that must succeed; raises Refused."""
        reply = await self.http.request(method, f"/api/v1{path}", **arguments)
        if not reply.is_success:
            raise Refused(f"{method} {path}: {reply.status_code} {reply.text[:200]}")
        return reply.json() if reply.content else None

    async def engine(self) -> dict[str, Any]:
        """The first engine's snapshot."""
        engines = await self.json("GET", "/engines")
        if not engines:
            raise Refused("no engine answers")
        found: dict[str, Any] = engines[0]
        return found

    async def conference(self) -> tuple[str, list[str]]:
        """Four patterns in one recorded picture of 640x360."""
        body = {"name": "load", "layout": {"mode": 11}, "width": 640, "height": 360}
        made = await self.json("POST", "/conferences", json=body)
        sites = []
        for k in range(SITES_EACH):
            body = {"name": f"pattern {k}", "kind": "pattern", "pattern": {}}
            path = f"/conferences/{made['id']}/sites"
            sites.append((await self.json("POST", path, json=body))["id"])
        await self.json("POST", f"/conferences/{made['id']}/recording", json={})
        return made["id"], sites


@asynccontextmanager
async def running() -> AsyncIterator[System]:
    """`mcu run`, signed in, in a folder that goes."""
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        data = Path(folder)
        log = (data / "log.txt").open("wb")
        words = ["-m", "control_api.cli", "run", "--data", folder, "--no-demo"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, "--listen", f"127.0.0.1:{port}", stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                system = System(http, process.pid, data)
                async with asyncio.timeout(READY_S):
                    await _signed_in(system, data / "admin-password")
                yield system
        finally:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), END_S)
            log.close()


async def _signed_in(system: System, password_file: Path) -> None:
    while True:
        try:
            password = (await asyncio.to_thread(password_file.read_text)).strip()
            await system.json("POST", "/session", json={"user": "admin", "password": password})
            if await system.json("GET", "/engines"):
                break
        except (httpx.HTTPError, OSError, Refused):
            pass
        await asyncio.sleep(0.2)
    await system.json("PUT", "/users/admin/gateway-password", json={"password": PASSWORD})
