"""Parts of track files over real HTTP: whole, one after the other, and to callers who go."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from control_api.rest import file_span, guard
from recorder.files import RecordingFiles
from tests.component.control.conftest import Control
from tests.component.control.stored import stored_clip
from tests.component.control.test_live import viewer_token
from tests.fakes.waiting import until

PATH = "/recordings/r1/tracks/main"
LARGE = 64 * 1024 * 1024


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RecordingFiles]:
    made = stored_clip(tmp_path / "data")
    yield made
    made.close()


def stored(track: Path) -> bytes:
    return track.read_bytes()


def grow(track: Path) -> None:
    with track.open("ab") as growing:
        growing.write(b"more")


def enlarge(track: Path) -> None:
    with track.open("r+b") as file:
        file.truncate(LARGE)


@pytest.fixture
def track(files: RecordingFiles, tmp_path: Path) -> Path:
    return tmp_path / "data/recordings/r1/main.mp4"


async def test_parts_come_whole_on_one_connection(control: Control, url: str, track: Path) -> None:
    data = stored(track)
    headers = {"Authorization": f"Bearer {control.api.cookies['mcu_session']}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        for span, start, end in (
            ("bytes=0-99", 0, 100),
            ("bytes=1000-", 1000, len(data)),
            ("bytes=-7", len(data) - 7, len(data)),
            ("", 0, len(data)),
        ):
            reply = await client.get(PATH, headers={"Range": span} if span else {})
            assert reply.status_code == (206 if span else 200)
            assert reply.content == data[start:end]
            assert reply.headers["content-length"] == str(end - start)
        beyond = await client.get(PATH, headers={"Range": f"bytes={len(data)}-"})
        assert beyond.status_code == 416
        grow(track)
        assert (await client.get(PATH)).content == data + b"more"
    async with httpx.AsyncClient(base_url=url) as nobody:
        refused = await nobody.get(PATH, headers={"Range": "bytes=0-99"})
        assert refused.status_code == 401
        assert data[:100] not in refused.content


async def test_what_is_not_in_memory_is_read_by_a_thread_first(
    control: Control, url: str, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, read = stored(track), []

    def read_ahead(file: int, start: int, end: int) -> None:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        read.append((start, end))

    monkeypatch.setattr(file_span, "AT_ONCE", 1000)
    monkeypatch.setattr(file_span, "is_cached", lambda file, start, end: start < 2000)
    monkeypatch.setattr(file_span, "_read_ahead", read_ahead)
    headers = {"Authorization": f"Bearer {control.api.cookies['mcu_session']}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        assert (await client.get(PATH, headers={"Range": "bytes=500-3999"})).content == data[
            500:4000
        ]
        head = await client.head(PATH)
    assert read == [(2500, 3500), (3500, 4000)]
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(data)))


def test_beyond_its_end_nothing_of_a_file_is_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    with path.open("rb") as file:
        assert not file_span.is_cached(file.fileno(), 0, 101)


async def test_who_goes_or_takes_nothing_is_let_go(
    control: Control, url: str, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_span, "PATIENCE_S", 0.2)
    enlarge(track)
    port = int(url.split(":")[2].split("/")[0])
    head = (
        f"GET /api/v1{PATH} HTTP/1.1\r\nHost: x\r\n"
        f"Cookie: mcu_session={control.api.cookies['mcu_session']}\r\n\r\n"
    ).encode()
    for goes in (True, False):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.write(head)
        assert b" 200 " in await reader.readline()
        writer.transport.pause_reading() if not goes else writer.close()  # type: ignore[attr-defined]
        await until(lambda: not _sending(), "nobody is being sent anything")
        writer.close()


async def test_who_may_no_longer_play_gets_nothing_after_seconds(
    control: Control, url: str, track: Path
) -> None:
    headers = {"Authorization": f"Bearer {await viewer_token(control)}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as viewer:
        assert (await viewer.get(PATH)).status_code == 200
        await control.json("DELETE", "/users/xiao")
        control.clock.advance_ns(guard.RECENT_NS)
        assert (await viewer.get(PATH)).status_code == 401


def _sending() -> list[str]:
    """What the server is at, by the names of coroutines."""
    names = (task.get_coro() for task in asyncio.all_tasks())
    return [str(name) for name in names if "run_asgi" in str(name)]
