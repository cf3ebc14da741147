"""A registered site opens a conference with the code of its room, and others come by that of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from control_api.auth.throttle import FREE_ATTEMPTS
from tests.component.control.conftest import Control
from tests.component.control.test_door import attach, holding, reason
from tests.component.control.test_organisations import operator
from tests.fakes.engine import FakeEngine

CODE = "900100200"
SPRING = datetime(2035, 3, 1, 8, tzinfo=UTC)


async def room(control: Control, uri: str = "ward", **fields: Any) -> None:
    await control.json("POST", "/sites", json={"uri": uri, "name": "Ward 3", **fields})
    await control.json("PUT", f"/sites/{uri}/room", json={"code": CODE})


async def knock(control: Control, code: str) -> Any:
    async with control.client() as person:
        return await person.post("/door", json={"code": code, "name": "Nurse"})


async def test_a_site_opens_its_room_and_chairs_it(control: Control, engine: FakeEngine) -> None:
    await room(control, organisation="一院")
    entry = (await knock(control, CODE)).json()
    cid = entry["conference"]
    assert (entry["site"], entry["chair"]) == ("ward", True)
    assert (engine.conferences[cid].name, engine.conferences[cid].chair) == ("Ward 3", "ward")
    assert (await attach(control, entry["token"], cid, "ward")).status_code == 200
    async with holding(control, entry["token"]) as chair:
        known = (await chair.get(f"/conferences/{cid}")).json()
        code = known["rules"]["access_code"]
        assert (await chair.patch(f"/conferences/{cid}", json={"name": "Round"})).status_code == 200
    other = (await knock(control, code)).json()
    assert (other["conference"], other["chair"]) == (cid, False)
    async with holding(control, other["token"]) as guest:
        assert (await guest.get(f"/conferences/{cid}")).json()["rules"]["access_code"] == ""
    again = (await knock(control, CODE)).json()
    assert again["conference"] == cid, "what runs is entered, not begun again"
    async with operator(control, "one", "一院") as one, operator(control, "two", "二院") as two:
        assert (await one.get(f"/conferences/{cid}")).status_code == 200
        assert (await two.get(f"/conferences/{cid}")).status_code == 404
    await control.json("DELETE", f"/conferences/{cid}")
    fresh = (await knock(control, CODE)).json()
    assert fresh["conference"] != cid


async def test_an_own_rooms_code_forgives_no_guess_at_another_conference(control: Control) -> None:
    await room(control)
    other = await control.conference()
    rules = {"access_code": "88001234", "password": "246810"}
    await control.json("PATCH", f"/conferences/{other}/rules", json=rules)
    async with control.client() as person:
        for _ in range(FREE_ATTEMPTS):
            guess = {"conference": other, "code": "88001234", "password": "000000", "name": "x"}
            assert (await person.post("/door", json=guess)).status_code == 403
            own = {"conference": other, "code": CODE, "name": "Nurse"}
            assert (await person.post("/door", json=own)).status_code == 200
        assert (await person.post("/door", json=guess)).status_code == 429


async def test_a_code_is_one_rooms_and_no_conferences(control: Control) -> None:
    await room(control)
    await control.json("POST", "/sites", json={"uri": "ct", "name": "CT"})
    for uri, code, status in (
        ("ct", CODE, 409),
        ("ct", "1234567", 422),
        ("ct", "x" * 8, 422),
        ("nobody", "12345678", 404),
        ("ward", CODE, 204),
    ):
        reply = await control.api.put(f"/sites/{uri}/room", json={"code": code})
        assert reply.status_code == status, (uri, code)
    body = {"name": "A", "access_code": "77788899"}
    await control.json("POST", "/bookings", json=body)
    taken = await control.api.put("/sites/ct/room", json={"code": "77788899"})
    assert taken.status_code == 409
    await control.json("PUT", "/sites/ward/room", json={"code": ""})
    assert reason(await knock(control, CODE)) == "code"
    await control.json("PUT", "/sites/ct/room", json={"code": CODE})
    await control.json("DELETE", "/sites/ct")
    assert reason(await knock(control, CODE)) == "code", "its room went with it"


async def test_nobody_comes_by_a_code_into_anothers_conference(control: Control) -> None:
    await room(control)

    async def book(minutes: float, code: str, status: int, **fields: Any) -> Any:
        begin = (SPRING + timedelta(minutes=minutes)).isoformat()
        body = {"name": "A", "begin": begin, "minutes": 60, "access_code": code, **fields}
        reply = await control.api.post("/bookings", json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    await book(60, CODE, 409)  # a room's
    await book(60, "4711471", 201)
    await book(90, "4711471", 409)  # at the same time
    later = await book(120, "4711471", 201)
    body = {"name": "A", "minutes": 60, "access_code": "4711471", "begin": SPRING.isoformat()}
    path = f"/bookings/{later['id']}"
    assert (await control.api.put(path, json=body)).status_code == 200
    body["begin"] = (SPRING + timedelta(hours=1)).isoformat()
    assert (await control.api.put(path, json=body)).status_code == 409
    series = {"frequency": 0, "count": 3}
    await book(60, "4711471", 409, recurrence=series)

    now = (await control.json("POST", "/conferences", json={"name": "now"}))["id"]
    rules = f"/conferences/{now}/rules"
    for code, status in ((CODE, 409), ("4711471", 409), ("4711472", 200)):
        assert (await control.api.patch(rules, json={"access_code": code})).status_code == status
    await book(600, "4711472", 409)  # of what runs nobody knows when it ends
    assert (await control.api.put("/sites/ward/room", json={"code": "4711472"})).status_code == 422
