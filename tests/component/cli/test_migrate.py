"""An installation goes from SQLite to PostgreSQL and back, and has everything that it had."""

import asyncio
import io
from pathlib import Path

import pytest

from control_api.cli.migrate import migrate
from control_api.persistence.bookings import BookedSite
from control_api.services.booking_request import BookingRequest
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import wall_time_s
from tests.component.conftest import Fresh
from tests.component.control.conftest import Control, running_control
from tests.component.persistence.test_calls import ALL, CALLS

PASSWORD = "Passw0rd!demo"


async def in_thread(to: str, data: Path) -> None:
    """As the command, which has an event loop of its own."""
    await asyncio.to_thread(migrate, to, data)


async def told(control: Control) -> list[object]:
    """What callers are told of everything that was put in."""
    bridge = control.bridge
    now_s = wall_time_s()
    return [
        await control.json("GET", "/users"),
        await control.json("GET", "/roles"),
        await control.json("GET", "/conferences"),
        await bridge.bookings.between(now_s - 86_400, now_s + 86_400),
        await bridge.calls.report(ALL, "site"),
        await bridge.calls.page(ALL),
        await bridge.digests.user_by_password("admin", PASSWORD),
        await bridge.audit.first_broken(),
    ]


async def test_everything_is_carried_there_and_back(
    tmp_path: Path, fresh_database: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, server = tmp_path / "data", await fresh_database()
    async with running_control(data, {}) as control:
        await control.bridge.digests.set("admin", PASSWORD)
        await control.json("PUT", "/roles/nurse", json={"rights": ["see"]})
        sites = (BookedSite("ct", "CT 室"), BookedSite("mr", "MR"))
        request = BookingRequest("会诊", wall_time_s() + 7200, 3600, sites)
        await control.bridge.bookings.book(request, "admin")
        await control.bridge.calls._rows.put(CALLS)
        before = await told(control)
    with pytest.raises(BadInput, match="other kind"):
        migrate("sqlite", data)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{server}\n"))
    await in_thread("-", data)
    with pytest.raises(Refused, match="not empty"):
        await in_thread(server, data)
    async with running_control(data, {}, database=server) as control:
        assert await told(control) == before
    (data / "mcu.sqlite3").rename(data / "before.sqlite3")
    monkeypatch.setenv("MCU_CONTROL_DATABASE", server)
    await in_thread("sqlite", data)
    monkeypatch.delenv("MCU_CONTROL_DATABASE")
    async with running_control(data, {}) as control:
        assert await told(control) == before


def test_no_password_stands_among_the_words_of_a_command(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="standard input") as caught:
        migrate("postgresql://mcu:geheim@db.example/mcu", tmp_path)
    assert "geheim" not in str(caught.value)
