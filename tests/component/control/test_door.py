"""The door of a conference: access code, passwords, lock, anonymous places, the chair."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest

from control_api import rest
from control_api.auth.roles import Action
from control_api.auth.throttle import FREE_ATTEMPTS
from mcu_core.contract.events import SiteChanged
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

CODE, PASSWORD, CHAIR = "88001234", "246810", "135790"
OFFER = {"sdp": "v=0\r\n"}


async def room(control: Control, **rules: Any) -> str:
    """A conference with an access code."""
    cid = await control.conference()
    given = {"access_code": CODE, **rules}
    await control.json("PATCH", f"/conferences/{cid}/rules", json=given)
    return cid


async def knock(control: Control, **fields: Any) -> httpx.Response:
    async with control.client() as person:
        return await person.post("/door", json={"code": CODE, "name": "县医院", **fields})


def reason(reply: httpx.Response) -> str:
    assert reply.status_code == 403, reply.text
    return str(reply.json()["type"]).removeprefix("urn:mcu:door:")


@asynccontextmanager
async def holding(control: Control, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with control.client(headers={"Authorization": f"Bearer {token}"}) as person:
        yield person


async def attach(control: Control, token: str, cid: str, site: str) -> httpx.Response:
    async with holding(control, token) as person:
        return await person.post(f"/conferences/{cid}/sites/{site}/webrtc", json=OFFER)


async def entered(control: Control, cid: str, **fields: Any) -> tuple[str, str]:
    """Somebody comes in: the site and its token."""
    reply = await knock(control, **fields)
    assert reply.status_code == 200, reply.text
    entry = reply.json()
    assert (await attach(control, entry["token"], cid, entry["site"])).status_code == 200
    await until(lambda: entry["site"] in control.bridge.observed.been(cid), "it is in")
    return entry["site"], entry["token"]


async def test_the_access_code_lets_in_and_nothing_else_does(control: Control) -> None:
    cid = await room(control)
    assert reason(await knock(control, code="88001235")) == "code"
    assert reason(await knock(control, code="")) == "code"
    site, token = await entered(control, cid)
    view = await control.json("GET", f"/conferences/{cid}/sites/{site}")
    assert view["name"] == "县医院"
    async with holding(control, token) as person:
        assert (await person.get(f"/conferences/{cid}")).json()["rules"]["access_code"] == ""
        assert (await person.patch(f"/conferences/{cid}", json={"name": "x"})).status_code == 403
    assert (await knock(control, name="‮")).status_code == 422


async def test_a_conference_without_code_lets_nobody_in(control: Control) -> None:
    await control.conference()
    assert reason(await knock(control, code="")) == "code"


async def test_the_password_is_asked_of_who_was_invited_too(control: Control) -> None:
    cid = await room(control, password=PASSWORD)
    assert reason(await knock(control)) == "password"
    assert reason(await knock(control, password="000000")) == "password"
    await entered(control, cid, password=PASSWORD)

    seat = await control.site(cid, "webrtc")
    invited = await control.json("POST", f"/conferences/{cid}/sites/{seat}/invitation", json={})
    assert reason(await attach(control, invited["token"], cid, seat)) == "password"
    async with holding(control, invited["token"]) as person:
        whip = await person.post(
            f"/whip/{cid}/{seat}", content="v=0", headers={"content-type": "application/sdp"}
        )
        assert reason(whip) == "password"
        assert reason(await person.post("/door", json={"password": "111111"})) == "password"
        entry = (await person.post("/door", json={"password": PASSWORD})).json()
    assert entry["site"] == seat
    assert (await attach(control, entry["token"], cid, seat)).status_code == 200

    await control.json("PATCH", f"/conferences/{cid}/rules", json={"password": "999999"})
    assert reason(await attach(control, entry["token"], cid, seat)) == "password"
    stored = await control.json("GET", f"/conferences/{cid}")
    assert stored["rules"]["has_password"]
    assert "999999" not in str(stored)


async def test_guesses_are_slowed_down_and_forgiven(control: Control) -> None:
    await room(control, password=PASSWORD)
    replies = await asyncio.gather(*(knock(control, password="000000") for _ in range(20)))
    codes = sorted(reply.status_code for reply in replies)
    assert codes == [403] * FREE_ATTEMPTS + [429] * (20 - FREE_ATTEMPTS)
    assert (await knock(control, password=PASSWORD)).status_code == 429
    control.clock.advance_ns(301 * 10**9)
    assert (await knock(control, password=PASSWORD)).status_code == 200


async def test_an_invitation_is_not_prolonged_by_knocking(control: Control) -> None:
    cid = await room(control)
    seat, sessions = await control.site(cid, "webrtc"), control.bridge.sessions
    token, _ = sessions.invite(cid, seat, 1.0)
    async with holding(control, token) as person:
        entry = (await person.post("/door", json={})).json()
    assert entry["site"] == seat
    assert 0.9 < sessions.hours_left(entry["token"]) <= 1.0


async def test_coming_in_forgives_no_guess_at_the_chairs_password(control: Control) -> None:
    await room(control, chair_password=CHAIR)
    for _ in range(FREE_ATTEMPTS):
        assert (await knock(control, chair_password="000000")).status_code == 403
        assert (await knock(control)).status_code == 200
    assert (await knock(control, chair_password=CHAIR)).status_code == 429


async def test_a_locked_conference_lets_back_who_returns(
    control: Control, engine: FakeEngine
) -> None:
    cid = await room(control)
    site, token = await entered(control, cid)
    late = await control.site(cid, "webrtc")
    invited = await control.json("POST", f"/conferences/{cid}/sites/{late}/invitation", json={})
    await control.json("PATCH", f"/conferences/{cid}/rules", json={"locked": True})
    assert reason(await knock(control, name="new")) == "locked"
    assert reason(await attach(control, invited["token"], cid, late)) == "locked"
    engine.tell(SiteChanged(cid, site, "away"))
    await until(lambda: control.bridge.sites.get(cid, site).state == "away", "it has left")
    assert (await attach(control, token, cid, site)).status_code == 200, "it comes back"

    await control.json("POST", f"/conferences/{cid}/sites/{late}/ring")
    assert (await attach(control, invited["token"], cid, late)).status_code == 200, "called in"
    await control.json("PATCH", f"/conferences/{cid}/rules", json={"locked": False})
    assert (await knock(control, name="new")).status_code == 200


async def test_who_was_not_named_needs_an_anonymous_place(control: Control) -> None:
    sites = [{"uri": "ward", "name": "Ward"}, {"name": ""}]
    made = await control.json("POST", "/bookings", json={"name": "x", "sites": sites})
    cid, code = made["id"], made["access_code"]
    await until(lambda: cid in control.bridge.wanted, "it has begun")
    entry = (await knock(control, code=code, name="Ward")).json()
    assert entry["site"] == "ward", "a booked site has its place by its name"
    site, _ = await entered(control, cid, code=code, name="guest")
    assert site == "anonymous-1"
    assert reason(await knock(control, code=code, name="another")) == "no_place"
    await control.json("PATCH", f"/conferences/{cid}/rules", json={"anonymous": True})
    assert (await knock(control, code=code, name="another")).status_code == 200


async def test_the_chair_agrees_to_a_recording_from_the_seat(control: Control) -> None:
    cid = await room(control, chair_password=CHAIR)
    asked = {"recording_rules": {"consent": "asked"}}
    await control.json("PATCH", f"/conferences/{cid}", json=asked)
    other = await control.conference(**asked)
    _, token = await entered(control, cid, chair_password=CHAIR)
    path = f"/conferences/{cid}/recording"
    async with holding(control, token) as chair:
        agreed = await chair.put(f"{path}/consent", json={"agreed": True})
        assert agreed.json()["recording_rules"]["agreed"]
        assert (await chair.post(path)).status_code == 403, "to record is for operators"
        foreign = f"/conferences/{other}/recording/consent"
        assert (await chair.put(foreign, json={"agreed": True})).status_code == 403


async def test_the_chairs_password_lets_run_this_conference_only(control: Control) -> None:
    cid = await room(control, chair_password=CHAIR)
    other = await control.conference()
    assert reason(await knock(control, chair_password="000000")) == "chair_password"
    site, token = await entered(control, cid, chair_password=CHAIR)
    guest, _ = await entered(control, cid, name="guest")
    assert (await control.json("GET", f"/conferences/{cid}"))["chair"] == site
    async with holding(control, token) as chair:
        muted = await chair.patch(f"/conferences/{cid}/sites/{guest}", json={"muted": True})
        assert muted.json()["muted"] is True
        assert (await chair.put(f"/conferences/{cid}/layout", json={"mode": 2})).status_code == 200
        assert (await chair.patch(f"/conferences/{other}", json={"name": "x"})).status_code == 403
        assert (await chair.post("/conferences", json={"name": "x"})).status_code == 403
        assert (await chair.get("/conferences")).status_code == 403
        seat = f"/conferences/{cid}/sites/{guest}/webrtc"
        assert (await chair.post(seat, json=OFFER)).status_code == 403, "not another's seat"
        assert (await chair.delete(f"/conferences/{cid}")).status_code == 204


async def test_a_changed_chairs_password_makes_chairs_guests(control: Control) -> None:
    cid = await room(control, chair_password=PASSWORD)
    entry = (await knock(control, chair_password=PASSWORD)).json()
    conference = f"/conferences/{cid}"
    async with holding(control, entry["token"]) as person:
        rules = await person.patch(conference, json={"recording_rules": {"consent": "free"}})
        assert rules.status_code == 403, "who records decides about recording"
        for change in ({"recorded": {"of": "content"}}, {"recorded": None}, {"encryption": "none"}):
            assert (await person.patch(conference, json=change)).status_code == 403
        mine = {"chair_password": "111222"}
        assert (await person.patch(f"{conference}/rules", json=mine)).status_code == 200
        for field, value in (("name", "x"), ("poll_s", 5)):
            assert (await person.patch(conference, json={field: value})).status_code == 403
        assert (await person.get(conference)).status_code == 200, "still a guest"
    await control.json("PATCH", f"{conference}/rules", json={"chair_password": ""})
    async with holding(control, entry["token"]) as person:
        assert (await person.patch(conference, json={"name": "x"})).status_code == 403


async def test_a_guest_becomes_chair_in_its_seat(control: Control) -> None:
    cid = await room(control, chair_password=CHAIR)
    site, token = await entered(control, cid)
    async with holding(control, token) as person:
        entry = (await person.post("/door", json={"chair_password": CHAIR})).json()
    assert (entry["site"], entry["chair"]) == (site, True)


async def test_a_site_chooses_what_it_sees_and_raises_its_hand(
    control: Control, engine: FakeEngine
) -> None:
    cid = await room(control)
    site, token = await entered(control, cid)
    other, _ = await entered(control, cid, name="other")
    async with holding(control, token) as person:
        own = f"/conferences/{cid}/sites/{site}"
        assert (await person.put(f"{own}/watch", json={"site": other})).json()["watch"] == other
        view = {"layout": {"mode": 2}, "panes": []}
        assert (await person.put(f"{own}/view", json=view)).status_code == 200
        assert (await person.put(f"{own}/hand", json={"raised": True})).status_code == 200
        for path in ("watch", "view", "hand"):
            theirs = f"/conferences/{cid}/sites/{other}/{path}"
            assert (await person.put(theirs, json={"site": ""})).status_code in (403, 422)
    definition = next(one for one in engine.conferences[cid].sites if one.id == site)
    assert definition.watch == other
    assert definition.view is not None
    assert (await control.json("GET", f"/conferences/{cid}"))["hands"] == [site]
    await control.json("PUT", f"/conferences/{cid}/sites/{site}/hand", json={"raised": False})
    assert (await control.json("GET", f"/conferences/{cid}"))["hands"] == []


async def test_rules_outlive_a_restart(control: Control) -> None:
    cid = await room(control, locked=True, password=PASSWORD)
    before = control.bridge.wanted[cid].rules
    await control.bridge.wanted.load()
    assert control.bridge.wanted[cid].rules == before


async def test_an_access_code_is_one_conferences(control: Control) -> None:
    await room(control)
    other = await control.conference()
    path = f"/conferences/{other}/rules"
    assert (await control.api.patch(path, json={"access_code": CODE})).status_code == 409
    assert (await control.api.patch(path, json={"password": "12"})).status_code == 422


def test_who_may_run_a_conference_is_asked_for_which() -> None:
    """A route of RUN or SEAT without a conference would be open to the chairs of all."""
    found = []
    modules = [import_module(f"control_api.rest.{one.name}") for one in iter_modules(rest.__path__)]
    routers = [one for module in modules if (one := getattr(module, "router", None))]
    for route in (route for router in routers for route in router.routes):
        for one in getattr(getattr(route, "dependant", None), "dependencies", ()):
            cells = [cell.cell_contents for cell in getattr(one.call, "__closure__", None) or ()]
            if Action.RUN in cells or Action.SEAT in cells:
                found.append(getattr(route, "path", ""))
    assert len(found) > 15
    assert [path for path in found if "{cid}" not in path] == []


@pytest.mark.parametrize("answer", ["declined", "joined"])
async def test_a_page_rings_until_it_answers(
    control: Control, engine: FakeEngine, answer: str
) -> None:
    cid = await control.conference()
    site = await control.site(cid, "webrtc")
    reader = control.bridge.feed.subscribe(cid)
    await control.json("POST", f"/conferences/{cid}/sites/{site}/ring")
    event = await reader.next()
    while event is not None and event.name != "ring":
        event = await reader.next()
    assert event is not None
    assert '"name":"Round"' in event.data
    calling = control.bridge.calling
    assert calling.rings(cid, site)
    if answer == "declined":
        await control.json("POST", f"/conferences/{cid}/sites/{site}/declined")
        assert not calling.rings(cid, site)
    else:
        control.clock.advance_ns(60 * 10**9)
        assert not calling.rings(cid, site)
    reader.close()
