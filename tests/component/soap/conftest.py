"""Who books over SOAP: a caller in one dialect, a wall clock moved by hand, the control behind."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.soap_client import SoapCaller
from tests.fakes.soap_server import served
from tests.fakes.waiting import until

PASSWORD = "Passw0rd!demo"
START = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class WallClock:
    """The time of day, moved by hand."""

    now: datetime = START

    def __call__(self) -> float:
        return self.now.timestamp()


@dataclass
class Office:
    """Who books: a caller in one dialect, the clock, and the control behind."""

    control: Control
    client: SoapCaller
    clock: WallClock
    vendor: bool

    async def ask(self, name: str, **fields: Any) -> Any:
        return await asyncio.to_thread(lambda: self.client.ask(name, **fields))

    async def pass_to(self, moment: datetime) -> None:
        """Time goes on; the timetable looks."""
        self.clock.now = moment
        await self.control.bridge.timetable.look()

    async def book(self, **fields: Any) -> Any:
        wanted = {"name": "会诊 1", "duration": HOUR, "rate": "2M", "sites": SITES, **fields}
        return await self.ask("scheduleConf", scheduleConf=wanted)

    async def status(self, conf_id: str) -> int:
        answer = await self.ask("queryConferencesStatus", confIds=[conf_id])
        rows = getattr(answer, "conferenceStatuses", None) or answer.ConferenceStatuss
        return int(rows[0].status)


SITES: list[dict[str, str]] = [{"uri": "010101"}, {"uri": "sip:ct@hospital.example", "name": "CT"}]


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(tmp_path / "engine-0.sock")
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture
async def control(tmp_path: Path, engine: FakeEngine, clock: WallClock) -> AsyncIterator[Control]:
    async with running_control(
        tmp_path / "data", {"engine-0": engine.socket}, wall_s=clock
    ) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        yield control


@pytest.fixture(params=[False, True], ids=["standard", "vendor"])
async def office(
    control: Control, clock: WallClock, request: pytest.FixtureRequest
) -> AsyncIterator[Office]:
    await control.bridge.digests.set("admin", PASSWORD)
    async with served(control) as url:
        client = await asyncio.to_thread(SoapCaller, url, request.param)
        with client:
            await asyncio.to_thread(client.log_in, "admin", PASSWORD)
            yield Office(control, client, clock, request.param)
