"""Live over real HTTP: whole and playable, for those who may, and only as long as they may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from control_api.rest import live as routes
from control_api.services import live
from mcu_core.media.clock import NS_PER_SECOND
from tests.component.control.conftest import Control
from tests.fakes.live_reader import LiveReader
from tests.fakes.recorder_bench import faultless
from tests.fakes.tap import Clip, FakeTap, encode_clip
from tests.fakes.waiting import until

PASSWORD = "correct Horse 马"


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(2.0)


@asynccontextmanager
async def tap_of(control: Control, cid: str, clip: Clip, folder: Path) -> AsyncIterator[FakeTap]:
    """The tap of a conference, behind a socket of its own."""
    tap = FakeTap(folder / "tap.sock", cid, clip.tracks)
    await tap.open()
    control.bridge.keeper.fleet.members["engine-0"].socket = folder / "tap.sock"
    try:
        yield tap
    finally:
        await tap.close()


class Watching:
    """A viewer at work; `reader` holds what has come, `ended` once the server is done with it."""

    def __init__(self, url: str, token: str, cid: str) -> None:
        self.reader = LiveReader()
        self.ended = False
        self.task = asyncio.create_task(self._watch(url, token, cid))

    async def _watch(self, url: str, token: str, cid: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client,
            client.stream("GET", f"/conferences/{cid}/live") as reply,
        ):
            assert reply.status_code == 200
            async for data in reply.aiter_raw():
                self.reader.feed(data)
        self.ended = True

    def pictures(self) -> int:
        main = self.reader.tracks.get("main")
        return len(main.times) if main else 0


async def viewer_token(control: Control) -> str:
    await control.json(
        "POST", "/users", json={"name": "xiao", "password": PASSWORD, "role": "viewer"}
    )
    async with control.client() as other:
        reply = await other.post("/session", json={"user": "xiao", "password": PASSWORD})
        return str(reply.cookies["mcu_session"])


async def test_what_a_viewer_gets_plays_without_a_fault(
    control: Control, url: str, clip: Clip, tmp_path: Path
) -> None:
    cid = await control.conference()
    async with tap_of(control, cid, clip, tmp_path) as tap:
        watching = Watching(url, control.api.cookies["mcu_session"], cid)
        await until(lambda: tap.readers == 1)
        tap.send(clip.at(NS_PER_SECOND))
        await until(lambda: watching.pictures() == 60)
        for name, track in watching.reader.tracks.items():
            path = tmp_path / f"{name}.mp4"
            path.write_bytes(track.data)
            (stream,) = faultless(path)
            assert stream["codec_name"] == {"main": "h264", "sound": "aac"}[name]
        watching.task.cancel()
        await until(lambda: tap.readers == 0, "the tap is closed with the last viewer")
        assert control.bridge.live.viewers == 0


async def removed(control: Control) -> None:
    await control.json("DELETE", "/users/xiao")


async def given_elsewhere(control: Control) -> None:
    user = {"role": "viewer", "organisation": "二院"}
    await control.json("PUT", "/users/xiao", json=user)


@pytest.mark.parametrize("lose", [removed, given_elsewhere])
async def test_who_loses_the_right_is_cut_and_others_go_on(
    control: Control,
    url: str,
    clip: Clip,
    tmp_path: Path,
    lose: Callable[[Control], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "CHECK_S", 0.05)
    cid = await control.conference()
    token = await viewer_token(control)
    units = clip.at(NS_PER_SECOND)
    async with tap_of(control, cid, clip, tmp_path) as tap:
        ending = Watching(url, token, cid)
        going_on = Watching(url, control.api.cookies["mcu_session"], cid)
        await until(lambda: control.bridge.live.viewers == 2 and tap.readers == 1)
        tap.send(units[:60])
        await until(lambda: ending.pictures() > 10 and going_on.pictures() > 10)
        await lose(control)
        control.clock.advance_ns(6 * NS_PER_SECOND)
        tap.send(units[60:])
        await until(lambda: ending.ended, "the viewer without a right is cut")
        await until(lambda: going_on.pictures() == 60)
        assert not going_on.ended
        going_on.task.cancel()
        await until(lambda: control.bridge.live.viewers == 0)


async def test_viewers_outlive_their_engine_and_end_with_the_conference(
    control: Control, url: str, clip: Clip, tmp_path: Path
) -> None:
    cid = await control.conference()
    units = clip.at(NS_PER_SECOND)
    half = NS_PER_SECOND * 2
    async with tap_of(control, cid, clip, tmp_path) as tap:
        watching = Watching(url, control.api.cookies["mcu_session"], cid)
        await until(lambda: tap.readers == 1)
        tap.send([unit for unit in units if unit.stamp_ns < half])
        await until(lambda: watching.pictures() == 30)
    async with tap_of(control, cid, clip, tmp_path) as tap:
        await until(lambda: tap.readers == 1)
        tap.send([unit for unit in units if unit.stamp_ns >= half])
        await until(lambda: watching.pictures() == 60)
        path = tmp_path / "main.mp4"
        path.write_bytes(watching.reader.tracks["main"].data)
        faultless(path)
        await control.json("DELETE", f"/conferences/{cid}")
    await until(lambda: watching.ended, "the conference has ended")


async def test_who_may_not_watch_gets_nothing(control: Control) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    made = await control.json("POST", f"/conferences/{cid}/sites/{sid}/invitation")
    async with control.client() as nobody:
        assert (await nobody.get(f"/conferences/{cid}/live")).status_code == 401
        guest = await nobody.get(
            f"/conferences/{cid}/live", headers={"Authorization": f"Bearer {made['token']}"}
        )
        assert guest.status_code == 403
    assert (await control.api.get("/conferences/none/live")).status_code == 404


async def test_one_account_does_not_take_the_places_of_others(
    control: Control, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_ONE_ACCOUNT", 2)
    cid = await control.conference()
    token = await viewer_token(control)
    watching = [Watching(url, token, cid) for _ in range(2)]
    await until(lambda: control.bridge.live.viewers_of("xiao") == 2)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        for path in (f"/conferences/{cid}/live", f"/conferences/{cid}/still.jpg"):
            refused = await client.get(path)
            assert refused.status_code == 429
            assert "this account watches 2 times" in refused.json()["detail"]
            assert refused.headers["retry-after"] == "10"
    other = Watching(url, control.api.cookies["mcu_session"], cid)
    await until(lambda: control.bridge.live.viewers == 3, "others have their own places")
    for one in (*watching, other):
        one.task.cancel()
    await until(lambda: control.bridge.live.viewers == 0)
