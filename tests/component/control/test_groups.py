"""Groups of users: whose a recording is, and what each member may do with it; on every route."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.slide_talk import page, store_talk, talk
from recorder.contract import Tags
from recorder.tags import write_tags
from tests.component.control.conftest import Control, running_control, shared_app

GROUPS = {"r1": "心内科", "r2": "", "r3": "外科、心内科", "r4": "no such group"}
ALL = set(GROUPS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of two groups, of none, and of one that nobody made."""
    made = tmp_path_factory.mktemp("groups")
    units = list(talk([page("会诊", ["一"])], 1.0, 5, pointer=False))
    for name, group in GROUPS.items():
        store_talk(made / "recordings" / name, units, f"查房 {name}")
        write_tags(made / "recordings" / name, Tags(group=group))
    return made


@pytest.fixture
async def control(data: Path) -> AsyncIterator[Control]:
    """With a group of nurse (watch), clerk (download) and doctor (manage); stranger is in none."""
    async with running_control(data, {}, read_slides=False) as control:
        for name, role in PEOPLE.items():
            user = {"name": name, "password": f"{name} Passw0rd", "role": role}
            await control.json("POST", "/users", json=user)
        members = {"nurse": "watch", "clerk": "download", "doctor": "manage"}
        await control.json("PUT", "/groups/心内科", json={"members": members})
        await control.json("PUT", "/groups/外科", json={"members": {"clerk": "watch"}})
        await control.bridge.moments.sweep()
        yield control
        for name in PEOPLE:
            await control.bridge.sessions.remove_user(name)


PEOPLE = {"nurse": "viewer", "clerk": "viewer", "doctor": "operator", "stranger": "operator"}


@asynccontextmanager
async def people(control: Control) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client of each."""
    async with AsyncExitStack() as stack:
        clients = {}
        for name in PEOPLE:
            clients[name] = await stack.enter_async_context(control.client())
            login = {"user": name, "password": f"{name} Passw0rd"}
            assert (await clients[name].post("/session", json=login)).status_code == 200
        yield clients


async def listed(client: httpx.AsyncClient) -> dict[str, str]:
    return {one["id"]: one["may"] for one in (await client.get("/recordings")).json()}


async def test_each_sees_what_the_groups_let_see(control: Control) -> None:
    async with people(control) as who:
        open_ = {"r2": "download", "r4": "download"}
        assert await listed(who["nurse"]) == {"r1": "watch", "r3": "watch", **open_}
        assert await listed(who["clerk"]) == {"r1": "download", "r3": "download", **open_}
        assert await listed(who["doctor"]) == dict.fromkeys(ALL, "manage")
        assert await listed(who["stranger"]) == {"r2": "manage", "r4": "manage"}
        assert await listed(control.api) == dict.fromkeys(ALL, "manage")
        total = (await who["stranger"].get("/recordings")).headers["X-Total-Count"]
        assert total == "2"
        for name, seen in (("nurse", ALL), ("stranger", {"r2", "r4"})):
            found = (await who[name].get("/moments", params={"q": "查房"})).json()["moments"]
            assert {one["recording"] for one in found} == seen


def _routes() -> list[tuple[str, str]]:
    paths = shared_app().openapi()["paths"]
    found = [(method, path) for path, methods in paths.items() for method in methods]
    return [(method.upper(), path) for method, path in found if "{rid}" in path]


async def test_no_route_gives_a_stranger_anything(control: Control) -> None:
    assert len(_routes()) > 15
    async with people(control) as who:
        for method, path in _routes():
            filled = path.replace("{rid}", "r1").replace("{name}", "main").replace("{kind}", "jpg")
            url = httpx.URL("http://control").join(filled)
            reply = await who["stranger"].request(method, url, params={"at_s": 0})
            assert reply.status_code in (404, 422), f"{method} {path}: {reply.status_code}"
            if reply.status_code == 422:
                assert reply.json()["title"] != "No such recording"


RIGHTS = (
    ("nurse", "GET", "/manifest", 200),
    ("nurse", "GET", "/hls/index.m3u8", 200),
    ("nurse", "GET", "/tracks/content", 200),
    ("nurse", "GET", "/download.mp4", 403),
    ("nurse", "POST", "/films", 403),
    ("clerk", "GET", "/download.mp4", 200),
    ("nurse", "GET", "/package.zip", 403),
    ("clerk", "GET", "/package.zip", 200),
    ("clerk", "PATCH", "", 403),
    ("doctor", "GET", "/download.mp4", 200),
    ("stranger", "GET", "/tracks/content", 404),
)


async def test_rights_go_up_step_by_step(control: Control) -> None:
    async with people(control) as who:
        for name, method, path, status in RIGHTS:
            body = {"doctor": "Li"} if method == "PATCH" else None
            reply = await who[name].request(method, f"/recordings/r1{path}", json=body)
            assert reply.status_code == status, f"{name} {path}: {reply.text}"


async def test_an_operator_manages_only_by_right(control: Control) -> None:
    async with people(control) as who:
        members = {"doctor": "download", "nurse": "manage"}
        await control.json("PUT", "/groups/心内科", json={"members": members})
        assert (await who["doctor"].delete("/recordings/r1")).status_code == 403
        assert (await who["nurse"].delete("/recordings/r1")).status_code == 403, "the role is above"
        assert (await who["doctor"].get("/recordings/r1")).json()["may"] == "download"


async def test_what_is_taken_away_is_taken_at_once(control: Control) -> None:
    async with people(control) as who:
        track = "/recordings/r1/tracks/content"
        assert (await who["nurse"].get(track)).status_code == 200
        await control.json("PUT", "/groups/心内科", json={"members": {}})
        assert (await who["nurse"].get(track)).status_code == 404
        await control.json("DELETE", "/groups/心内科")
        assert (await who["nurse"].get(track)).status_code == 200, "nobody's group is everybody's"
        assert set(await listed(who["stranger"])) == {"r1", "r2", "r4"}


async def test_films_and_their_files_follow_their_recording(control: Control) -> None:
    async with people(control) as who:
        film = (await who["clerk"].post("/recordings/r1/films")).json()["id"]
        for name, count in (("clerk", 1), ("doctor", 1), ("nurse", 0), ("stranger", 0)):
            assert len((await who[name].get("/films")).json()) == count
        for path in (f"/films/{film}", f"/films/{film}/film.mp4"):
            assert (await who["stranger"].get(path)).status_code == 404
        assert (await who["stranger"].delete(f"/films/{film}")).status_code == 404
        assert (await who["clerk"].delete(f"/films/{film}")).status_code == 204


async def test_groups_are_made_by_administrators_of_users_that_are_there(control: Control) -> None:
    async with people(control) as who:
        for method in ("GET", "PUT", "DELETE"):
            path = "/groups" if method == "GET" else "/groups/x"
            assert (await who["doctor"].request(method, path)).status_code == 403
    for name, members, status in (
        ("a,b", {}, 422),
        ("x" * 65, {}, 422),
        ("x", {"nobody": "watch"}, 422),
        ("x", {"nurse": "own"}, 422),
        ("x", {"nurse": "watch"}, 200),
    ):
        reply = await control.api.put(f"/groups/{name}", json={"members": members})
        assert reply.status_code == status, name
    assert {"name": "x", "members": {"nurse": "watch"}} in await control.json("GET", "/groups")
    await control.json("DELETE", "/users/nurse")
    assert {"name": "x", "members": {}} in await control.json("GET", "/groups")
    await control.json("DELETE", "/groups/x")
    assert (await control.api.delete("/groups/x")).status_code == 404
    await control.json("POST", "/users", json=NURSE)


NURSE = {"name": "nurse", "password": "nurse Passw0rd", "role": "viewer"}
