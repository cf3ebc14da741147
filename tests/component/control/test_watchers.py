"""Watching by WHEP: for those who may, as long as they may, and nobody ends another's."""

import httpx
import pytest

from control_api.services import watchers
from mcu_core.contract.commands import Detach
from tests.component.control.conftest import Control
from tests.component.control.test_live import viewer_token
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

OFFER = "v=0\r\n"
SDP = {"Content-Type": "application/sdp"}


async def watching(client: httpx.AsyncClient, cid: str) -> str:
    """Where a new viewer's connection can be ended."""
    reply = await client.post(f"/whep/{cid}", content=OFFER, headers=SDP)
    assert reply.status_code == 201
    return reply.headers["location"].removeprefix("/api/v1")


def viewers(engine: FakeEngine) -> list[str]:
    return [endpoint for endpoint, (_, site) in engine.endpoints.items() if not site]


@pytest.fixture
async def often(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights are looked at fifty times a second."""
    monkeypatch.setattr(watchers, "CHECK_S", 0.02)
    await control.bridge.watchers.stop()
    control.bridge.watchers.start()


@pytest.mark.usefixtures("often")
async def test_who_loses_the_right_is_cut(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    headers = {"Authorization": f"Bearer {await viewer_token(control)}"}
    async with control.client(headers=headers) as viewer:
        await watching(viewer, cid)
        mine = await watching(control.api, cid)
        assert len(viewers(engine)) == 2
        await control.json("DELETE", "/users/xiao")
        await until(lambda: len(viewers(engine)) == 1, "the viewer without a right is cut")
        assert mine.endswith(viewers(engine)[0])
    assert control.bridge.observed.view(cid).sites == [], "viewers are no sites"
    assert (await control.api.delete(mine)).status_code == 200
    assert viewers(engine) == []
    assert control.bridge.watchers.count == 0


@pytest.mark.usefixtures("often")
async def test_who_is_given_another_organisation_is_cut(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    headers = {"Authorization": f"Bearer {await viewer_token(control)}"}
    async with control.client(headers=headers) as viewer:
        await watching(viewer, cid)
        await watching(control.api, cid)
        user = {"role": "viewer", "organisation": "二院"}
        await control.json("PUT", "/users/xiao", json=user)
        await until(lambda: len(viewers(engine)) == 1, "whose conference it is not is cut")


async def test_what_is_not_shown_live_is_for_those_who_run_it(
    control: Control, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid = await control.conference()
    headers = {"Authorization": f"Bearer {await viewer_token(control)}"}
    async with control.client(headers=headers) as viewer:
        theirs = await watching(control.api, cid)
        assert (await viewer.delete(theirs)).status_code == 403, "another's connection"
        assert (await viewer.delete(f"/whep/{cid}/none")).status_code == 404
        await control.json("PATCH", f"/conferences/{cid}/rules", json={"live": False})
        reply = await viewer.post(f"/whep/{cid}", content=OFFER, headers=SDP)
        assert reply.status_code == 409
        await watching(control.api, cid)
    assert not [command for command in engine.asked if isinstance(command, Detach)]


async def test_the_oldest_of_an_account_gives_way(
    control: Control, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchers, "MOST_OF_ONE_ACCOUNT", 2)
    cid = await control.conference()
    first, *others = [(await watching(control.api, cid)).rpartition("/")[2] for _ in range(3)]
    assert viewers(engine) == others
    assert first not in viewers(engine)


async def test_players_of_other_sites_watch_with_a_token_and_never_by_our_cookie(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    asked = {
        "Origin": "https://player.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    foreign = {"Origin": "https://player.example", "Sec-Fetch-Site": "cross-site", **SDP}
    bearer = {**foreign, "Authorization": f"Bearer {await viewer_token(control)}"}
    async with control.client() as page:
        may = await page.options(f"/whep/{cid}", headers=asked)
        assert may.status_code == 204
        assert may.headers["access-control-allow-origin"] == "*"
        assert "Authorization" in may.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in may.headers
        begun = await page.post(f"/whep/{cid}", content=OFFER, headers=bearer)
        assert begun.status_code == 201
        assert begun.headers["access-control-expose-headers"] == "Location"
        ended = await page.delete(begun.headers["location"].removeprefix("/api/v1"), headers=bearer)
        assert (ended.status_code, viewers(engine)) == (200, [])
        elsewhere = await page.get("/conferences", headers=bearer)
        assert "access-control-allow-origin" not in elsewhere.headers
        assert (await page.post("/conferences", json={}, headers=bearer)).status_code == 403
    mine = await control.api.post(f"/whep/{cid}", content=OFFER, headers=foreign)
    assert mine.status_code == 403, "a cookie alone is not enough from elsewhere"
