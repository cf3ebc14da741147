"""A control bridge with a scripted engine, asked through its application without a network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from control_api.auth.passwords import Passwords
from control_api.main import build_app, server_for
from control_api.services.bridge import Bridge
from control_api.settings import Settings
from mcu_core.media.clock import ManualClock, wall_time_s
from tests.fakes.engine import FakeEngine
from tests.fakes.recorder_process import FakeRecorder
from tests.fakes.waiting import until


@dataclass
class Control:
    """A running control and a client that is logged in as its administrator."""

    bridge: Bridge
    api: httpx.AsyncClient
    clock: ManualClock
    settings: Settings

    async def json(self, method: str, path: str, **arguments: Any) -> Any:
        """A call that must succeed; its JSON."""
        reply = await self.api.request(method, path, **arguments)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def conference(self, **fields: Any) -> str:
        made = await self.json("POST", "/conferences", json={"name": "Round", **fields})
        return str(made["id"])

    async def site(self, conference: str, kind: str, **fields: Any) -> str:
        body = {"name": f"{kind} site", "kind": kind, **fields}
        made = await self.json("POST", f"/conferences/{conference}/sites", json=body)
        return str(made["id"])

    def client(self, **arguments: Any) -> httpx.AsyncClient:
        """A further client, not logged in."""
        app = shared_app()
        app.state.bridge = self.bridge
        transport = httpx.ASGITransport(app)
        return httpx.AsyncClient(transport=transport, base_url="http://control/api/v1", **arguments)


@cache
def shared_app() -> FastAPI:
    """One application for all tests, each with its own bridge: its schemas take long to make."""
    return build_app(Settings())


def cheap_passwords() -> Passwords:
    """argon2 at the least cost: these tests are not about its strength."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@asynccontextmanager
async def running_control(
    data: Path, engines: dict[str, Path], **options: Any
) -> AsyncIterator[Control]:
    """A control on that data folder, connected to the engines that are there."""
    wall_s = options.pop("wall_s", wall_time_s)
    given = {"snapshot_every_s": 60.0, **options}
    settings = Settings(data=data, engines=engines, **given)
    clock = ManualClock(1)
    bridge = Bridge(settings, clock, cheap_passwords(), wall_s)
    await bridge.open()
    control = Control(bridge, httpx.AsyncClient(), clock, settings)
    await control.api.aclose()
    async with control.client() as api:
        control.api = api
        try:
            token = (data / "login-token").read_text().strip()
            await control.json("POST", "/session", json={"token": token})
            yield control
        finally:
            await bridge.close()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(tmp_path / "engine-0.sock")
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture
async def control(tmp_path: Path, engine: FakeEngine) -> AsyncIterator[Control]:
    async with running_control(tmp_path / "data", {"engine-0": engine.socket}) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        yield control


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[FakeRecorder]:
    recorder = FakeRecorder(tmp_path / "recorder.sock")
    await recorder.open()
    yield recorder
    await recorder.close()


@pytest.fixture
async def recording_control(
    tmp_path: Path, engine: FakeEngine, recorder: FakeRecorder
) -> AsyncIterator[Control]:
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines, recorder=recorder.socket) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        await until(lambda: control.bridge.recordings.up)
        yield control


@pytest.fixture
async def url(control: Control) -> AsyncIterator[str]:
    """A real server on a loopback port, in front of that control."""
    server = server_for(control.settings.model_copy(update={"port": 0}), control.bridge)
    server.config.lifespan = "off"  # the bridge is the fixture's
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    server.end()
    await running
