"""gateway: how long each SOAP verb takes while the engine is busy with pictures (bar 3).

A whole system is started as users start it. Conferences of test patterns, each recorded, load the
engine to a share of the machine; then callers ask one verb after the other, over HTTP, in messages
as real clients write them. Login and the beginning of recordings are not among them.
"""

import asyncio
import base64
import os
import random
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import numpy as np

from benchmarks.report import Report, Row
from control_api.auth.digests import digest, inner_hash
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, MonotonicClock, wall_time

PASSWORD = "bench-Passw0rd"
READY_S, END_S = 60.0, 20.0
SITES_EACH = 4
MOST_CONFERENCES = 24
SETTLE_S = 4.0
NAMESPACE = "http://smc.huawei.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"

NOTES = (
    "One caller after the other waits for its answer; times are those of the caller, HTTP and all. "
    "cpu_share is the engine's, of all cores, while the verbs were asked.",
)


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
        sequence = base64.b64decode(_between(text, "<randomSequence>", "<"))
        secret = base64.b64encode(digest(inner_hash(PASSWORD), sequence)).decode()
        inner = f"<encryptPassword>{secret}</encryptPassword>"
        text = await self.send("common", "Authenticate", inner)
        if _between(text, "<resultCode>", "<") != "0":
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
        if _between(text, "<resultCode>", "<") != "0":
            self._verbs.failed[name] = self._verbs.failed.get(name, 0) + 1
        return text


def _between(text: str, before: str, after: str) -> str:
    return text.partition(before)[2].partition(after)[0]


async def _rounds(caller: Caller, conference: str, sites: list[str], count: int, seed: int) -> None:
    """Every verb `count` times, in an order that differs from caller to caller."""
    dice = random.Random(seed)
    conf = f"<confId>{conference}</confId>"
    for _ in range(count):
        site = escape(dice.choice(sites))
        uris = f"<siteUris>{site}</siteUris>"
        panes = "".join(f"<subPics>{one}</subPics>" for one in dice.sample(sites, 4))
        begin = f"<beginTime>{wall_time():%Y-%m-%dT%H:%M:%S}Z</beginTime>"
        verbs = [
            ("common", "KeepAlive", ""),
            ("confCtrl", "setSitesMute", f"{conf}{uris}<isMute>{dice.randrange(2)}</isMute>"),
            ("confCtrl", "setSitesQuiet", f"{conf}{uris}<isQuiet>1</isQuiet>"),
            (
                "confCtrl",
                "setContinuousPresence",
                f"{conf}<target></target><presenceMode>{dice.choice([11, 12, 13])}</presenceMode>"
                f"{panes}",
            ),
            (
                "confCtrl",
                "setVideoSource",
                f"{conf}<siteUri>{site}</siteUri><videoSourceUri></videoSourceUri>",
            ),
            ("confCtrl", "setAudioSwitch", f"{conf}<isSwitch>{dice.randrange(2)}</isSwitch>"),
            ("confMgr", "queryConferencesStatus", f"<confIds>{conference}</confIds>"),
            ("confMgr", "queryConfSitesStatus", conf),
            ("confMgr", "querySiteStatus", f"{uris}{begin}<duration>P1D</duration>"),
        ]
        dice.shuffle(verbs)
        for service, name, inner in verbs:
            await caller.ask(service, name, inner)
        day = wall_time() + timedelta(days=dice.randrange(30, 300))
        later = f"<beginTime>{day:%Y-%m-%dT%H:%M:%S}Z</beginTime><duration>PT1H</duration>"
        booked = f"<name>bench</name>{later}<rate>2M</rate><sites><uri>{site}</uri></sites>"
        text = await caller.ask("confMgr", "scheduleConf", f"<scheduleConf>{booked}</scheduleConf>")
        number = _between(text, "<confId>", "<")
        await caller.ask("confMgr", "delScheduledConf", f"<confId>{number}</confId>")


class System:
    """A running `mcu run` and its REST interface."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def json(self, method: str, path: str, **arguments: Any) -> Any:
        """A call that must succeed; raises Refused."""
        reply = await self.http.request(method, f"/api/v1{path}", **arguments)
        if not reply.is_success:
            raise Refused(f"{method} {path}: {reply.status_code} {reply.text[:200]}")
        return reply.json() if reply.content else None

    async def cpu_share(self) -> float:
        """The engine's, of all cores."""
        engines = await self.json("GET", "/engines")
        used = (float(one["counters"].get("cpu_share", 0)) for one in engines)
        return max(used, default=0.0) / len(os.sched_getaffinity(0))

    async def conference(self) -> tuple[str, list[str]]:
        """Four patterns in one recorded picture."""
        made = await self.json(
            "POST", "/conferences", json={"name": "load", "layout": {"mode": 11}}
        )
        sites = []
        for k in range(SITES_EACH):
            body = {"name": f"pattern {k}", "kind": "pattern", "pattern": {}}
            path = f"/conferences/{made['id']}/sites"
            sites.append((await self.json("POST", path, json=body))["id"])
        await self.json("POST", f"/conferences/{made['id']}/recording", json={})
        return made["id"], sites


@asynccontextmanager
async def _running() -> AsyncIterator[System]:
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
                system = System(http)
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


async def _measure(count: int, callers: int, share: float) -> Report:
    verbs = Verbs()
    shares: list[float] = []
    async with _running() as system:
        conference, sites = await system.conference()
        for _ in range(MOST_CONFERENCES):
            await asyncio.sleep(SETTLE_S)
            if await system.cpu_share() >= share:
                break
            await system.conference()
        shares.append(await system.cpu_share())
        async with asyncio.TaskGroup() as group:
            for k in range(callers):
                caller = Caller(system.http, verbs)
                await caller.log_in()
                group.create_task(_rounds(caller, conference, sites, count, k))
        shares.append(await system.cpu_share())
        conferences = len(await system.json("GET", "/conferences"))
    rows: list[Row] = []
    for name, times in sorted(verbs.times_ms.items()):
        p50, p99 = np.percentile(times, [50, 99])
        rows.append(
            {
                "verb": name,
                "asked": len(times),
                "failed": verbs.failed.get(name, 0),
                "p50_ms": round(float(p50), 1),
                "p99_ms": round(float(p99), 1),
                "worst_ms": round(max(times), 1),
            }
        )
    load = f"{conferences} recorded conferences of {SITES_EACH} patterns; {callers} callers; "
    load += "cpu_share " + " to ".join(f"{one:.2f}" for one in shares)
    return Report("gateway", rows, notes=[load, *NOTES])


def run(count: int, callers: int, share: float) -> Report:
    """Ask every verb `count` times by each caller while the engine uses that share of the cores."""
    return asyncio.run(_measure(count, callers, share))
