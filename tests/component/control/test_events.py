"""The event feed over a real socket, and the end of the server while it is read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from control_api.main import ControlServer, server_for
from mcu_core.contract.events import KeyPressed, Levels, SiteChanged
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import DEADLINE_S, until

PASSWORD = "correct Horse 马"


class Served:
    """A real server on a loopback port in front of a control."""

    def __init__(self, server: ControlServer, control: Control) -> None:
        self.server = server
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.token = control.api.cookies["mcu_session"]


@pytest.fixture
async def served(control: Control) -> AsyncIterator[Served]:
    settings = control.settings.model_copy(update={"port": 0})
    server = server_for(settings, control.bridge)
    server.config.lifespan = "off"  # the bridge is the fixture's
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield Served(server, control)
    server.end()
    await running


@asynccontextmanager
async def reading(served: Served, query: str = "") -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The events of one reader: name and data."""
    headers = {} if query else {"Authorization": f"Bearer {served.token}"}
    async with (
        httpx.AsyncClient(base_url=served.url, headers=headers) as client,
        client.stream("GET", f"/api/v1/events{query}") as reply,
    ):
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        yield parsed(reply.aiter_lines())


async def parsed(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


async def next_named(events: AsyncIterator[tuple[str, Any]], name: str) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        async for found, data in events:
            if found == name:
                return data
    raise AssertionError(f"the feed ended without {name}")


async def test_hello_then_all_conferences_then_news(
    control: Control, engine: FakeEngine, served: Served
) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    async with reading(served) as events:
        assert await anext(events) == ("hello", {"user": "admin", "role": "admin"})
        name, conference = await anext(events)
        assert (name, conference["id"]) == ("conference", cid)
        await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": 8})
        assert (await next_named(events, "conference"))["layout"]["mode"] == 8
        engine.tell(SiteChanged(cid, sid, "joined", "e"))
        told = await next_named(events, "site")
        assert (told["conference"], told["site"]["state"]) == (cid, "joined")
        engine.tell(Levels(cid, {sid: -20.5}))
        levels = await next_named(events, "levels")
        assert levels == {"conference": cid, "levels": {sid: -20.5}}
        await control.json("DELETE", f"/conferences/{cid}")
        assert (await next_named(events, "gone"))["id"] == cid
    await until(lambda: control.bridge.feed.readers == 0, "the reader is forgotten")


async def test_a_guest_hears_of_one_conference_only(control: Control, served: Served) -> None:
    cid, other = await control.conference(), await control.conference()
    sid = await control.site(cid, "webrtc")
    invited = await control.json("POST", f"/conferences/{cid}/sites/{sid}/invitation")
    async with reading(served, f"?invite={invited['token']}") as events:
        assert (await anext(events))[1]["role"] == "guest"
        assert (await anext(events))[1]["id"] == cid
        await control.json("PUT", f"/conferences/{other}/layout", json={"mode": 8})
        await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": 9})
        told = await next_named(events, "conference")
        assert (told["id"], told["layout"]["mode"], told["engine"]) == (cid, 9, "")


async def test_the_server_ends_while_the_feed_is_read(control: Control, served: Served) -> None:
    async with reading(served) as events:
        await anext(events)
        # It ends by itself, not as what is cut off.
        served.server.config.timeout_graceful_shutdown = int(2 * DEADLINE_S)
        served.server.end()
        async with asyncio.timeout(DEADLINE_S):
            rest = [name async for name, _ in events]
    assert rest == []


async def test_a_feed_ends_when_its_reader_logged_out(control: Control, served: Served) -> None:
    await control.conference()
    async with reading(served) as events:
        await anext(events)
        await anext(events)
        async with control.client(cookies=control.api.cookies) as same:
            assert (await same.delete("/session")).status_code == 204
        control.clock.advance_ns(31 * 10**9)
        control.bridge.feed.publish("speaker", "", {"secret": True})
        async with asyncio.timeout(DEADLINE_S):
            rest = [name async for name, _ in events]
    assert rest == []


async def test_a_feed_ends_when_its_reader_is_given_another_organisation(
    control: Control, served: Served
) -> None:
    """It comes again by itself, and is told what it may see now."""
    user = {"name": "wang", "password": PASSWORD, "role": "operator", "organisation": "一院"}
    await control.json("POST", "/users", json=user)
    async with control.client() as client:
        login = await client.post("/session", json={"user": "wang", "password": PASSWORD})
        served.token = login.cookies["mcu_session"]
        cid = (await client.post("/conferences", json={"name": "读片"})).json()["id"]
    async with reading(served) as events:
        assert (await anext(events))[0] == "hello"
        assert (await anext(events))[1]["id"] == cid
        body = {"role": "operator", "organisation": "二院"}
        await control.json("PUT", "/users/wang", json=body)
        control.clock.advance_ns(31 * 10**9)
        control.bridge.feed.publish("speaker", cid, {"secret": True})
        async with asyncio.timeout(DEADLINE_S):
            rest = [name async for name, _ in events]
    assert rest == []


async def test_keys_step_through_what_a_room_sees(control: Control, engine: FakeEngine) -> None:
    conference = await control.conference()
    room = await control.site(conference, "rtp")
    other = await control.site(conference, "webrtc")
    engine.tell(SiteChanged(conference, other, "joined", "endpoint"))

    def seen() -> tuple[str, bool]:
        site = engine.conferences[conference].sites[0]
        return site.watch, site.view is not None

    for key, expected in (("6", (other, False)), ("2", ("", True)), ("5", ("", False))):
        engine.tell(KeyPressed(conference, room, key))
        await until(lambda: seen() == expected, key)  # noqa: B023  # awaited within the loop
    engine.tell(KeyPressed(conference, room, "#"))
