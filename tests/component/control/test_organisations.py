"""Users of an organisation see and change what is theirs or below, and nothing else is there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from control_api.auth.roles import Principal, Role
from control_api.persistence.bookings import BookedSite
from control_api.persistence.library import LibraryRows, Search
from control_api.persistence.register import RegisteredSite
from control_api.soap.gateway import Asked, Gateway
from mcu_core.contract.snapshots import SiteSnapshot
from recorder.contract import RecordingInfo, RecordingState
from tests.component.control.conftest import Control
from tests.component.control.test_recordings import written

PASSWORD = "Passw0rd!demo"
SPAN = {"since": "2027-03-01T00:00:00Z", "until": "2027-03-02T00:00:00Z"}
NAMESPACE = "http://smc.huawei.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


@asynccontextmanager
async def operator(
    control: Control, name: str, organisation: str
) -> AsyncIterator[httpx.AsyncClient]:
    user = {"name": name, "password": PASSWORD, "role": "operator", "organisation": organisation}
    await control.json("POST", "/users", json=user)
    async with control.client() as client:
        reply = await client.post("/session", json={"user": name, "password": PASSWORD})
        whole = {"user": name, "role": "operator", "organisation": organisation, "title": ""}
        assert reply.json() == whole
        yield client


async def ids(client: httpx.AsyncClient, path: str, key: str = "id", **query: str) -> list[str]:
    reply = await client.get(path, params=query)
    assert reply.status_code == 200, reply.text
    return [str(row[key]) for row in reply.json()]


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    reply = await client.post(path, json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_bookings_dial_no_site_of_another_organisation(control: Control) -> None:
    for uri, organisation in (
        ("ward", "一院"),
        ("ct", "一院/放射科"),
        ("far", "二院"),
        ("hall", ""),
    ):
        site = {"uri": uri, "name": uri, "organisation": organisation}
        await control.json("POST", "/sites", json=site)
    body: dict[str, Any] = {"name": "会诊", "begin": "2035-03-01T08:00:00Z", "minutes": 60}
    async with operator(control, "one", "一院") as one:
        for uri, status in (
            ("ward", 201),
            ("ct", 201),
            ("unknown", 201),
            ("far", 422),
            ("hall", 201),  # nobody's: everybody's to book
        ):
            reply = await one.post("/bookings", json={**body, "sites": [{"uri": uri}]})
            assert reply.status_code == status, uri
        booked = (await made(one, "/bookings", **body))["id"]
        edited = {**body, "sites": [{"uri": "far"}]}
        assert (await one.put(f"/bookings/{booked}", json=edited)).status_code == 422
        assert await ids(one, "/sites", "uri") == ["ct", "hall", "ward"]
        hall = {"uri": "hall", "name": "mine"}
        assert (await one.put("/sites/hall", json=hall)).status_code == 404, "not theirs to change"
        rights = {"rights": ["see", "control", "invite"]}
        assert (await control.api.put("/roles/centre", json=rights)).is_success
        role = {"role": "centre", "organisation": "一院"}
        assert (await control.api.put("/users/one", json=role)).is_success
        assert (await one.put(f"/bookings/{booked}", json=edited)).status_code == 200
        assert await ids(one, "/sites", "uri") == ["ct", "far", "hall", "ward"]
    assert await control.json("PUT", f"/bookings/{booked}", json=edited)


async def test_organisations_are_told_from_ones_own_downwards(control: Control) -> None:
    site = {"uri": "ct", "name": "CT", "organisation": "一院/放射科"}
    await control.json("POST", "/sites", json=site)
    limit = {"organisation": "二院", "rate_kbps": 4000}
    assert (await control.api.put("/organisations/limits", json=limit)).status_code == 204
    async with operator(control, "one", "一院") as one:
        assert (await one.get("/organisations")).json() == ["一院", "一院/放射科"]
        assert (await one.get("/organisations/limits")).json() == []
    known = await control.json("GET", "/organisations")
    assert known == ["一院", "一院/放射科", "二院"]


async def test_ports_that_bookings_leave_free(control: Control) -> None:
    span = {"since": "2035-03-01T08:00:00Z", "until": "2035-03-01T10:00:00Z"}
    ask = control.api.get
    assert (await ask("/ports", params=span)).json() == {"capacity": 0, "spans": []}
    control.bridge.bookings.ports.capacity = 40
    body = {"name": "会诊", "begin": span["since"], "minutes": 60, "sites": [{"uri": "x"}]}
    booked = await control.json("POST", "/bookings", json=body)
    told = (await ask("/ports", params=span)).json()
    taken = 40 - told["spans"][0]["free"]
    assert (told["capacity"], taken > 0) == (40, True)
    assert [(one["begin"][11:16], one["free"]) for one in told["spans"]] == [
        ("08:00", 40 - taken),
        ("09:00", 40),
    ]
    await control.json("DELETE", f"/bookings/{booked['id']}")
    assert [one["free"] for one in (await ask("/ports", params=span)).json()["spans"]] == [40]
    for bad in ({**span, "until": span["since"]}, {**span, "until": "2037-03-01T08:00:00Z"}):
        assert (await ask("/ports", params=bad)).status_code == 422


async def test_bookings_come_by_pages(control: Control) -> None:
    for k in range(3):
        body = {"name": f"n{k}", "begin": f"2035-03-01T0{k}:00:00Z", "minutes": 10}
        await control.json("POST", "/bookings", json=body)
    span = {"since": "2035-03-01T00:00:00Z", "until": "2035-03-02T00:00:00Z"}
    reply = await control.api.get("/bookings", params={**span, "limit": 2, "offset": 1})
    assert ([row["name"] for row in reply.json()], reply.headers["X-Total-Count"]) == (
        ["n1", "n2"],
        "3",
    )
    for bad in ({"limit": 0}, {"limit": 1001}, {"offset": -1}):
        assert (await control.api.get("/bookings", params={**span, **bad})).status_code == 422


async def test_conferences_are_their_makers_and_of_those_above(control: Control) -> None:
    nobodys = await control.conference()
    async with (
        operator(control, "one", "一院") as one,
        operator(control, "ct", "一院/放射科") as ct,
        operator(control, "two", "二院") as two,
    ):
        theirs = (await made(ct, "/conferences", name="读片"))["id"]
        assert await ids(one, "/conferences") == [theirs]
        assert await ids(two, "/conferences") == []
        assert set(await ids(control.api, "/conferences")) == {nobodys, theirs}
        for client, conference, status in (
            (one, theirs, 200),
            (two, theirs, 404),
            (ct, nobodys, 404),
        ):
            path = f"/conferences/{conference}"
            assert (await client.get(path)).status_code == status
            change = await client.patch(path, json={"name": "mine"})
            assert change.status_code == status
            sites = await client.post(f"{path}/sites", json={"name": "x", "kind": "webrtc"})
            assert sites.status_code == (201 if status == 200 else 404)
        assert (await two.delete(f"/conferences/{theirs}")).status_code == 404
        group = await one.put(f"/conferences/{theirs}/groups/1", json={"sites": []})
        assert group.status_code != 404, "a group's number is no booking's"
        for path in ("/films", "/dicom-jobs"):
            assert (await one.get(path)).json() == [], path
        for path in ("/engines", "/alarms", "/audit"):
            assert (await one.get(path)).status_code in {403, 422}, path


async def test_bookings_and_free_busy(control: Control) -> None:
    async with operator(control, "one", "一院") as one, operator(control, "two", "二院") as two:
        wanted = {"name": "会诊", "begin": "2027-03-01T08:00:00Z", "minutes": 60}
        booked = await made(one, "/bookings", **wanted, sites=[{"uri": "ct"}])
        assert await ids(one, "/bookings", "booking", **SPAN) == [booked["id"]]
        assert await ids(two, "/bookings", "booking", **SPAN) == []
        assert (await two.get(f"/bookings/{booked['id']}")).status_code == 404
        assert (await two.delete(f"/bookings/{booked['id']}")).status_code == 404
        for client, name in ((one, "会诊"), (two, "")):
            (taken,) = (await client.get("/taken", params={"uri": "ct", **SPAN})).json()
            assert taken["name"] == name, "that it is taken everybody sees"


async def test_registered_sites_and_calls(control: Control) -> None:
    async with operator(control, "one", "一院") as one, operator(control, "two", "二院") as two:
        own = await made(one, "/sites", uri="ct", name="CT")
        assert own["organisation"] == "一院"
        foreign = {"uri": "x", "name": "X", "organisation": "二院"}
        assert (await one.post("/sites", json=foreign)).status_code == 422
        assert await ids(two, "/sites", "uri") == []
        assert (await two.delete("/sites/ct")).status_code == 404
        assert (await two.put("/sites/ct", json={"uri": "ct", "name": "Y"})).status_code == 404
        conference = (await made(one, "/conferences", name="读片"))["id"]
        site = await control.site(conference, "webrtc")
        below = RegisteredSite(site, "CT 2", organisation="一院/放射科")
        await control.bridge.register.add(below)
        control.bridge.calls.see(conference, SiteSnapshot(site, "", "e", "joined"), "")
        await control.bridge.calls.flush()
        span = {"since": "2020-01-01", "until": "2100-01-01"}
        assert await ids(one, "/calls", "site", **span) == [site]
        assert await ids(two, "/calls", "site", **span) == []
        assert await ids(two, "/calls", "site", organisation="一院", **span) == []


async def test_recordings_are_those_of_their_conferences_also_when_these_are_over(
    control: Control,
) -> None:
    async with operator(control, "one", "一院") as one:
        conference = (await made(one, "/conferences", name="读片"))["id"]
        await one.delete(f"/conferences/{conference}")
    rows = LibraryRows(control.bridge._database)
    begun = "2026-11-01T08:00:00+00:00"
    for number, of in enumerate((conference, "nobodys")):
        info = RecordingInfo(f"r{number}", of, "t", RecordingState.DONE, begun)
        await rows.put([(info, "")])
    for organisation, found in (("一院", ["r0"]), ("一院/放射科", []), ("", ["r1", "r0"])):
        page = await rows.find(Search(organisation=organisation))
        assert [info.id for info in page.infos] == found, organisation


async def test_bytes_of_recordings_are_those_of_their_conferences_too(
    control: Control, tmp_path: Path
) -> None:
    async with operator(control, "one", "一院") as one, operator(control, "two", "二院") as two:
        theirs = (await made(one, "/conferences", name="读片"))["id"]
        written(tmp_path, "r1", theirs, b"1234").close()
        for path in ("tracks/main", "hls/main.mp4"):
            for client, status in ((one, 200), (two, 404), (control.api, 200)):
                reply = await client.get(f"/recordings/r1/{path}")
                assert reply.status_code == status, (path, reply.text)


async def test_events_of_others_are_not_told(control: Control) -> None:
    bridge = control.bridge
    async with operator(control, "one", "一院") as one:
        theirs = (await made(one, "/conferences", name="读片"))["id"]
        nobodys = await control.conference()
        principal = Principal("one", Role.OPERATOR, organisation="一院")
        reader = bridge.feed.subscribe(sees=lambda cid: bridge.territory.sees(principal, cid))
        for conference in (nobodys, "", theirs):
            bridge.feed.publish("speaker", conference, {"conference": conference})
        event = await reader.next()
        assert event is not None
        assert json.loads(event.data)["conference"] == theirs
        reader.close()


async def soap(gateway: Gateway, user: str, name: str, inner: str) -> str:
    token = (
        f'<w:Security xmlns:w="{WSSE}"><w:UsernameToken><w:Username>{user}</w:Username>'
        f"<w:Password>{PASSWORD}</w:Password></w:UsernameToken></w:Security>"
    )
    body = (
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Header>{token}</s:Header><s:Body>'
        f'<n:{name} xmlns:n="{NAMESPACE}">{inner}</n:{name}></s:Body></s:Envelope>'
    )
    return (await gateway.answer(Asked(body.encode()))).data.decode()


async def test_the_gateway_keeps_to_it_too(control: Control) -> None:
    gateway = Gateway(control.bridge)
    async with operator(control, "one", "一院") as one, operator(control, "two", "二院"):
        for name in ("one", "two"):
            await control.bridge.digests.set(name, PASSWORD)
        theirs = (await made(one, "/conferences", name="读片"))["id"]
        conf = f"<confId>{theirs}</confId>"
        mute = f"{conf}<isSwitch>1</isSwitch>"
        assert "<resultCode>0<" in await soap(gateway, "one", "setAudioSwitch", mute)
        assert "<resultCode>0<" not in await soap(gateway, "two", "setAudioSwitch", mute)
        assert theirs in await soap(gateway, "one", "queryConferencesStatus", "")
        assert theirs not in await soap(gateway, "two", "queryConferencesStatus", "")
        register = control.bridge.register
        site = "<siteInfo><uri>ct</uri><name>{}</name><type>7</type></siteInfo>"
        assert "<resultCode>0<" in await soap(gateway, "one", "addSiteInfo", site.format("CT"))
        assert (await register.get("ct")).organisation == "一院"
        assert "<resultCode>0<" not in await soap(gateway, "two", "editSiteInfo", site.format("X"))
        gone = "<siteUris>ct</siteUris>"
        assert "<resultCode>0<" not in await soap(gateway, "two", "deleteSiteInfo", gone)
        assert (await register.get("ct")).name == "CT"
        assert "<resultCode>0<" in await soap(gateway, "one", "deleteSiteInfo", gone)
    await gateway.stop()


async def test_administrators_are_of_the_whole(control: Control) -> None:
    user = {"name": "a", "password": PASSWORD, "role": "admin", "organisation": "一院"}
    assert (await control.api.post("/users", json=user)).status_code == 422


async def test_an_organisations_limit_holds_for_its_sites_when_they_join(control: Control) -> None:
    for uri, organisation, rate in (("ct", "一院/放射科", 4096), ("far", "二院", 1024)):
        body = {"uri": uri, "name": uri, "organisation": organisation, "rate_kbps": rate}
        await control.json("POST", "/sites", json=body)
    for organisation, rate in (("一院", 768), ("一院/放射科", 2048)):
        limit = {"organisation": organisation, "rate_kbps": rate}
        assert (await control.api.put("/organisations/limits", json=limit)).status_code == 204
    sites = [BookedSite("ct", "CT"), BookedSite("far", "Far"), BookedSite("new", "New")]
    found = await control.bridge.register.definitions(sites, 1920)
    limits = [(one.limit.bitrate_bps, one.limit.rate_bps) for one in found]
    assert limits == [(768_000, 768_000), (1_024_000, 0), (1_920_000, 0)]
    async with operator(control, "one", "一院") as one:
        rows = (await one.get("/organisations/limits")).json()
        assert [row["rate_kbps"] for row in rows] == [768, 2048]
        denied = await one.put("/organisations/limits", json=limit)
        assert denied.status_code == 403
    await control.api.put("/organisations/limits", json={"organisation": "一院", "rate_kbps": 0})
    (ct,) = await control.bridge.register.definitions(sites[:1], 1920)
    assert ct.limit.rate_bps == 2_048_000
    for wrong in ({"organisation": "", "rate_kbps": 64}, {"organisation": "x", "rate_kbps": 1}):
        assert (await control.api.put("/organisations/limits", json=wrong)).status_code == 422
