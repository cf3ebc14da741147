"""HLS as Debian's ffmpeg plays it: over HTTP, signed in, a whole recording and a growing one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.files import RecordingFiles
from recorder.journal import Stopped
from tests.component.control.conftest import Control
from tests.component.control.stored import WALL, stored_clip


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RecordingFiles]:
    """Five seconds of a recording that is still open."""
    made = stored_clip(tmp_path / "data")
    yield made
    made.close()


async def played(address: str, token: str) -> str:
    """What ffmpeg counts of a decoded stream; fails on its first error."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "error", "-xerror", "-headers", f"Cookie: mcu_session={token}\r\n",
        "-i", address, "-map", "0:v", "-map", "0:a", "-progress", "-", "-f", "null", "-",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (0, "")
    return out.decode()


async def test_a_recording_plays_from_its_playlist(
    control: Control, url: str, files: RecordingFiles
) -> None:
    token = str(control.api.cookies["mcu_session"])
    growing = await control.api.get("/recordings/r1/hls/main.m3u8")
    assert growing.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert "EVENT" in growing.text
    assert growing.text.count("#EXTINF") == 2, "whole segments only"
    files.note(Stopped(WALL))
    files.close()
    told = await played(f"{url}/recordings/r1/hls/index.m3u8", token)
    assert "frame=150\n" in told, "every picture"
    watched = await control.json("GET", "/audience", params={"of": "r1"})
    assert [(one["user"], one["what"]) for one in watched] == [("admin", "play")]


async def test_no_playlist_without_login(control: Control, files: RecordingFiles) -> None:
    async with control.client() as stranger:
        for name in ("index", "main", "sound"):
            reply = await stranger.get(f"/recordings/r1/hls/{name}.m3u8")
            assert reply.status_code == 401
    assert (await control.api.get("/recordings/r1/hls/none.m3u8")).status_code == 404
