"""Janus AudioBridge beside our rooms of sound: Debian's package, plain RTP participants.

The participants are those of `audio`: same tapes, same load. Janus encodes for each of them.
"""

import asyncio
import itertools
import json
import shutil
import socket
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.audio import plans_of
from benchmarks.figures import figure, sound_rows
from benchmarks.live import WARM_UP_S, Run, Setting, stolen
from benchmarks.load.fleet import AUDIO_TYPE, Fleet
from benchmarks.process import usage
from benchmarks.report import Report, Row
from benchmarks.stalls import StallWatch
from mcu_core.errors import McuError, Refused
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import OPUS

PROGRAM = "janus"
ROOM = 1234
START_S, ANSWER_S = 15.0, 20.0
FULL_RATE = 49.5
"""Packets a second below which a receiver has missed ticks."""

CONFIG = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{plugins}"
    transports_folder = "{transports}"
    loggers_folder = "{folder}"
    events_folder = "{folder}"
    debug_level = 2
}}
plugins: {{ disable = "{others}" }}
transports: {{ disable = "{doors}" }}
"""
HTTP = """
general: {{
    json = "compact"
    base_path = "/janus"
    http = true
    https = false
    ip = "127.0.0.1"
    port = {port}
}}
admin: {{ admin_http = false }}
"""
BRIDGE = 'general: { local_ip = "127.0.0.1" }\n'


class Bridge:
    """A running Janus: its process id and its door."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self._url = f"http://127.0.0.1:{port}/janus"
        self._numbers = itertools.count(1)
        self._session = 0

    async def open(self) -> None:
        """A session and a room of 48 kHz that takes plain RTP."""
        self._session = (await self._ask("", {"janus": "create"}))["data"]["id"]
        handle = await self._handle()
        body = {
            "request": "create",
            "room": ROOM,
            "sampling_rate": 48_000,
            "allow_rtp_participants": True,
        }
        told = await self._ask(f"/{self._session}/{handle}", {"janus": "message", "body": body})
        if told.get("plugindata", {}).get("data", {}).get("audiobridge") != "created":
            raise McuError(f"Janus made no room: {told}")

    async def _handle(self) -> int:
        wanted: dict[str, object] = {"janus": "attach", "plugin": "janus.plugin.audiobridge"}
        return int((await self._ask(f"/{self._session}", wanted))["data"]["id"])

    async def join(self, port: int) -> int:
        """Let somebody in who listens at `port`; where it is to send to."""
        handle = await self._handle()
        body = {
            "request": "join",
            "room": ROOM,
            "rtp": {"ip": "127.0.0.1", "port": port, "payload_type": AUDIO_TYPE},
        }
        await self._ask(f"/{self._session}/{handle}", {"janus": "message", "body": body})
        async with asyncio.timeout(ANSWER_S):
            while True:
                event = await self._get(f"/{self._session}?maxev=1")
                data = event.get("plugindata", {}).get("data", {})
                if event.get("sender") != handle:
                    continue
                if data.get("audiobridge") == "joined" and "rtp" in data:
                    return int(data["rtp"]["port"])
                if "error" in data:
                    raise McuError(f"Janus let nobody in: {data['error']}")

    async def keep(self) -> None:
        """Look for events until cancelled: a session that nobody asks for ends."""
        while True:
            await self._get(f"/{self._session}?maxev=5")

    async def _ask(self, path: str, message: dict[str, object]) -> dict[str, Any]:
        whole = message | {"transaction": f"t{next(self._numbers)}"}
        request = urllib.request.Request(
            self._url + path, json.dumps(whole).encode(), {"Content-Type": "application/json"}
        )
        return await asyncio.to_thread(_answer, request)

    async def _get(self, path: str) -> dict[str, Any]:
        told = await asyncio.to_thread(_answer, urllib.request.Request(self._url + path))
        return told


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=40) as reply:
            told = json.loads(reply.read())
    except (OSError, ValueError) as error:
        raise McuError(f"Janus does not answer: {error}") from error
    first = told[0] if isinstance(told, list) and told else told
    return first if isinstance(first, dict) else {}


@asynccontextmanager
async def running_bridge() -> AsyncIterator[Bridge]:
    """Start Janus with AudioBridge alone; raises Refused where it is not installed."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise Refused("Janus is not installed: apt-get install janus")
    with tempfile.TemporaryDirectory(prefix="mcu-janus-") as folder:
        port = _free_port()
        _configure(Path(folder), port)
        process = await asyncio.create_subprocess_exec(
            program, "-F", folder, "-C", str(Path(folder) / "janus.jcfg"), "-o",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            bridge = Bridge(process.pid, port)
            await _opened(bridge)
            yield bridge
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _configure(folder: Path, port: int) -> None:
    library = next(Path("/usr/lib").glob("*/janus"))
    plugins, transports = library / "plugins", library / "transports"
    others = ",".join(p.name for p in plugins.glob("*.so") if "audiobridge" not in p.name)
    doors = ",".join(p.name for p in transports.glob("*.so") if "http" not in p.name)
    config = CONFIG.format(
        folder=folder, plugins=plugins, transports=transports, others=others, doors=doors
    )
    (folder / "janus.jcfg").write_text(config)
    (folder / "janus.transport.http.jcfg").write_text(HTTP.format(port=port))
    (folder / "janus.plugin.audiobridge.jcfg").write_text(BRIDGE)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _opened(bridge: Bridge) -> None:
    async with asyncio.timeout(START_S):
        while True:
            try:
                await bridge.open()
                return
            except McuError:
                await asyncio.sleep(0.2)


def run(seconds: int, counts: Sequence[int], speaking: int, clips: Path) -> Report:
    """Rooms of these sizes one after the other, `seconds` each."""
    report = Report(f"Janus AudioBridge, {speaking} speaking, {seconds} s each", [])
    largest = 0
    for sites in counts:
        done, rows = asyncio.run(_measured(seconds, sites, speaking, clips))
        worst = float(rows[0]["value"])
        largest = max(largest, sites if worst >= FULL_RATE else 0)
        report.rows.append(
            {
                "Janus, participants": sites,
                "cores": round(done.engine_cores, 3),
                "cores each": round(done.engine_cores / sites, 4),
                **{str(row["figure"]): float(row["value"]) for row in rows},
            }
        )
        report.stalls = done.stalls
    report.notes.append(f"largest room in which nobody missed a tick: {largest}")
    return report


async def _measured(seconds: int, sites: int, speaking: int, clips: Path) -> tuple[Run, list[Row]]:
    plans = plans_of(sites, speaking, 0.0, OPUS.name, clips)
    clock = MonotonicClock()
    async with running_bridge() as bridge, Fleet(plans, seconds + WARM_UP_S) as fleet:
        for site in fleet.sites:
            assert site.sound is not None
            site.sound.socket.connect(("127.0.0.1", await bridge.join(site.sound.port)))
        keeping = asyncio.create_task(bridge.keep())
        run = Run(Setting((), ()), fleet)
        fleet.begin()
        await asyncio.sleep(WARM_UP_S)
        with StallWatch() as stalls:
            taken = stolen()
            run.since_ns, before, flows = clock.now_ns(), usage(bridge.pid), fleet.counted()
            load = fleet.usage()
            await asyncio.sleep(seconds)
            run.until_ns, run.engine = clock.now_ns(), (before, usage(bridge.pid))
            run.flows, run.load = (flows, fleet.counted()), (load, fleet.usage())
        run.stalls, run.stolen_s = stalls.result, stolen() - taken
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        rows = sound_rows(run)
        rows.append(figure("load apart, cores", run.load_cores))
        await fleet.stop()
    return run, rows
