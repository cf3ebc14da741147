"""Passwords by the rule, changed when they are old or given by somebody else; own roles."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from control_api.persistence.users import User
from control_api.rest.problems import PASSWORD_EXPIRED
from mcu_core.errors import NotFound, Refused
from tests.component.control.conftest import Control, running_control
from tests.component.control.test_calls import Day

FIRST, SECOND, THIRD = "First-passw0rd", "Second-passw0rd", "Third-passw0rd"
AGE_DAYS = 90


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
async def control(tmp_path: Path, day: Day) -> AsyncIterator[Control]:
    options = {"wall_s": day, "password_history": 2, "session_hours": 24 * 365}
    async with running_control(tmp_path / "data", {}, **options) as control:
        yield control


async def login(client: httpx.AsyncClient, password: str, new: str = "") -> httpx.Response:
    body = {"user": "li", "password": password, "new_password": new}
    return await client.post("/session", json=body)


async def add(control: Control, role: str = "viewer", **more: object) -> None:
    body = {"name": "li", "password": FIRST, "role": role, **more}
    await control.json("POST", "/users", json=body)


@pytest.mark.parametrize("password", ["Sh0rt-p", "alllowercase", "lower 马 case", "UPPER123456"])
async def test_a_password_has_eight_characters_of_three_kinds(
    control: Control, password: str
) -> None:
    body = {"name": "li", "password": password, "role": "viewer"}
    reply = await control.api.post("/users", json=body)
    assert (reply.status_code, reply.json()["field"]) == (422, "password")


async def test_an_old_password_is_changed_before_one_comes_in(control: Control, day: Day) -> None:
    await add(control)
    async with control.client() as client:
        assert (await login(client, FIRST)).status_code == 200
        day.now += timedelta(days=AGE_DAYS + 1)
        reply = await login(client, FIRST)
        assert (reply.status_code, reply.json()["type"]) == (401, PASSWORD_EXPIRED)
        assert (await login(client, "Wrong-passw0rd", SECOND)).json()["type"] == "about:blank"
        assert (await login(client, FIRST, FIRST)).status_code == 422
        assert (await login(client, FIRST, SECOND)).status_code == 200
        assert (await client.get("/session")).json()["user"] == "li"
        assert (await login(client, FIRST)).status_code == 401
        assert (await login(client, SECOND)).status_code == 200


async def test_the_last_passwords_do_not_come_again(control: Control, day: Day) -> None:
    await add(control)
    fourth = "Fourth-passw0rd"
    async with control.client() as client:
        for old, new in ((FIRST, SECOND), (SECOND, THIRD), (THIRD, fourth)):
            day.now += timedelta(days=1)
            assert (await login(client, old, new)).status_code == 200
        for past in (SECOND, THIRD, fourth):
            assert (await login(client, fourth, past)).status_code == 422
        assert (await login(client, fourth, FIRST)).status_code == 200, "three before"


async def test_a_password_that_somebody_gave_is_changed_at_the_first_login(
    control: Control,
) -> None:
    await add(control, temporary=True)
    async with control.client() as client:
        assert (await login(client, FIRST)).json()["type"] == PASSWORD_EXPIRED
        assert (await login(client, FIRST, SECOND)).status_code == 200
        await control.json("PUT", "/users/li/password", json={"password": THIRD})
        assert (await client.get("/session")).status_code == 401, "sessions have ended"
        assert (await login(client, THIRD)).json()["type"] == PASSWORD_EXPIRED
    (row,) = [one for one in await control.json("GET", "/users") if one["user"] == "li"]
    assert row["must_change"]
    assert (
        await control.api.put("/users/xu/password", json={"password": THIRD})
    ).status_code == 404


async def test_a_role_is_made_of_rights_and_counts_at_once(control: Control) -> None:
    names = {one["name"] for one in await control.json("GET", "/rights")}
    assert {"see", "control", "reports", "play"} <= names
    assert not {"users", "own_account"} & names
    await control.json("PUT", "/roles/bookkeeper", json={"rights": ["reports"]})
    await add(control, "bookkeeper")
    async with control.client() as client:
        assert (await login(client, FIRST)).status_code == 200
        session = (await client.get("/session")).json()
        assert (session["role"], session["title"]) == ("viewer", "bookkeeper")
        assert (await client.get("/reports/use")).status_code == 200
        assert (await client.get("/conferences")).status_code == 403
        assert (await client.get("/users")).status_code == 403
        await control.json("PUT", "/roles/bookkeeper", json={"rights": ["see", "control"]})
        assert (await client.get("/conferences")).status_code == 200
        assert (await client.get("/reports/use")).status_code == 403
        assert (await client.get("/session")).json()["role"] == "operator"
        assert (await control.api.delete("/roles/bookkeeper")).status_code == 409
        change = {"role": "viewer", "organisation": "一院"}
        assert (await control.json("PUT", "/users/li", json=change))["organisation"] == "一院"
        assert (await client.get("/session")).json()["role"] == "viewer"
    assert (await control.api.delete("/roles/bookkeeper")).status_code == 204
    assert await control.json("GET", "/roles") == []


async def test_roles_that_cannot_be_are_refused(control: Control) -> None:
    for name, rights in (("admin", []), ("Chair", []), ("x", ["users"]), (" x", []), ("x", ["?"])):
        reply = await control.api.put(f"/roles/{name}", json={"rights": rights})
        assert reply.status_code == 422, name
    nobody = {"name": "li", "password": FIRST, "role": "nobody"}
    assert (await control.api.post("/users", json=nobody)).status_code == 422
    assert (await control.api.put("/users/admin", json={"role": "viewer"})).status_code == 409


async def test_own_roles_and_old_passwords_outlive_a_restart(tmp_path: Path, day: Day) -> None:
    options = {"wall_s": day}
    async with running_control(tmp_path / "data", {}, **options) as control:
        await control.json("PUT", "/roles/nurse", json={"rights": ["see"]})
        await add(control, "nurse")
    day.now += timedelta(days=AGE_DAYS + 1)
    async with running_control(tmp_path / "data", {}, **options) as control:
        assert await control.json("GET", "/roles") == [{"name": "nurse", "rights": ["see"]}]
        async with control.client() as client:
            assert (await login(client, FIRST)).json()["type"] == PASSWORD_EXPIRED


async def test_a_session_ends_with_the_password_that_it_began_with(
    control: Control, day: Day
) -> None:
    """Not so one of the login link, which knows of no password."""
    await add(control)
    async with control.client() as client, control.client() as owner:
        assert (await login(client, FIRST)).status_code == 200
        link = control.bridge.sessions._link_token
        assert (await owner.post("/session", json={"token": link})).status_code == 200
        day.now += timedelta(days=AGE_DAYS - 1)
        assert (await client.get("/session")).status_code == 200
        day.now += timedelta(days=2)
        reply = await client.get("/session")
        assert (reply.status_code, reply.json()["type"]) == (401, PASSWORD_EXPIRED)
        assert (await owner.get("/session")).json()["user"] == "admin"
        assert (await login(client, FIRST, SECOND)).status_code == 200
        assert (await client.get("/session")).status_code == 200


async def test_two_who_manage_users_undo_nothing_of_each_other(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has read the user before the other has changed it."""
    await add(control)
    sessions = control.bridge.sessions
    read, others = sessions._rows.user, [SECOND]

    async def meanwhile(name: str) -> User | None:
        found = await read(name)
        if others:
            await sessions.reset_password("li", others.pop())
        return found

    monkeypatch.setattr(sessions._rows, "user", meanwhile)
    assert (await sessions.change_user("li", "operator", "")).role == "operator"
    async with control.client() as client:
        assert (await login(client, FIRST)).json()["type"] == "about:blank", "wrong by now"
        assert (await login(client, SECOND)).json()["type"] == PASSWORD_EXPIRED
        others.append("Fourth-passw0rd")
        with pytest.raises(Refused, match="another password meanwhile"):
            await sessions.reset_password("li", THIRD)
    others.append("")
    monkeypatch.setattr(sessions, "reset_password", lambda *_: sessions.remove_user("li"))
    with pytest.raises(NotFound):
        await sessions.change_user("li", "viewer", "")
    assert all(user.name != "li" for user in await sessions.users()), "it did not come back"
