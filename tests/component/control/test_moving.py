"""A site moves to another conference: as it is, with its connection, its invitation, its place."""

import json

import pytest

from mcu_core.contract.commands import AttachRtp, Command, Detach
from mcu_core.contract.events import SiteChanged
from mcu_core.errors import Refused
from tests.component.control.conftest import Control
from tests.component.control.test_door import OFFER, attach, holding
from tests.fakes.engine import FakeEngine
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.waiting import until

SDP = rtp_offer(media_line("audio", 5004, 0, "PCMU/8000"))


async def invited(control: Control, cid: str, site: str) -> str:
    made = await control.json("POST", f"/conferences/{cid}/sites/{site}/invitation")
    return str(made["token"])


async def move(control: Control, cid: str, site: str, to: str) -> int:
    path = f"/conferences/{cid}/sites/{site}/move"
    return (await control.api.post(path, json={"to": to})).status_code


async def test_a_page_follows_with_the_invitation_that_it_has(control: Control) -> None:
    cid, to, third = [await control.conference() for _ in range(3)]
    site = await control.site(cid, "webrtc", muted=True)
    other = await control.site(cid, "webrtc")
    token = await invited(control, cid, site)
    assert (await attach(control, token, cid, site)).status_code == 200
    await control.json("PATCH", f"/conferences/{cid}", json={"broadcast": site})
    await control.json("PATCH", f"/conferences/{to}/rules", json={"password": "246810"})
    reader = control.bridge.feed.subscribe(cid)
    assert await move(control, cid, site, to) == 200
    while (event := await reader.next()) is not None and event.name != "moved":
        pass
    assert event is not None
    assert json.loads(event.public) == {"conference": cid, "site": site, "to": to}
    reader.close()
    left = await control.json("GET", f"/conferences/{cid}")
    assert ([one["id"] for one in left["sites"]], left["broadcast"]) == ([other], "")
    moved = await control.json("GET", f"/conferences/{to}/sites/{site}")
    assert moved["muted"]
    assert (await attach(control, token, cid, site)).status_code == 403, "not here any more"
    assert (await attach(control, token, to, site)).status_code == 200, "let in without a password"
    await until(lambda: control.bridge.sites.get(to, site).state == "joined")
    assert await move(control, to, site, third) == 200
    async with holding(control, token) as person:
        assert (await person.get(f"/conferences/{third}")).status_code == 200
        assert (await person.get(f"/conferences/{to}")).status_code == 403
    assert await move(control, third, site, cid) == 200
    assert (await attach(control, token, cid, site)).status_code == 200, "and back again"


async def test_a_moved_guest_gives_a_password_that_is_new(control: Control) -> None:
    """That of the conference where it is now, or which it left before it had given it."""
    cid, to = await control.conference(), await control.conference()
    site, late = [await control.site(cid, "webrtc") for _ in range(2)]
    token, other = await invited(control, cid, site), await invited(control, cid, late)
    assert await move(control, cid, site, to) == 200
    assert (await attach(control, token, to, site)).status_code == 200
    await control.json("PATCH", f"/conferences/{to}/rules", json={"password": "246810"})
    reply = await attach(control, token, to, site)
    assert (reply.status_code, reply.json()["type"]) == (403, "urn:mcu:door:password")
    await control.json("PATCH", f"/conferences/{cid}/rules", json={"password": "135791"})
    assert await move(control, cid, late, to) == 200
    assert (await attach(control, other, to, late)).status_code == 403, "moving opens no door"
    async with holding(control, other) as person:
        entry = (await person.post("/door", json={"password": "246810"})).json()
    assert (await attach(control, entry["token"], to, late)).status_code == 200
    await control.json("PATCH", f"/conferences/{to}/rules", json={"password": ""})
    assert (await attach(control, other, to, late)).status_code == 200, "none is asked for"


async def test_an_rtp_site_keeps_its_ports(control: Control, engine: FakeEngine) -> None:
    cid, to = await control.conference(), await control.conference()
    site = await control.site(cid, "rtp")
    attached = await control.bridge.sites.attach_rtp(cid, site, SDP)
    await until(lambda: control.bridge.sites.get(cid, site).state == "joined")
    assert await move(control, cid, site, to) == 200
    ended, begun = [one for one in engine.asked if isinstance(one, Detach | AttachRtp)][-2:]
    assert ended == Detach(cid, attached.endpoint)
    assert begun == AttachRtp(to, site, SDP, attached.ports)
    assert control.bridge.wanted[to].rtp[site].ports == attached.ports
    assert control.bridge.wanted[cid].rtp == {}

    def refuse(command: Command) -> None:
        if isinstance(command, AttachRtp) and any(command.ports):
            raise Refused("taken")

    engine.refuse = refuse
    assert await move(control, to, site, cid) == 200, "others where those are taken"
    assert control.bridge.wanted[cid].rtp[site].ports not in (attached.ports, (0, 0))


async def test_what_cannot_move_says_so(control: Control, engine: FakeEngine) -> None:
    cid, to = await control.conference(), await control.conference()
    site = await control.site(cid, "pattern")
    assert await move(control, cid, site, cid) == 422
    assert await move(control, cid, site, "nowhere") == 404
    assert await move(control, cid, "nobody", to) == 404
    assert await move(control, cid, site, to) == 200
    assert engine.conferences[to].sites[0].pattern is not None
    assert engine.conferences[cid].sites == ()


@pytest.mark.parametrize("state", ["joined", "away"])
async def test_a_site_of_that_name_there(control: Control, engine: FakeEngine, state: str) -> None:
    """A free seat of that id is taken; one with somebody on it is not."""
    sites = [{"uri": "ward", "name": "Ward"}]
    rooms = [
        (await control.json("POST", "/bookings", json={"name": name, "sites": sites}))["id"]
        for name in ("A", "B")
    ]
    if state == "joined":
        engine.tell(SiteChanged(rooms[1], "ward", "joined", "e"))
        await until(lambda: control.bridge.sites.get(rooms[1], "ward").state == "joined")
    assert await move(control, rooms[0], "ward", rooms[1]) == (409 if state == "joined" else 200)
    booked = await control.bridge.bookings.booked_sites(rooms[0])
    assert set(booked) == ({"ward"} if state == "joined" else set())


async def test_a_locked_source_is_not_for_guests_to_change(control: Control) -> None:
    cid = await control.conference()
    site, other = [await control.site(cid, "webrtc") for _ in range(2)]
    token = await invited(control, cid, site)
    path = f"/conferences/{cid}/sites/{site}"
    await control.json("PATCH", path, json={"source_locked": True, "watch": other})
    async with holding(control, token) as person:
        assert (await person.put(f"{path}/watch", json={"site": ""})).status_code == 409
        assert (await person.delete(f"{path}/view")).status_code == 409
        await control.json("PATCH", path, json={"source_locked": False})
        assert (await person.put(f"{path}/watch", json={"site": ""})).status_code == 200


async def test_inputs_are_what_the_page_tells(control: Control) -> None:
    cid = await control.conference()
    site = await control.site(cid, "webrtc")
    token = await invited(control, cid, site)
    await control.bridge.sites.attach_webrtc(cid, site, OFFER["sdp"])
    await until(lambda: control.bridge.sites.get(cid, site).state == "joined")
    path = f"/conferences/{cid}/sites/{site}/inputs"
    async with holding(control, token) as person:
        told = await person.put(path, json={"cameras": ["Front", "Document"]})
        assert told.status_code == 204
        assert (await person.put(path, json={"cameras": ["x"] * 17})).status_code == 422
    found = await control.json("GET", path)
    assert [(one["id"], one["name"], one["content"]) for one in found] == [
        (1, "Front", False),
        (2, "Document", False),
        (3, "screen", True),
    ]
