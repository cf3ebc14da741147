"""Debian's Orthanc as the hospital's PACS, behind a fence: it would listen to the whole network."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from mcu_core.errors import Refused

PROGRAM = "/usr/sbin/Orthanc"


def free_port() -> int:
    """A TCP port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Orthanc:
    """One archive with its own folder; `start` again after `stop` finds what was stored."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._http = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """As the settings name it."""
        return f"ORTHANC@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin; `answers` says when it is ready."""
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "StorageDirectory": str(self._folder),
            "IndexDirectory": str(self._folder),
            "HttpPort": self._http,
            "DicomPort": self.port,
            "DicomAet": "ORTHANC",
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "Plugins": [],
            "HttpDescribeErrors": True,
        }
        path = self._folder / "orthanc.json"
        path.write_text(json.dumps(settings))
        if not Path(PROGRAM).exists():
            raise Refused(f"Debian's orthanc is not installed: no {PROGRAM}")
        ports = (str(self.port), str(self._http))
        fence = (sys.executable, "-m", "benchmarks.fenced", *ports, "--")
        try:
            self._process = subprocess.Popen(
                [*fence, PROGRAM, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise Refused(f"Debian's orthanc could not be run: {error}") from error

    def stop(self) -> None:
        """End at once, as in an outage; safe twice."""
        if self._process is not None:
            self._process.terminate()  # the fence kills what is behind it
            self._process.wait()
            self._process = None

    def answers(self) -> bool:
        """Whether it is ready."""
        try:
            self._get("/system")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def instances(self) -> list[str]:
        """Its names of the objects that it has."""
        found: list[str] = json.loads(self._get("/instances"))
        return found

    def tags(self, instance: str) -> dict[str, Any]:
        """What an object says."""
        found: dict[str, Any] = json.loads(self._get(f"/instances/{instance}/simplified-tags"))
        return found

    def video(self, instance: str) -> bytes:
        """The stream in an object."""
        return self._get(f"/instances/{instance}/content/PixelData/1")

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}{path}", timeout=10) as answer:
            body: bytes = answer.read()
        return body
