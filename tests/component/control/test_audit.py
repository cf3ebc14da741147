"""Who did what is noted by both doors, and a row that was changed shows."""

import sqlite3
from urllib.parse import urlencode

from mcu_core.media.clock import wall_time_s
from tests.component.control.conftest import Control

SPAN = urlencode({"since": "2020-01-01T00:00:00Z", "until": "2200-01-01T00:00:00Z"})


async def deeds(control: Control) -> list[tuple[str, str, str, str]]:
    rows = await control.json("GET", f"/audit?{SPAN}")
    return [(row["user"], row["action"], row["object"], row["result"]) for row in rows]


async def test_changes_are_noted_and_questions_are_not(control: Control) -> None:
    conference = await control.conference()
    await control.json("GET", f"/conferences/{conference}")
    await control.api.request("DELETE", "/conferences/none")
    assert await deeds(control) == [
        ("admin", "REST POST", "session", "200"),
        ("admin", "REST POST", "conferences", "201"),
        ("admin", "REST DELETE", "conferences/none", "404"),
    ]


async def test_a_stranger_neither_reads_nor_hides(control: Control) -> None:
    async with control.client() as stranger:
        assert (await stranger.get(f"/audit?{SPAN}")).status_code == 401
        assert (await stranger.delete("/conferences/x")).status_code == 401
    assert ("", "REST DELETE", "conferences/x", "401") in await deeds(control)


async def test_a_changed_row_shows_and_so_does_a_missing_one(control: Control) -> None:
    for _ in range(3):
        await control.conference()
    whole = {"whole": True, "first_broken": None}
    assert await control.json("GET", "/audit/check") == whole
    path = control.settings.data / "mcu.sqlite3"
    for change, broken in (
        ("UPDATE audit SET user_name = 'nobody' WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 3),
    ):
        with sqlite3.connect(path) as database:
            database.execute(change)
        database.close()
        found = await control.json("GET", "/audit/check")
        assert found == {"whole": False, "first_broken": broken}


async def test_the_oldest_rows_go_and_the_rest_stays_whole(control: Control) -> None:
    for _ in range(3):
        await control.conference()
    with sqlite3.connect(control.settings.data / "mcu.sqlite3") as database:
        database.execute("UPDATE audit SET at_s = 5 WHERE number = 1")
    database.close()
    await control.bridge.audit.open()
    rows = await control.bridge.audit.between(0, wall_time_s() + 9)
    assert [row.number for row in rows] == [2, 3, 4]
    assert await control.bridge.audit.first_broken() is None
