"""The SOAP gateway from outside: description, login, session; zeep over real HTTP."""

import asyncio
import base64
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from control_api.auth.digests import digest, inner_hash
from control_api.soap.contract import SERVICES
from control_api.soap.faults import Code
from mcu_core.media.clock import NS_PER_SECOND
from tests.component.control.conftest import Control
from tests.fakes.soap_client import SoapCaller
from tests.fakes.soap_server import served

PASSWORD = "Passw0rd!demo"
DIALECTS = [
    pytest.param(vendor, version, id=f"{'vendor' if vendor else 'standard'}-{version}")
    for vendor in (False, True)
    for version in ("soap", "soap12")
]


@pytest.fixture
async def address(control: Control) -> AsyncIterator[str]:
    async with served(control) as url:
        given = {"password": PASSWORD}
        reply = await control.api.put("/users/admin/gateway-password", json=given)
        assert reply.status_code == 204
        yield url


async def caller(address: str, vendor: bool = False, version: str = "soap") -> SoapCaller:
    return await asyncio.to_thread(SoapCaller, address, vendor, version)


async def test_the_digest_is_that_of_real_clients() -> None:
    """soap_contract.md 3: produced by the vendor's own client."""
    inner = inner_hash("Passw0rd!demo")
    assert inner == "6ab148c2448a1346bb9e8b87d7f7494b356791ed9af67d35dffc3c220b726747"
    given = base64.b64encode(digest(inner, bytes(range(16))))
    assert given == b"/bXWvihAW6x9iXp1sLoH2Et++yhm/KwSPH798OrKHp0="


@pytest.mark.parametrize(("vendor", "version"), DIALECTS)
async def test_zeep_logs_in_and_changes_a_conference(
    control: Control, address: str, vendor: bool, version: str
) -> None:
    conference = await control.conference()
    site = await control.site(conference, "webrtc")
    with await caller(address, vendor, version) as client:
        assert await asyncio.to_thread(client.log_in, "admin", PASSWORD) == 0
        ask = partial(client.ask, "setSitesMute", confId=conference, siteUris=[site], isMute=0)
        assert await asyncio.to_thread(ask) == 0
    shown = await control.json("GET", f"/conferences/{conference}")
    assert shown["sites"][0]["muted"] is True


async def test_a_session_ends_when_nobody_uses_it(control: Control, address: str) -> None:
    with await caller(address) as client:
        await asyncio.to_thread(client.log_in, "admin", PASSWORD)
        for _ in range(3):
            control.clock.advance_ns(59 * NS_PER_SECOND)
            assert await asyncio.to_thread(client.raw, "KeepAlive") == 0
        control.clock.advance_ns(60 * NS_PER_SECOND)
        assert await asyncio.to_thread(client.raw, "KeepAlive") == Code.NO_SESSION


async def test_after_logout_nothing_is_done(control: Control, address: str) -> None:
    conference = await control.conference()
    with await caller(address) as client:
        await asyncio.to_thread(client.log_in, "admin", PASSWORD)
        assert await asyncio.to_thread(client.raw, "Logout") == 0
        ask = partial(client.ask, "setAudioSwitch", confId=conference, isSwitch=1)
        assert await asyncio.to_thread(ask) == Code.NO_SESSION


async def test_three_wrong_passwords_lock_the_user_for_that_source(
    control: Control, address: str
) -> None:
    with await caller(address) as client:
        for _ in range(3):
            assert await asyncio.to_thread(client.log_in, "admin", "wrong") == Code.WRONG_LOGIN
        assert await asyncio.to_thread(client.log_in, "admin", PASSWORD) == Code.LOCKED_OUT
        control.clock.advance_ns(301 * NS_PER_SECOND)
        assert await asyncio.to_thread(client.log_in, "admin", PASSWORD) == 0


async def test_a_viewer_changes_nothing(control: Control, address: str) -> None:
    user = {"name": "watcher", "password": PASSWORD, "role": "viewer"}
    await control.json("POST", "/users", json=user)
    await control.api.put("/users/watcher/gateway-password", json={"password": PASSWORD})
    conference = await control.conference()
    with await caller(address) as client:
        assert await asyncio.to_thread(client.log_in, "watcher", PASSWORD) == 0
        ask = partial(client.ask, "setAudioSwitch", confId=conference, isSwitch=1)
        assert await asyncio.to_thread(ask) == Code.NO_RIGHT


async def test_with_the_user_the_session_goes(control: Control, address: str) -> None:
    user = {"name": "his", "password": PASSWORD, "role": "operator"}
    await control.json("POST", "/users", json=user)
    await control.api.put("/users/his/gateway-password", json={"password": PASSWORD})
    with await caller(address) as client:
        assert await asyncio.to_thread(client.log_in, "his", PASSWORD) == 0
        assert await asyncio.to_thread(client.raw, "KeepAlive") == 0
        await control.api.delete("/users/his")
        assert await asyncio.to_thread(client.raw, "KeepAlive") == Code.NO_SESSION


async def test_every_service_describes_itself(control: Control, address: str) -> None:
    async with httpx.AsyncClient() as http:
        for path in SERVICES:
            reply = await http.get(f"{address}{path}?wsdl")
            assert reply.headers["content-type"].startswith("text/xml")
            assert f'location="{address}{path}"' in reply.text
        assert (await http.get(f"{address}/services/xsd/no.xsd")).status_code == 404


async def test_the_secret_is_sealed_where_it_lies(control: Control, address: str) -> None:
    raw = b"".join(path.read_bytes() for path in control.settings.data.glob("mcu.sqlite3*"))
    assert inner_hash(PASSWORD).encode() not in raw
    assert (control.settings.data / "gateway-key").stat().st_mode & 0o77 == 0
