"""The whole system as a user starts it, on loopback and in a folder of the test."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.fakes.ports import free_port

READY_S = 60.0
PATIENCE_S = 30.0
END_S = 30.0
MCU = (sys.executable, "-m", "control_api.cli")
T = TypeVar("T")


def until(condition: Callable[[], T | None], limit_s: float = PATIENCE_S, what: str = "") -> T:
    """Poll until the condition gives something true; fails the test after `limit_s`."""
    give_up = time.monotonic() + limit_s  # noqa: TID251  # a test waits for real processes
    last: Exception | None = None
    while time.monotonic() < give_up:  # noqa: TID251  # as above
        try:
            value = condition()
        except (httpx.HTTPError, OSError) as error:
            last, value = error, None
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {limit_s:g} s: {what or condition} ({last})")


def children(pid: int) -> dict[int, list[str]]:
    """The direct children of a process: pid and command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            parent = (folder / "stat").read_text().rsplit(") ", 1)[1].split()[1]
            words = (folder / "cmdline").read_bytes().decode().split("\0")
        except (OSError, IndexError):
            continue
        if int(parent) == pid:
            found[int(folder.name)] = words
    return found


class System:
    """A running `mcu run` and a signed-in client of its API."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "log.txt"
        data.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            listen = f"127.0.0.1:{self.port}"
            self.process = subprocess.Popen(
                [*MCU, "run", "--data", str(data), "--listen", listen, *options],
                stdout=log,
                stderr=log,
            )
        self.api = httpx.Client(base_url=f"{self.url}/api/v1", timeout=20)

    def wait_ready(self) -> None:
        """Until control answers, then sign in."""
        self._answering()
        password = until(lambda: self._password(), READY_S)
        reply = self.api.post("/session", json={"user": "admin", "password": password})
        reply.raise_for_status()
        until(lambda: self.engines(), READY_S, "an engine is connected")

    def _answering(self) -> None:
        def healthy() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"mcu run ended: {self.log.read_text()[-3000:]}")
            return httpx.get(f"{self.url}/healthz").status_code == 200

        until(healthy, READY_S, f"/healthz ({self.log})")

    def _password(self) -> str:
        path = self.data / "admin-password"
        return path.read_text().strip() if path.exists() else ""

    def stop(self) -> None:
        """End it as Ctrl-C does, and wait."""
        self.api.close()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"mcu run did not end: {self.log.read_text()[-3000:]}") from None

    def pid_of(self, module: str) -> int:
        """The process that runs `python -m module`."""

        def find() -> int:
            for pid, words in children(self.process.pid).items():
                if module in words:
                    return pid
            return 0

        return until(find, what=f"process {module}")

    def kill(self, module: str) -> int:
        """kill -9 the process of this module; its old pid."""
        pid = self.pid_of(module)
        os.kill(pid, signal.SIGKILL)
        return pid

    # ---------------------------------------------------------------- the API in short

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """A call that must succeed; its JSON."""
        reply = self.api.request(method, path, **arguments)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        kind = reply.headers.get("content-type", "")
        return reply.json() if "json" in kind and reply.content else reply.text

    def engines(self) -> list[dict[str, Any]]:
        """Snapshots of the connected engines."""
        engines: list[dict[str, Any]] = self.request("GET", "/engines")
        return engines

    def conference(self, name: str = "Test", **fields: Any) -> str:
        """A new conference, small unless its size is told; its id."""
        body = {"name": name, "width": 640, "height": 360, **fields}
        made = self.request("POST", "/conferences", json=body)
        return str(made["id"])

    def site(self, conference: str, name: str, kind: str, **fields: Any) -> str:
        """A new site; its id."""
        body = {"name": name, "kind": kind, **fields}
        return str(self.request("POST", f"/conferences/{conference}/sites", json=body)["id"])

    def show(self, conference: str) -> dict[str, Any]:
        """The conference as the API shows it."""
        shown: dict[str, Any] = self.request("GET", f"/conferences/{conference}")
        return shown

    def running(self, conference: str) -> dict[str, Any]:
        """The engine's snapshot of the conference; empty while no engine has it."""
        for engine in self.engines():
            for running in engine["conferences"]:
                if running["id"] == conference:
                    found: dict[str, Any] = running
                    return found
        return {}

    def joined(self, conference: str, count: int, limit_s: float = 2 * PATIENCE_S) -> None:
        """Wait until `count` sites have joined and show a picture."""

        def all_there() -> bool:
            sites = self.running(conference).get("sites", [])
            live = [s for s in sites if s["state"] == "joined" and not s["video_stalled"]]
            return len(live) >= count

        until(all_there, limit_s, f"{count} sites live")


@contextmanager
def running_system(data: Path, *options: str) -> Iterator[System]:
    """A system that is ready; ended afterwards, its log shown when the test failed."""
    system = System(data, *options)
    try:
        system.wait_ready()
        yield system
    except BaseException:
        sys.stderr.write(system.log.read_text()[-8000:])
        raise
    finally:
        system.stop()


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """Server-sent events out of a response's lines: name and data."""
    name, data = "", ""
    for line in lines:
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and data:
            yield name, json.loads(data)
            name, data = "", ""
