"""Who may see and do what: no byte without login, roles, guests, other sites' pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from control_api.errors import NotStored
from control_api.rest.pages import WEB
from mcu_core.media.clock import wall_time_s
from tests.component.control.conftest import Control, shared_app

PUBLIC = {("GET", "/healthz"), ("POST", "/api/v1/session"), ("GET", "/login")}
PUBLIC |= {("POST", "/api/v1/door"), ("GET", "/enter")}
PAGES = {
    "/",
    "/docs",
    "/join/{cid}",
    "/recordings",
    "/play/{rid}",
    "/live/{cid}",
    "/check",
    "/users",
}


def concrete(path: str) -> str:
    return path.replace("{k}", "0").replace("{", "").replace("}", "")


def test_the_routes_are_found() -> None:
    assert ("GET", "/api/v1/conferences") in all_paths()
    assert len(all_paths()) > 40


def all_paths() -> set[tuple[str, str]]:
    schema = shared_app().openapi()
    documented = {
        (method.upper(), path) for path, methods in schema["paths"].items() for method in methods
    }
    hidden = {("GET", page) for page in PAGES} | {
        ("POST", "/whip/{cid}/{sid}"),
        ("GET", "/api/v1/openapi.json"),
    }
    return documented | hidden


async def test_no_byte_without_login(control: Control) -> None:
    async with control.client() as stranger:
        root = httpx.URL("http://control")
        for method, path in sorted(all_paths() - PUBLIC):
            reply = await stranger.request(method, root.join(concrete(path)))
            if path in PAGES:
                assert reply.status_code == 303, path
                assert reply.headers["location"].startswith("/login")
                assert reply.content == b""
            else:
                assert reply.status_code == 401, f"{method} {path}: {reply.status_code}"
                assert reply.json()["title"] == "Not logged in"


async def test_health_and_static_files_need_no_login(control: Control) -> None:
    async with control.client() as stranger:
        health = await stranger.get("http://control/healthz")
        assert health.json() == {
            "status": "ok",
            "engines_up": 1,
            "engines": 1,
            "recorder_up": False,
        }
        name = next(path.name for path in (WEB / "static").glob("*.js"))
        assert (await stranger.get(f"http://control/static/{name}")).status_code == 200
        outside = await stranger.get("http://control/static/../../settings.py")
        assert outside.status_code in (401, 404)


async def test_every_answer_carries_the_security_headers(control: Control) -> None:
    for url in ("http://control/healthz", "http://control/api/v1/conferences", "http://control/x"):
        headers = (await control.api.get(url)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_the_api_describes_itself(control: Control) -> None:
    page = await control.api.get("http://control/docs")
    assert "PUT /api/v1/conferences/{cid}/layout" in page.text
    assert "<script" not in page.text
    described = (await control.api.get("/openapi.json")).json()
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert about["summary"], f"{method} {path}"
            assert about["description"], f"{method} {path}"


async def test_first_start_writes_the_password_that_logs_in(
    control: Control, tmp_path: Path
) -> None:
    file = tmp_path / "data" / "admin-password"
    assert file.stat().st_mode & 0o777 == 0o600
    async with control.client() as person:
        body = {"user": "admin", "password": file.read_text().strip()}
        reply = await person.post("/session", json=body)
        whole = {"user": "admin", "role": "admin", "organisation": "", "title": ""}
        assert reply.json() == whole
        cookie = reply.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        token = person.cookies["mcu_session"]
        assert (await person.get("/session")).json()["user"] == "admin"
    async with control.client(headers={"Authorization": f"Bearer {token}"}) as program:
        assert (await program.get("/conferences")).status_code == 200
        assert (await program.delete("/session")).status_code == 204
        assert (await program.get("/conferences")).status_code == 401


async def test_only_the_hash_of_a_token_is_stored(control: Control, tmp_path: Path) -> None:
    token = control.api.cookies["mcu_session"].encode()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("mcu.sqlite3*"))
    assert b"argon2" in stored
    assert token not in stored


async def test_wrong_passwords_are_slowed_down_for_that_source_only(control: Control) -> None:
    async with control.client() as person:
        wrong = {"user": "admin", "password": "wrong"}
        for _ in range(5):
            assert (await person.post("/session", json=wrong)).status_code == 401
        reply = await person.post("/session", json=wrong)
        assert reply.status_code == 429
        assert int(reply.headers["retry-after"]) > 0
    elsewhere = httpx.ASGITransport(shared_app(), client=("10.0.0.9", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://control") as other:
        reply = await other.post("/api/v1/session", json=wrong)
        assert reply.status_code == 401
    control.clock.advance_ns(301 * 10**9)
    async with control.client() as person:
        assert (await person.post("/session", json=wrong)).status_code == 401


async def test_many_guesses_at_once_are_no_more_than_one_after_the_other(control: Control) -> None:
    async with control.client() as person:
        wrong = {"user": "admin", "password": "wrong"}
        replies = await asyncio.gather(*(person.post("/session", json=wrong) for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [401] * 5 + [429] * 15


async def test_an_unknown_user_and_a_wrong_token_are_refused(control: Control) -> None:
    async with control.client() as person:
        for body in ({"user": "nobody", "password": "x"}, {"token": "x"}, {}, {"token": "ü"}):
            assert (await person.post("/session", json=body)).status_code == 401


@asynccontextmanager
async def logged_in(control: Control, role: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a new user with that role."""
    body = {"name": role, "password": f"{role.title()} passw0rd", "role": role}
    await control.json("POST", "/users", json=body)
    async with control.client() as client:
        reply = await client.post(
            "/session", json={"user": role, "password": f"{role.title()} passw0rd"}
        )
        assert reply.status_code == 200
        yield client


async def test_a_viewer_looks_and_an_operator_acts(control: Control) -> None:
    cid = await control.conference()
    async with logged_in(control, "viewer") as viewer:
        assert (await viewer.get(f"/conferences/{cid}")).status_code == 200
        assert (await viewer.get("/engines")).status_code == 200
        codecs = {row["name"]: row for row in (await viewer.get("/system/codecs")).json()}
        assert codecs["H264"]["received"]
        assert not codecs["G719"]["sent"]
        assert codecs["G719"]["note"]
        assert (await viewer.put(f"/conferences/{cid}/layout", json={})).status_code == 403
        assert (await viewer.post("/conferences", json={"name": "x"})).status_code == 403
        assert (await viewer.get("/users")).status_code == 403
        watched = await viewer.post(f"/conferences/{cid}/watch", json={"sdp": "v=0\r\n"})
        assert watched.status_code == 200
    async with logged_in(control, "operator") as operator:
        reply = await operator.put(f"/conferences/{cid}/layout", json={"mode": 4})
        assert reply.status_code == 200
        assert (await operator.get("/users")).status_code == 403


async def test_a_removed_user_is_out_at_once(control: Control) -> None:
    async with logged_in(control, "operator") as operator:
        assert (await control.api.delete("/users/operator")).status_code == 204
        assert (await operator.get("/conferences")).status_code == 401
    assert (await control.api.delete("/users/admin")).status_code == 409
    assert (await control.api.delete("/users/operator")).status_code == 404


async def test_a_new_password_ends_other_sessions(control: Control) -> None:
    async with logged_in(control, "operator") as first:
        async with control.client() as second:
            body = {"user": "operator", "password": "Operator passw0rd"}
            assert (await second.post("/session", json=body)).status_code == 200
            change = {"old": "Operator passw0rd", "new": "A better 1"}
            assert (await first.put("/session/password", json=change)).status_code == 200
            assert (await second.get("/session")).status_code == 401
        assert (await first.get("/session")).status_code == 200
        short = {"old": "A better 1", "new": "short"}
        assert (await first.put("/session/password", json=short)).status_code == 422


async def test_a_guest_takes_the_one_seat_of_the_invitation(control: Control) -> None:
    cid, other = await control.conference(), await control.conference()
    sid, next_to_it = await control.site(cid, "webrtc"), await control.site(cid, "webrtc")
    invited = await control.json("POST", f"/conferences/{cid}/sites/{sid}/invitation")
    assert f"/join/{cid}?site={sid}&invite=" in invited["url"]
    bearer = {"Authorization": f"Bearer {invited['token']}"}
    offer = {"sdp": "v=0\r\n", "type": "offer"}
    async with control.client(headers=bearer) as guest:
        who = (await guest.get("/session")).json()
        assert (who["user"], who["role"]) == ("guest", "guest")
        seen = (await guest.get(f"/conferences/{cid}")).json()
        assert (seen["id"], seen["engine"]) == (cid, "")  # and so no reasons, which name files
        joined = await guest.post(f"/conferences/{cid}/sites/{sid}/webrtc", json=offer)
        assert joined.status_code == 200
        for method, path in (
            ("GET", f"/conferences/{other}"),
            ("GET", "/conferences"),
            ("GET", "/recordings"),
            ("GET", "/engines"),
            ("POST", f"/conferences/{cid}/sites/{next_to_it}/webrtc"),
            ("POST", f"/conferences/{cid}/watch"),
            ("PATCH", f"/conferences/{cid}/sites/{sid}"),
            ("DELETE", f"/conferences/{cid}/endpoints/somebody-else"),
        ):
            reply = await guest.request(method, path, json=offer)
            assert reply.status_code == 403, f"{method} {path}"
        mine = joined.json()["endpoint"]
        assert (await guest.delete(f"/conferences/{cid}/endpoints/{mine}")).status_code == 204
    async with control.client() as stranger:
        page = await stranger.get(invited["url"])
        assert page.status_code in (200, 303)
        forged = {"Authorization": f"Bearer {invited['token'][:-2]}AA"}
        reply = await stranger.get(f"/conferences/{cid}", headers=forged)
        assert reply.status_code == 401


async def test_an_invitation_ends_with_its_seat(control: Control) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    invited = await control.json("POST", f"/conferences/{cid}/sites/{sid}/invitation")
    async with control.client(headers={"Authorization": f"Bearer {invited['token']}"}) as guest:
        assert (await guest.get(f"/conferences/{cid}")).status_code == 200
        await control.json("DELETE", f"/conferences/{cid}/sites/{sid}")
        for path in (f"/conferences/{cid}", "/session", "/events"):
            assert (await guest.get(path)).status_code == 401


async def test_on_a_full_disk_sessions_go_on_and_people_can_log_in_and_out(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise NotStored("the database cannot be written: database or disk is full")

    sessions = control.bridge.sessions
    monkeypatch.setattr(sessions, "_keep", full)
    monkeypatch.setattr(sessions, "_wall_s", lambda: wall_time_s() + 7 * 3600)  # of twelve
    assert (await control.api.get("/conferences")).status_code == 200
    async with control.client() as person:
        reply = await person.post("/session", json={"token": sessions._link_token})
        assert reply.status_code == 200
        assert (await person.get("/conferences")).status_code == 200
        token = reply.cookies["mcu_session"]
        await person.delete("/session")
    async with control.client(headers={"Authorization": f"Bearer {token}"}) as person:
        assert (await person.get("/conferences")).status_code == 401


async def test_sessions_that_the_disk_did_not_take_end_with_their_user(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"name": "xiao", "password": "correct Horse 马", "role": "viewer"}
    await control.json("POST", "/users", json=user)

    async def full(*_: object) -> None:
        raise NotStored("the database cannot be written: database or disk is full")

    monkeypatch.setattr(control.bridge.sessions, "_keep", full)
    async with control.client() as person:
        login = {"user": user["name"], "password": user["password"]}
        assert (await person.post("/session", json=login)).status_code == 200
        assert (await person.get("/conferences")).status_code == 200
        await control.json("DELETE", "/users/xiao")
        assert (await person.get("/conferences")).status_code == 401


CROSS_SITE: list[tuple[dict[str, str], int]] = [
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://control"}, 201),
    ({"Sec-Fetch-Site": "none"}, 201),
    ({"Origin": "http://control"}, 201),
    ({}, 201),
]


async def test_pages_of_other_sites_change_nothing(
    control: Control, subtests: pytest.Subtests
) -> None:
    for made, (headers, status) in enumerate(CROSS_SITE, start=-3):
        with subtests.test(headers=headers):
            reply = await control.api.post("/conferences", json={"name": "x"}, headers=headers)
            assert reply.status_code == status
            assert len(await control.json("GET", "/conferences")) == max(0, made)


async def test_the_login_link_is_worthless_once_control_ended(
    control: Control, tmp_path: Path
) -> None:
    file = tmp_path / "data" / "login-token"
    token = file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    control.bridge.sessions.close()
    assert not file.exists()
    async with control.client() as person:
        assert (await person.post("/session", json={"token": token})).status_code == 401
        assert (await person.post("/session", json={"token": ""})).status_code == 401
