"""The whole of control over PostgreSQL: what was wanted and booked is there after a restart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from control_api.persistence.bookings import BookedSite
from control_api.services.booking_request import BookingRequest
from tests.component.conftest import Fresh
from tests.component.control.conftest import running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

START = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
async def server(fresh_database: Fresh) -> str:
    return await fresh_database()


async def test_a_restart_finds_everything_again(tmp_path: Path, server: str) -> None:
    engine = FakeEngine(tmp_path / "engine-0.sock")
    await engine.open()
    now = START
    engines = {"engine-0": engine.socket}
    options = {"database": server, "wall_s": lambda: now.timestamp()}
    data = tmp_path / "data"
    async with running_control(data, engines, **options) as control:
        await until(control.bridge.keeper.engine_ready.is_set, "engine is ready")
        await control.conference()
        request = BookingRequest(
            "会诊", (START + timedelta(hours=1)).timestamp(), 3600, (BookedSite("ct", "CT"),)
        )
        booking = await control.bridge.bookings.book(request, "admin")
        assert not (data / "mcu.sqlite3").exists()
    async with running_control(data, engines, **options) as control:
        await until(control.bridge.keeper.engine_ready.is_set, "engine is ready")
        assert len(await control.json("GET", "/conferences")) == 1
        now = START + timedelta(hours=1)
        await control.bridge.timetable.look()
        assert str(booking.id) in engine.conferences
        assert await control.bridge.audit.first_broken() is None
    await engine.close()
