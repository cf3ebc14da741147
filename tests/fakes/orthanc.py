"""Debian's Orthanc as the hospital's PACS; pages and files it gives to this machine only."""

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.fakes.ports import free_port

PROGRAM = "/usr/sbin/Orthanc"


class Orthanc:
    """One archive with its own folder; `start` again after `stop` finds what was stored."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._http = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"ORTHANC@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

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
        self._process = subprocess.Popen(
            [PROGRAM, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self) -> None:
        """End at once, as in an outage; safe twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def answers(self) -> bool:
        try:
            self._get("/system")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def instances(self) -> list[str]:
        found: list[str] = json.loads(self._get("/instances"))
        return found

    def tags(self, instance: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._get(f"/instances/{instance}/simplified-tags"))
        return found

    def video(self, instance: str) -> bytes:
        """The stream in an object."""
        return self._get(f"/instances/{instance}/content/PixelData/1")

    def file(self, instance: str) -> bytes:
        return self._get(f"/instances/{instance}/file")

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}{path}", timeout=10) as answer:
            body: bytes = answer.read()
        return body
