"""Films of recordings by REST: made one at a time, told of, cancelled, and bounded in number."""

from pathlib import Path

import pytest

from control_api.services import films
from recorder.journal import Stopped
from tests.component.control.conftest import Control
from tests.component.control.test_recordings import written
from tests.component.recorder.test_side_by_side import recorded
from tests.fakes.tap import encode_clip
from tests.fakes.waiting import until


@pytest.fixture
def film_store(control: Control, tmp_path: Path) -> Path:
    """With a recording r1 of a second, and one that cannot be read."""
    store = tmp_path / "data" / "recordings"
    clip = encode_clip(1.0, fps=10, gop=10)
    recorded(store / "r1", clip.tracks, clip.at(0))
    files = written(tmp_path, "broken", "c", b"1234")
    files.note(Stopped("2026-11-21T08:00:00+00:00"))
    files.close()
    return store


async def test_a_film_is_made_and_downloaded_and_dropped(
    control: Control, film_store: Path, tmp_path: Path
) -> None:
    asked = await control.json("POST", "/recordings/r1/films")
    broken = await control.json("POST", "/recordings/broken/films", json={"from_s": 0})
    assert asked["state"] == "waiting"
    view = control.bridge.films.get
    await until(lambda: view(broken["id"]).state == "failed")
    assert view(broken["id"]).reason
    now = await control.json("GET", f"/films/{asked['id']}")
    assert (now["state"], now["progress"]) == ("done", 1.0)
    film = await control.api.get(f"/films/{asked['id']}/film.mp4", headers={"Range": "bytes=4-7"})
    assert (film.status_code, film.content) == (206, b"ftyp")
    await control.api.get(f"/films/{asked['id']}/film.mp4")
    watched = await control.json("GET", "/audience", params={"of": "r1"})
    assert [one["what"] for one in watched] == ["download", "download"], "ordered, and taken"
    assert (await control.api.get(f"/films/{broken['id']}/film.mp4")).status_code == 404
    user = {"name": "viewer", "password": "Passw0rd!demo", "role": "viewer"}
    await control.json("POST", "/users", json=user)
    async with control.client() as viewer:
        await viewer.post("/session", json={"user": "viewer", "password": user["password"]})
        foreign = await viewer.delete(f"/films/{asked['id']}")
        assert foreign.status_code == 403
    await control.json("DELETE", f"/films/{asked['id']}")
    assert [one["id"] for one in await control.json("GET", "/films")] == [broken["id"]]
    assert not list((tmp_path / "data" / "films").iterdir())


async def test_no_more_are_asked_for_than_can_be_made(
    control: Control, film_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [await control.json("POST", "/recordings/r1/films") for _ in range(4)]
    refused = await control.api.post("/recordings/r1/films")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    for one in asked:
        await control.json("DELETE", f"/films/{one['id']}")
    assert await control.json("GET", "/films") == []
    assert (await control.api.post("/recordings/none/films")).status_code == 404
    wrong = await control.api.post("/recordings/r1/films", json={"from_s": 2, "to_s": 1})
    assert wrong.status_code == 422
    monkeypatch.setattr(films, "free_bytes", lambda folder: 1)
    assert (await control.api.post("/recordings/r1/films")).status_code == 409
