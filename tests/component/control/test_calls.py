"""Call records are written from what the engine tells, across restarts of control."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from control_api.persistence.register import RegisteredSite
from control_api.services.calls import REMOVED, REPLACED, UNSEEN, Calls
from mcu_core.contract.events import SiteChanged
from mcu_core.contract.snapshots import Course, SiteSnapshot
from mcu_core.errors import McuError
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

START = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
LEFT = "2027-03-01T23:40:00+00:00"
VIEWER = {"user": "v", "password": "Viewer-pass1"}


class Day:
    """The time of day, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()

    def passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
async def control(tmp_path: Path, engine: FakeEngine, day: Day) -> AsyncIterator[Control]:
    async with running_control(
        tmp_path / "data", {"engine-0": engine.socket}, wall_s=day
    ) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        yield control


SPAN = {"since": "2027-03-01", "until": "2027-03-03"}


async def told(control: Control, **query: str) -> list[dict[str, Any]]:
    await control.bridge.calls.flush()
    rows: list[dict[str, Any]] = await control.json("GET", "/calls", params={**SPAN, **query})
    return rows


def joined(site: str, endpoint: str = "e1", **seen: Any) -> SiteSnapshot:
    return SiteSnapshot(site, "", endpoint, "joined", **seen)


async def test_a_call_is_told_with_what_came_in_it(control: Control, day: Day) -> None:
    conference = await control.conference()
    site = await control.site(conference, "webrtc")
    await control.bridge.register.add(RegisteredSite(site, "CT", organisation="一院/放射科"))
    calls = control.bridge.calls
    calls.see(conference, joined(site), "")
    (going,) = await told(control)
    assert (going["left"], going["organisation"]) == (None, "一院/放射科")
    day.passes(10)
    size: dict[str, Any] = {
        "width": 1280,
        "height": 720,
        "video_codec": "VP8",
        "audio_codec": "opus",
    }
    counts: dict[str, Any] = {
        "packets_received": 900,
        "packets_lost": 100,
        "bytes_received": 75_000_000,
    }
    calls.see(conference, joined(site, **size, **counts), "")
    calls.see(conference, joined(site, width=640, height=360, packets_received=900), "")
    calls.see(conference, SiteSnapshot(site, ""), "hung up")
    (one,) = await told(control)
    assert (one["seconds"], one["reason"], one["left"]) == (
        600.0,
        "hung up",
        LEFT,
    )
    assert (one["width"], one["height"], one["video_codec"]) == (1280, 720, "VP8")
    assert (one["rate_kbps"], one["loss_percent"]) == (1000.0, 10.0)
    (row,) = await control.json("GET", "/reports/use", params={**SPAN, "by": "organisation"})
    assert (row["of"], row["hours"], row["loss_percent"]) == ("一院/放射科", 0.17, 10.0)
    (row,) = await control.json("GET", "/reports/use", params=SPAN)
    assert row["of"] == "20270302", "half past seven in the morning in Shanghai"


async def test_a_new_connection_and_a_removed_site_are_calls_of_their_own(
    control: Control, engine: FakeEngine
) -> None:
    conference = await control.conference()
    site = await control.site(conference, "webrtc")
    for endpoint in ("e1", "e2"):
        engine.tell(SiteChanged(conference, site, "joined", endpoint))
    await until(lambda: control.bridge.observed.endpoint_of(conference, site) == "e2")
    await control.json("DELETE", f"/conferences/{conference}/sites/{site}")
    assert [row["reason"] for row in await told(control)] == [REMOVED, REPLACED]


async def test_calls_go_on_over_a_restart_of_control(tmp_path: Path, engine: FakeEngine) -> None:
    day = Day()
    options = {"wall_s": day}
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines, **options) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        conference = await control.conference()
        sites = [await control.site(conference, "webrtc") for _ in range(2)]
        for number, site in enumerate(sites):
            engine.endpoints[f"e{number}"] = (conference, site)
            control.bridge.calls.see(conference, joined(site, f"e{number}"), "")
        await control.bridge.calls.flush()
    day.passes(30)
    del engine.endpoints["e1"]
    async with running_control(tmp_path / "data", engines, **options) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        rows = {row["site"]: row for row in await told(control)}
        assert (rows[sites[0]]["left"], rows[sites[0]]["seconds"]) == (None, 1800.0)
        assert (rows[sites[1]]["reason"], rows[sites[1]]["seconds"]) == (UNSEEN, 0.0)


async def test_no_more_wait_than_there_is_room_for(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("control_api.services.calls.MOST_WAITING", 2)
    conference = await control.conference()
    site = await control.site(conference, "webrtc")
    calls: Calls = control.bridge.calls

    async def full(_: object) -> None:
        raise McuError("full")

    with monkeypatch.context() as broken:
        broken.setattr(calls._rows, "put", full)
        for number in range(3):
            calls.see(conference, joined(site, f"e{number}"), "")
            calls.see(conference, SiteSnapshot(site, ""), f"left {number}")
        with pytest.raises(McuError):
            await calls.flush()
    assert calls.dropped == 1
    assert [row["reason"] for row in await told(control)] == ["left 2", "left 1"]


async def test_csv_has_all_and_no_formula(control: Control) -> None:
    conference = await control.conference(name="=HYPERLINK(1)")
    site = await control.site(conference, "webrtc")
    control.bridge.calls.see(conference, joined(site), "")
    await control.bridge.calls.flush()
    text = (await control.api.get("/calls.csv", params=SPAN)).text
    head, row = text.splitlines()
    assert head.startswith("\ufeffnumber,conference,")
    assert f",'=HYPERLINK(1),,{site}," in row
    user = {"name": "v", "password": VIEWER["password"], "role": "viewer"}
    await control.json("POST", "/users", json=user)
    async with control.client() as viewer:
        await viewer.post("/session", json=VIEWER)
        assert (await viewer.get("/calls.csv")).status_code == 403


async def test_a_consultation_is_told_site_by_site(control: Control, day: Day) -> None:
    conference = await control.conference(name="+查房")
    sites = [await control.site(conference, "webrtc") for _ in range(2)]
    calls = control.bridge.calls
    course = Course(600, 40.0, 60.0, 1500.0, 250.0, 12, 30)
    for site in sites:
        calls.see(conference, joined(site), "")
    day.passes(10)
    counts: dict[str, Any] = {"packets_received": 990, "packets_lost": 10}
    calls.see(conference, joined(sites[0], course=course, **counts), "")
    calls.see(conference, SiteSnapshot(sites[0], ""), "hung up")
    calls.see(conference, joined(sites[0], "e2", course=Course(1, 400.0)), "")
    day.passes(5)
    calls.see(conference, joined(sites[0], "e2", course=Course(300, 100.0, 0.0, 500.0)), "")
    calls.see(conference, joined(sites[1]), "")
    await calls.flush()
    (row,) = await control.json("GET", "/reports/consultations", params=SPAN)
    assert (row["name"], row["sites"], row["minutes"], row["day"]) == ("+查房", 2, 30.0, 20270302)
    asked = {**SPAN, "conference": conference}
    report = await control.json("GET", "/reports/consultation", params=asked)
    assert (report["minutes"], len(report["sites"])) == (15.0, 2)
    one = next(row for row in report["sites"] if row["site"] == sites[0])
    assert (one["connections"], one["minutes"], one["left"]) == (2, 15.0, None)
    assert (one["loss_percent"], one["repaired"], one["reduced_s"]) == (1.0, 12, 30.0)
    assert (one["picture_delay_ms"], one["still_s"], one["concealed_s"]) == (60.0, 2.0, 0.2)
    assert one["reasons"] == ["hung up"]
    text = (await control.api.get("/reports/consultation.csv", params=asked)).text
    assert len(text.splitlines()) == 3
    use = (await control.api.get("/reports/use.csv", params=SPAN)).text
    assert use.splitlines()[1].startswith("20270302,3,0.5,")
    wrong = {"since": "2026-01-01", "until": "2027-03-03"}
    assert (await control.api.get("/reports/consultations", params=wrong)).status_code == 422
    nothing = {**SPAN, "conference": "none"}
    assert (await control.api.get("/reports/consultation", params=nothing)).status_code == 404
