"""The database file: its tables, what it keeps over a restart, a file of a newer program."""

import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from control_api.errors import NotStored
from control_api.persistence.bookings import Booking, BookingRows, Taken
from control_api.persistence.conferences import (
    ConferenceRows,
    RtpOffer,
    WantedConference,
    WantedRecording,
)
from control_api.persistence.database import COUNTED, Database
from mcu_core.contract.check import check
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    LayoutChoice,
    LayoutRect,
    Logo,
    OwnLayout,
    Pane,
    SiteDefinition,
    SiteKind,
    VideoLimit,
    View,
)
from mcu_core.errors import BadInput, Refused

RICH = WantedConference(
    ConferenceDefinition(
        "a",
        "示范会诊",
        layout=LayoutChoice(own=OwnLayout((LayoutRect(0, 0, 1 / 3, 1),))),
        panes=(Pane("site", "r"),),
        sites=(
            SiteDefinition("r", "RTP", SiteKind.RTP, gain_db=-3.5, watch="s", view=View()),
            SiteDefinition("s", "RTP", SiteKind.RTP, limit=VideoLimit(640, 360)),
        ),
        groups=(Group(3, ("r",), View(panes=(Pane("poll", sites=("s",)),))),),
        logo=Logo("logo.png"),
        revision=7,
    ),
    "engine-1",
    {"r": RtpOffer("v=0\r\n", (40000, 40002))},
    WantedRecording("rec-1", "标题"),
)


async def test_what_is_wanted_survives(tmp_path: Path) -> None:
    for attempt in range(2):
        database = Database(tmp_path / "new" / "mcu.sqlite3")
        await database.open()
        rows = ConferenceRows(database)
        if attempt == 0:
            await rows.put(WantedConference(ConferenceDefinition("b", "B"), "engine-0"))
            await rows.put(RICH)
        else:
            assert [row.definition.id for row in await rows.load()] == ["b", "a"]
            assert (await rows.load())[1] == RICH
            await rows.remove("a")
            assert len(await rows.load()) == 1
            await rows.put(RICH)  # nothing of the removed one is in the way
        await database.close()
        await database.close()
    assert (tmp_path / "new" / "mcu.sqlite3").stat().st_mode & 0o777 == 0o600


async def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "mcu.sqlite3")
    await database.open()
    async with database.begin() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar() == 1
        await connection.execute(text("INSERT INTO schema_steps (name) VALUES ('9999_new.sql')"))
    await database.close()
    with pytest.raises(Refused, match="newer version"):
        await database.open()


async def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    database = Database(tmp_path / "mcu.sqlite3")
    await database.open()
    rows = ConferenceRows(database)
    async with database.begin() as connection:
        await connection.execute(text("PRAGMA max_page_count = 1"))  # as large as it is now
    large = WantedConference(ConferenceDefinition("b", "B" * 100_000), "engine-0")
    with pytest.raises(NotStored, match="full"):
        await rows.put(large)
    assert await rows.load() == []
    await database.close()


OLD = """{"id": "o", "name": "old", "width": 1280, "height": 720, "fps": 30,
 "video_bitrate_bps": 2000000, "layout": {"mode": 12, "own": null},
 "panes": [{"kind": "site", "site": "r", "fit": "auto"}],
 "sites": [{"id": "r", "name": "RTP", "kind": "rtp", "muted": true, "quiet": false,
            "gain_db": -3.5, "file": null, "pattern": null}],
 "show_names": true, "revision": 7}"""


async def test_a_row_of_an_older_program_has_what_is_new_by_default(tmp_path: Path) -> None:
    database = Database(tmp_path / "mcu.sqlite3")
    await database.open()
    async with database.begin() as connection:
        await connection.execute(
            text("INSERT INTO conferences (id, engine, definition) VALUES ('o', 'e', :row)"),
            {"row": OLD},
        )
    (row,) = await ConferenceRows(database).load()
    check(row.definition)
    assert row.definition == ConferenceDefinition(
        "o",
        "old",
        layout=LayoutChoice(12),
        panes=(Pane("site", "r"),),
        sites=(SiteDefinition("r", "RTP", SiteKind.RTP, muted=True, gain_db=-3.5),),
        revision=7,
    )
    await database.close()


async def test_a_file_of_an_older_program_is_brought_up_to_date_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "mcu.sqlite3"
    schema = resources.files("control_api.persistence").joinpath("schema")
    with closing(sqlite3.connect(path)) as old:
        for name in COUNTED:
            old.executescript(schema.joinpath(name).read_text("utf-8"))
        old.execute("CREATE TABLE schema_version (number INTEGER NOT NULL)")
        old.executemany("INSERT INTO schema_version VALUES (?)", [(n,) for n in range(1, 7)])
        definitions = {name: ConferenceDefinition(name, name) for name in ("z", "a")}
        old.executemany(
            "INSERT INTO conferences (id, engine, definition) VALUES (?, 'e', ?)",
            [(name, msgspec.json.encode(one).decode()) for name, one in definitions.items()],
        )
        booking = Booking(1001, "查房", 5.0, 60.0, "4711")
        record = msgspec.json.encode(booking).decode()
        old.execute(
            "INSERT INTO bookings (id, access_code, record) VALUES (1001, '', ?)", (record,)
        )
        old.execute("INSERT INTO occupied VALUES ('ct', 5.0, 65.0, 1001, 'busy')")
        old.commit()
    for _ in range(2):
        database = Database(path)
        await database.open()
        rows = ConferenceRows(database)
        assert [row.definition.id for row in await rows.load()] == ["z", "a"]
        (taken,) = await BookingRows(database).taken(["ct"], 0.0, 9.0)
        assert taken == Taken("ct", 5.0, 65.0, 1001, False, "查房")
        await database.close()
    with closing(sqlite3.connect(path)) as now:
        (count,) = now.execute("SELECT max(number) FROM schema_version").fetchone()
    assert count > len(COUNTED), "the older program refuses it"


async def test_a_file_of_a_newer_program_that_counted_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mcu.sqlite3")) as other:
        other.execute("CREATE TABLE schema_version (number INTEGER NOT NULL)")
        other.execute("INSERT INTO schema_version VALUES (7)")
        other.commit()
    database = Database(tmp_path / "mcu.sqlite3")
    with pytest.raises(Refused, match="newer version"):
        await database.open()


@pytest.mark.parametrize("server", ["mysql://u:secret@h/n", "nonsense secret", "oracle:secret"])
async def test_only_postgresql_is_a_server(tmp_path: Path, server: str) -> None:
    with pytest.raises(BadInput, match="postgresql://") as refused:
        await Database(tmp_path / "x", server).open()
    assert "secret" not in str(refused.value)


async def test_a_server_that_is_not_there_is_said_so_without_its_password(tmp_path: Path) -> None:
    database = Database(tmp_path / "x", f"postgresql://u:secret@/n?host={tmp_path}")
    with pytest.raises(NotStored) as refused:
        await database.open()
    assert "secret" not in f"{refused.value} {database.where}"
    assert not (tmp_path / "x").exists()
