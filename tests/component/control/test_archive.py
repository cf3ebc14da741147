"""Recordings move to an S3 storage (moto's server) by themselves, while they are being watched."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mcu_core.media.clock import wall_time
from recorder.contract import RecordingState
from recorder.journal import Stopped
from tests.component.control.conftest import running_control
from tests.component.control.test_recordings import written
from tests.fakes.engine import FakeEngine

SERVER = """
from threading import Event
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
print(server.get_host_and_port()[1], flush=True)
Event().wait()
"""

BYTES = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The URL of an empty bucket; where it is stands in the environment."""
    words = (sys.executable, "-c", SERVER)
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    port = next(line.strip() for line in server.stdout if line.strip().isdecimal())
    endpoint = f"http://127.0.0.1:{port}"
    named = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in named.items():
                patch.setenv(name, value)
            made = urllib.request.Request(f"{endpoint}/films", method="PUT")
            urllib.request.urlopen(made).close()
            yield "s3://films/ward"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


async def test_what_ended_is_moved_and_watched_on(
    tmp_path: Path, engine: FakeEngine, bucket: str
) -> None:
    options = {"archive": bucket, "archive_after_days": 1.0}
    engines = {"engine-0": engine.socket}
    files = written(tmp_path, "r1", "c", BYTES)
    files.note(Stopped(wall_time().isoformat()))
    files.close()
    folder = tmp_path / "data" / "recordings" / "r1"
    async with running_control(tmp_path / "data", engines, **options) as control:
        archiver = control.bridge.archiver
        assert await archiver.sweep() == 0, "it is not old enough"
        before = await control.json("GET", "/recordings/r1")
        archiver._after_days = -1.0
        opened = (folder / "main.mp4").open("rb")  # by one who watches
        assert await archiver.sweep() == 1
        assert not (folder / "main.mp4").exists()
        assert opened.read() == BYTES
        opened.close()
        (row,) = await control.json("GET", "/recordings")
        assert row == {**before, "archived": True}
        assert row["state"] == RecordingState.DONE.value

        async def part(span: str) -> httpx.Response:
            headers = {"Range": f"bytes={span}"}
            return await control.api.get("/recordings/r1/tracks/main", headers=headers)

        reply = await part("1000-1009")
        assert (reply.status_code, reply.content) == (206, BYTES[1000:1010])
        assert (await part("-5")).content == BYTES[-5:]
        assert (await part(f"{len(BYTES)}-")).status_code == 416
        manifest = await control.json("GET", "/recordings/r1/manifest")
        assert manifest["tracks"][0]["fragments"], "the player finds its fragments"

        back = await control.json("PUT", "/recordings/r1/place", json={"archived": False})
        assert not back["archived"]
        assert (folder / "main.mp4").read_bytes() == BYTES
        refused = await control.api.get("/recordings/none")
        assert refused.status_code == 404


async def test_an_archive_that_does_not_answer_is_told_and_nothing_is_lost(
    tmp_path: Path, engine: FakeEngine
) -> None:
    files = written(tmp_path, "r1", "c", b"1234")
    files.note(Stopped(wall_time().isoformat()))
    files.close()
    engines = {"engine-0": engine.socket}
    options = {"archive": f"file://{tmp_path}/none/../none2"}
    (tmp_path / "none2").write_text("in the way")
    async with running_control(tmp_path / "data", engines, **options) as control:
        reply = await control.api.put("/recordings/r1/place", json={"archived": True})
        assert reply.status_code == 409
        assert "archive" in reply.json()["detail"]
        assert (await control.api.get("/recordings/r1/tracks/main")).content == b"1234"
