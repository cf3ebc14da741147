"""Callers of the gateway who flood it, or hide behind others."""

from typing import Any

import pytest

from control_api.auth.digests import digest, inner_hash
from control_api.services.booking_request import BookingRequest
from control_api.soap.contract import DESCRIPTIONS, wsdl
from control_api.soap.gateway import Asked, Gateway
from control_api.soap.sessions import MOST_PENDING, session_of
from tests.component.control.conftest import Control
from tests.component.soap.conftest import HOUR, START, Office
from tests.component.soap.test_messages import PASSWORD, V11, request, security, sent


def test_descriptions_under_many_names_are_not_all_kept() -> None:
    for k in range(2 * DESCRIPTIONS):
        wsdl("/services/common", f"http://stranger-{k}")
    assert wsdl.cache_info().currsize <= DESCRIPTIONS


async def test_a_flood_of_begun_logins_does_not_push_out_another_s(control: Control) -> None:
    await control.bridge.digests.set("admin", PASSWORD)
    sessions = Gateway(control.bridge).sessions
    begun, sequence = sessions.begin("admin", "10.0.0.1")
    for _ in range(2 * MOST_PENDING):
        sessions.begin("admin", "203.0.113.9")
    secret = digest(inner_hash(PASSWORD), sequence)
    assert await sessions.authenticate(begun, secret, "10.0.0.1")


def test_a_cookie_that_only_ends_like_ours_is_another() -> None:
    assert session_of("XJSESSIONID=AAAA; JSESSIONID=BBBB") == "BBBB"


async def test_deeds_are_noted_with_who_proved_to_be_whom(control: Control) -> None:
    await control.bridge.digests.set("admin", PASSWORD)
    user = {"name": "his", "password": PASSWORD, "role": "operator"}
    await control.json("POST", "/users", json=user)
    await control.bridge.digests.set("his", PASSWORD)
    gateway = Gateway(control.bridge)
    begun, sequence = gateway.sessions.begin("his", "10.0.0.2")
    secret = digest(inner_hash(PASSWORD), sequence)
    cookie = f"JSESSIONID={await gateway.sessions.authenticate(begun, secret, '10.0.0.2')}"
    conference = await control.conference()
    body = request("setAudioSwitch", f"<confId>{conference}</confId><isSwitch>1</isSwitch>")
    for password in (PASSWORD, "wrong"):
        await gateway.answer(Asked(sent(body, V11, security(password)), cookie))
    await gateway.answer(Asked(sent(request("Logout")), cookie))
    rows = await control.bridge.audit.between(0, 1e12)
    noted = [(row.action, row.user_name) for row in rows if row.action.startswith("SOAP")]
    assert noted == [
        ("SOAP setAudioSwitch", "admin"),
        ("SOAP setAudioSwitch", ""),
        ("SOAP Logout", "his"),
    ]


async def test_a_booking_that_breaks_keeps_no_other_from_beginning(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    bookings, conferences = office.control.bridge.bookings, office.control.bridge.conferences
    soon_s = (START + HOUR).timestamp()
    broken, whole = [
        await bookings.book(BookingRequest(name, begin_s=soon_s, length_s=3600), "admin")
        for name in ("broken", "whole")
    ]
    create = conferences.create

    async def breaking(fields: dict[str, Any], conference: str, *more: Any) -> Any:
        if conference == str(broken.id):
            raise RuntimeError("a bug")
        return await create(fields, conference, *more)

    monkeypatch.setattr(conferences, "create", breaking)
    await office.pass_to(START + HOUR)
    running = {view.id for view in conferences.list()}
    assert str(whole.id) in running
    assert str(broken.id) not in running
