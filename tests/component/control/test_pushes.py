"""Pushing to real listeners: ffmpeg takes what we send, by RTMP and by SRT."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from control_api.services import pushes
from control_api.services.push_address import PushAddress, checked
from control_api.services.push_child import PushChild
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from tests.component.control.conftest import Control, running_control
from tests.component.control.test_live import tap_of
from tests.fakes.engine import FakeEngine
from tests.fakes.ports import free_port
from tests.fakes.recorder_bench import faultless
from tests.fakes.tap import Clip, FakeTap, encode_clip, play
from tests.fakes.waiting import DEADLINE_S, until

FFMPEG = shutil.which("ffmpeg")
CLOCK = MonotonicClock()

pytestmark = pytest.mark.skipif(FFMPEG is None, reason="needs ffmpeg")


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(2.0, width=160, height=96)


@pytest.fixture
async def pushing(tmp_path: Path, engine: FakeEngine) -> AsyncIterator[Control]:
    """A control that may push to this machine."""
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines, push_local=True) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        yield control


@asynccontextmanager
async def listener(address: str, *options: str, to: Path) -> AsyncIterator[None]:
    """ffmpeg, which takes one stream and stores it."""
    assert FFMPEG is not None
    process = await asyncio.create_subprocess_exec(
        *(FFMPEG, "-v", "error", *options, "-i", address, "-c", "copy", "-f", "mpegts", str(to)),
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
        async with asyncio.timeout(DEADLINE_S):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def shown(tap: FakeTap, clip: Clip) -> AsyncIterator[None]:
    """The conference goes on and on, in its own time."""
    begin_ns = CLOCK.now_ns()
    units = [u for n in range(20) for u in clip.at(begin_ns + 2 * n * NS_PER_SECOND)]
    playing = asyncio.create_task(play(tap, units, CLOCK))
    try:
        yield
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


def _command_lines() -> str:
    """Of the processes that push: what every user of this machine can read of them."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_text(errors="replace").replace("\0", " "))
    return "\n".join(line for line in lines if " -fpre " in line)


async def states(control: Control, cid: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await control.json("GET", f"/conferences/{cid}/pushes")
    return found


@pytest.mark.parametrize("kind", ["rtmp", "srt"])
async def test_what_is_pushed_arrives_whole(
    pushing: Control,
    clip: Clip,
    tmp_path: Path,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pushes, "PAUSES_S", (0.1,))  # until the listener listens
    cid = await pushing.conference()
    port, stored = free_port(), tmp_path / "came.ts"
    url = {
        "rtmp": f"rtmp://127.0.0.1:{port}/live/topsecret",
        "srt": f"srt://127.0.0.1:{port}?streamid=topsecret",
    }[kind]
    listening = {
        "rtmp": (url, "-listen", "1"),
        "srt": (f"srt://127.0.0.1:{port}?mode=listener",),
    }[kind]
    async with (
        tap_of(pushing, cid, clip, tmp_path) as tap,
        shown(tap, clip),
        listener(*listening, to=stored),
    ):
        made = await pushing.json("POST", f"/conferences/{cid}/pushes", json={"url": url})
        assert "topsecret" not in str(made)
        view = pushing.bridge.pushes
        await until(
            lambda: view.all(cid)[0].state == "pushing" and view.all(cid)[0].error == "",
            "it is pushed",
        )
        assert "topsecret" not in _command_lines()
        await until(lambda: stored.exists() and stored.stat().st_size > 0, "it comes")
        await pushing.json("DELETE", f"/conferences/{cid}/pushes/{made['id']}")
    kinds = [str(stream["codec_name"]) for stream in faultless(stored)]
    assert sorted(kinds) == ["aac", "h264"]
    assert await states(pushing, cid) == []


async def test_where_nobody_listens_it_is_tried_again_and_given_up(
    pushing: Control, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "PAUSES_S", (0.01,))
    monkeypatch.setattr(pushes, "MOST_FAILURES", 2)
    cid = await pushing.conference()
    url = f"rtmp://127.0.0.1:{free_port()}/live/topsecret"
    async with tap_of(pushing, cid, clip, tmp_path) as tap, shown(tap, clip):
        await pushing.json("POST", f"/conferences/{cid}/pushes", json={"url": url})
        state: Callable[[], str] = lambda: pushing.bridge.pushes.all(cid)[0].state  # noqa: E731
        await until(lambda: state() == "failed", "it is given up")
        (told,) = await states(pushing, cid)
        assert told["restarts"] == 1
        assert told["error"]
        assert "topsecret" not in told["error"]
        await until(lambda: pushing.bridge.live.viewers == 0, "its place is free")
    await pushing.json("DELETE", f"/conferences/{cid}")


async def test_pushes_outlive_control_and_are_for_operators(
    tmp_path: Path, engine: FakeEngine
) -> None:
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        cid = await control.conference()
        path = f"/conferences/{cid}/pushes"
        url = "rtmp://192.0.2.1/live/topsecret"
        refused = await control.api.post(path, json={"url": "rtmp://127.0.0.1/live/x"})
        assert refused.status_code == 422
        made = await control.json("POST", path, json={"url": url})
        async with control.client() as nobody:
            assert (await nobody.get(path)).status_code == 401
    assert b"topsecret" not in (tmp_path / "data" / "mcu.sqlite3").read_bytes()
    async with running_control(tmp_path / "data", engines) as control:
        assert [one["id"] for one in await states(control, cid)] == [made["id"]]
        assert (await control.api.delete(f"{path}/none")).status_code == 404
        await control.json("DELETE", f"{path}/{made['id']}")


@pytest.mark.parametrize("turns", range(12))
async def test_who_is_cancelled_while_a_push_begins_leaves_no_process(turns: int) -> None:
    address = checked("rtmp://192.0.2.1/live/x")
    child = PushChild(address, lambda: None)
    launching = asyncio.create_task(child.launch())
    for _ in range(turns):
        await asyncio.sleep(0)  # a turn of the loop
    launching.cancel()
    await asyncio.gather(launching, return_exceptions=True)
    if not launching.cancelled():  # it was quicker
        await child.close()
    assert child._process is None or child._process.returncode is not None


async def test_no_more_are_added_at_once_than_one_after_the_other(
    tmp_path: Path, engine: FakeEngine
) -> None:
    async with running_control(tmp_path / "data", {"engine-0": engine.socket}) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        path = f"/conferences/{await control.conference()}/pushes"
        body = {"url": "rtmp://192.0.2.1/live/x"}
        asked = [control.api.post(path, json=body) for _ in range(2 * pushes.MOST_OF_ONE)]
        codes = [reply.status_code for reply in await asyncio.gather(*asked)]
        assert codes.count(201) == pushes.MOST_OF_ONE
        assert codes.count(409) == pushes.MOST_OF_ONE


async def test_a_name_that_turns_to_this_machine_is_not_followed(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ffmpeg is given the address that was looked at, and asks nobody again for the name's."""
    doors: list[str] = []

    class Child:
        def __init__(self, address: PushAddress, _moved: Callable[[], None]) -> None:
            doors.append(address.door)

        async def launch(self) -> None:
            raise Refused("enough")

    async def resolve(host: str) -> list[str]:
        return ["203.0.113.7"]

    monkeypatch.setattr(pushes, "PushChild", Child)
    monkeypatch.setattr(control.bridge.pushes, "_resolve", resolve)
    cid = await control.conference()
    body = {"url": "rtmp://turning.example/app/key"}
    await control.json("POST", f"/conferences/{cid}/pushes", json=body)
    await until(lambda: doors == ["rtmp://203.0.113.7:1935"])
