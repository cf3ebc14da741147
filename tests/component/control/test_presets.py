"""Templates, groups of sites, ports that are kept, codes of occurrences, and the billing code."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from control_api.auth.roles import Principal, Role
from mcu_core.contract.events import SiteChanged
from tests.component.control.conftest import Control, running_control
from tests.component.control.test_organisations import operator
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

ADMIN = Principal("admin", Role.ADMIN)
BODY: dict[str, Any] = {
    "name": "会诊",
    "begin": "2035-03-01T08:00:00Z",
    "minutes": 45,
    "sites": [{"uri": "ward"}, {"uri": "ct"}],
    "presence_panes": 4,
    "password": "246810",
    "bill_code": "K-7",
}


@pytest.fixture
async def small(tmp_path: Path, engine: FakeEngine) -> AsyncIterator[Control]:
    """A machine of 12 ports."""
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines, port_units=12) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set(), "engine is ready")
        yield control


async def test_a_template_has_what_all_its_bookings_share(control: Control) -> None:
    assert await control.json("PUT", "/booking-templates/Weekly round", json=BODY) is None
    (kept,) = await control.json("GET", "/booking-templates")
    assert kept == {
        "name": "Weekly round",
        "title": "会诊",
        "minutes": 45,
        "sites": ["ward", "ct"],
        "rate_kbps": 1920,
        "presence_panes": 4,
        "ports": 0,
        "may_record": True,
        "auto_record": False,
        "may_stream": True,
        "bill_code": "K-7",
    }
    await control.json("PUT", "/booking-templates/Weekly round", json={**BODY, "minutes": 30})
    assert [one["minutes"] for one in await control.json("GET", "/booking-templates")] == [30]
    templates = await control.bridge.presets.templates(ADMIN)
    assert (templates["Weekly round"].password, templates["Weekly round"].begin_s) == ("", None)
    await control.json("DELETE", "/booking-templates/Weekly round")
    assert await control.json("GET", "/booking-templates") == []
    gone = await control.api.delete("/booking-templates/Weekly round")
    assert gone.status_code == 404


async def test_presets_are_of_an_organisation_and_those_above(control: Control) -> None:
    await control.json("PUT", "/site-groups/all", json={"sites": ["ward"]})
    async with operator(control, "one", "一院") as one, operator(control, "two", "二院") as two:
        for client in (one, two):
            assert (await client.delete("/site-groups/all")).status_code == 404, "not theirs"
        kept = await one.put("/site-groups/own", json={"sites": ["ct"]})
        assert kept.status_code == 204
        names = [
            [row["name"] for row in (await client.get("/site-groups")).json()]
            for client in (one, two, control.api)
        ]
        assert names == [["all", "own"], ["all"], ["all", "own"]]
        assert (await two.post("/site-groups/own/meet")).status_code == 404
    for bad in ([], ["a b"], [f"s{k}" for k in range(201)]):
        reply = await control.api.put("/site-groups/x", json={"sites": bad})
        assert reply.status_code == 422, bad


async def test_a_group_meets_at_one_touch_and_joins_at_one(
    control: Control, engine: FakeEngine
) -> None:
    await control.json("PUT", "/site-groups/Stroke team", json={"sites": ["ward", "ct", "ward"]})
    booked = await control.json("POST", "/site-groups/Stroke team/meet")
    assert [site.id for site in engine.conferences[booked["id"]].sites] == ["ward", "ct"]
    assert control.bridge.calling.rings(booked["id"], "ward")
    other = await control.json("POST", "/bookings", json={"name": "B", "sites": [{"uri": "ct"}]})
    plain = await control.conference()
    engine.tell(SiteChanged(other["id"], "ct", "joined", "e"))
    await until(lambda: control.bridge.sites.get(other["id"], "ct").state == "joined")
    for conference in (other["id"], plain):
        path = f"/conferences/{conference}/site-groups"
        view = await control.json("POST", path, json={"group": "Stroke team"})
        assert {site["id"] for site in view["sites"]} == {"ward", "ct"}
        assert control.bridge.calling.rings(conference, "ward")
    assert not control.bridge.calling.rings(other["id"], "ct"), "who is in is not called"
    assert set(await control.bridge.bookings.booked_sites(other["id"])) == {"ward", "ct"}
    unknown = await control.api.post(f"/conferences/{plain}/site-groups", json={"group": "x"})
    assert unknown.status_code == 404


async def test_ports_are_kept_and_changed_while_it_runs(small: Control) -> None:
    body = {"name": "A", "minutes": 60, "presence_panes": 0, "sites": [{"uri": "a"}], "ports": 6}
    one = await small.json("POST", "/bookings", json=body)
    assert one["occurrences"][0]["units"] == 6
    refused = await small.api.post("/bookings", json={**body, "name": "B", "ports": 7})
    assert refused.status_code == 409
    assert "needs 7 ports" in refused.text
    two = await small.json("POST", "/bookings", json={**body, "name": "B", "ports": 4})
    path = f"/bookings/{one['id']}/ports"
    assert (await small.api.put(path, json={"ports": 9})).status_code == 409
    more = await small.json("PUT", path, json={"ports": 8})
    assert (more["ports"], more["occurrences"][0]["units"]) == (8, 8)
    assert (await small.api.put(path, json={"ports": -1})).status_code == 422
    least = await small.json("PUT", f"/bookings/{two['id']}/ports", json={"ports": 0})
    assert least["occurrences"][0]["units"] == 2, "what its site takes"
    assert (await small.json("GET", f"/bookings/{one['id']}"))["ports"] == 8


async def test_a_composed_picture_takes_ports_too(small: Control) -> None:
    body = {"name": "A", "minutes": 60, "sites": [{"uri": "a"}]}
    units = []
    for panes in (0, 1, 9, 24):
        made = await small.json("POST", "/bookings", json={**body, "presence_panes": panes})
        units.append(made["occurrences"][0]["units"])
        await small.json("DELETE", f"/bookings/{made['id']}")
    assert units == [2, 2, 3, 4]


async def test_each_occurrence_may_have_a_code_of_its_own(control: Control) -> None:
    rule = {"frequency": 0, "count": 3}
    made = await control.json(
        "POST", "/bookings", json={**BODY, "recurrence": rule, "code_each": True}
    )
    codes = [one["access_code"] for one in made["occurrences"]]
    assert len({*codes, made["access_code"]}) == 4
    same = await control.json("POST", "/bookings", json={**BODY, "recurrence": rule})
    assert {one["access_code"] for one in same["occurrences"]} == {same["access_code"]}


async def test_what_runs_is_entered_by_the_code_of_its_occurrence(control: Control) -> None:
    body = {**BODY, "code_each": True, "sites": [], "password": ""}
    del body["begin"]
    made = await control.json("POST", "/bookings", json=body)
    (now,) = made["occurrences"]
    async with control.client() as person:
        for code, status in ((made["access_code"], 403), (now["access_code"], 200)):
            reply = await person.post("/door", json={"code": code, "name": "x"})
            assert reply.status_code == status


async def test_the_billing_code_stands_in_the_call_records(
    control: Control, engine: FakeEngine
) -> None:
    body = {"name": "Billed", "minutes": 60, "sites": [{"uri": "ward"}], "bill_code": "K-7"}
    conference = (await control.json("POST", "/bookings", json=body))["id"]
    engine.tell(SiteChanged(conference, "ward", "joined", "e"))
    await until(lambda: control.bridge.sites.get(conference, "ward").state == "joined")
    await control.bridge.calls.flush()
    (call,) = await control.json("GET", "/calls")
    assert (call["bill_code"], call["conference_name"]) == ("K-7", "Billed")
    assert "K-7" in (await control.api.get("/calls.csv")).text
