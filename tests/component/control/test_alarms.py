"""Alarms are raised, told, listed and cleared; a restart takes up what was on."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from control_api.services.machine import Fullness
from mcu_core.contract.snapshots import SiteSnapshot
from mcu_core.media.clock import NS_PER_SECOND
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until


class Full:
    """A machine as full as it is told to be."""

    def __init__(self) -> None:
        self.now = Fullness(0.1, 0.1, 0.1)

    def look(self) -> Fullness:
        return self.now


@pytest.fixture
async def control(tmp_path: Path, engine: FakeEngine) -> AsyncIterator[Control]:
    async with running_control(
        tmp_path / "data", {"engine-0": engine.socket}, alarm_after_s=10.0
    ) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        yield control


async def passes(control: Control, seconds: int) -> None:
    for _ in range(seconds // 5):
        control.clock.advance_ns(5 * NS_PER_SECOND)
        await control.bridge.alarms.look()


async def on(control: Control) -> list[tuple[str, str]]:
    rows = await control.json("GET", "/alarms", params={"active": True})
    return [(row["kind"], row["object"]) for row in rows]


async def test_a_full_disk_is_told_to_all_and_cleared(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full()
    monkeypatch.setattr(control.bridge.alarms, "_machine", full)
    reader = control.bridge.feed.subscribe()
    full.now = Fullness(0.1, 0.1, 0.96)
    await passes(control, 15)
    assert await on(control) == [("disk", "")]
    event = await reader.next()
    assert event is not None
    assert (event.name, json.loads(event.data)["value"]) == ("alarm", 0.96)
    exposed = (await control.api.get("http://control/metrics")).text
    assert 'mcu_alarm{kind="disk",object=""} 1.0' in exposed
    full.now = Fullness(0.1, 0.1, 0.7)
    await passes(control, 15)
    assert await on(control) == []
    (row,) = await control.json("GET", "/alarms")
    assert row["cleared"] is not None
    reader.close()


async def test_an_engine_that_is_gone_and_comes_back(control: Control, engine: FakeEngine) -> None:
    await engine.close()
    await until(lambda: control.bridge.keeper.fleet.up() == [])
    await passes(control, 5)
    assert ("engine", "engine-0") in await on(control)
    await engine.open()
    await until(lambda: control.bridge.keeper.fleet.up() == ["engine-0"])
    await passes(control, 5)
    assert ("engine", "engine-0") not in await on(control)


async def test_loss_is_that_of_a_while_and_of_one_connection(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control.bridge.alarms, "_machine", Full())
    conference = await control.conference()
    site = await control.site(conference, "webrtc")
    came = lost = 0

    async def sends(share_lost: float, seconds: int, endpoint: str = "e1") -> None:
        nonlocal came, lost
        for _ in range(seconds // 5):
            lost += round(500 * share_lost)
            came += 500 - round(500 * share_lost)
            counts: dict[str, Any] = {"packets_received": came, "packets_lost": lost}
            seen = SiteSnapshot(site, "", endpoint, "joined", **counts)
            control.bridge.observed._see_site(conference, seen, "")
            await passes(control, 5)

    await sends(0.0, 60)
    assert await on(control) == []
    await sends(0.1, 60)
    assert await on(control) == [("loss", f"{conference}/{site}")]
    await sends(0.1, 5, "e2")
    await sends(0.0, 60, "e2")
    assert await on(control) == []


async def test_a_restart_takes_up_what_was_on(tmp_path: Path, engine: FakeEngine) -> None:
    engines = {"engine-0": engine.socket, "engine-1": tmp_path / "nobody.sock"}
    for _ in range(2):
        async with running_control(tmp_path / "data", engines) as control:
            await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
            await passes(control, 5)
            assert await on(control) == [("engine", "engine-1")]
            assert len(await control.json("GET", "/alarms")) == 1


async def test_alarms_are_found_by_kind_and_severity_and_acknowledged_once(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full()
    monkeypatch.setattr(control.bridge.alarms, "_machine", full)
    full.now = Fullness(0.99, 0.1, 0.99)
    await passes(control, 15)

    async def found(**asked: Any) -> list[tuple[str, str]]:
        rows = await control.json("GET", "/alarms", params=asked)
        return [(row["kind"], row["severity"]) for row in rows]

    assert sorted(await found()) == [("cpu", "warning"), ("disk", "critical")]
    assert await found(severity="critical", active=True) == [("disk", "critical")]
    assert await found(kind="cpu") == [("cpu", "warning")]
    assert await found(kind="cpu", severity="critical") == []
    newest, oldest = await control.json("GET", "/alarms")
    older = await control.json("GET", "/alarms", params={"before": newest["number"]})
    assert older == [oldest]

    path = f"/alarms/{oldest['number']}/acknowledge"
    seen = await control.json("POST", path)
    assert (seen["seen_by"], seen["seen"] is not None) == ("admin", True)
    assert await control.json("POST", path) == seen
    full.now = Fullness(0.1, 0.1, 0.1)
    await passes(control, 15)
    rows = await control.json("GET", "/alarms")
    assert [(row["cleared"] is not None) for row in rows] == [True, True]
    assert [row["seen_by"] for row in rows] == ["", "admin"]
    assert (await control.api.post("/alarms/999/acknowledge")).status_code == 404
    health = await control.json("GET", "/system/health")
    assert health["machine"] == {"cpu": 0.1, "memory": 0.1, "disk": 0.1}
    assert [(one["name"], one["up"]) for one in health["engines"]] == [("engine-0", True)]
    assert (health["alarms"], health["database"]) == (0, "SQLite")
