"""The threads of a database file: each ends with the database, whatever became of its statement."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from control_api.persistence.database import Database
from tests.fakes.waiting import Gate, until


def _threads() -> set[threading.Thread]:
    """Those that live, but for the ones that asyncio lends for a while."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}


async def _held(database: Database, gate: Gate) -> None:
    """A statement that takes until the gate opens."""
    async with database.begin() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.create_function("held", 0, gate.pass_through)
        await connection.execute(text("SELECT held()"))


async def _closed(database: Database, gate: Gate) -> None:
    """Close it, which must wait until the gate has been opened."""
    closing = asyncio.create_task(database.close())
    done, _ = await asyncio.wait([closing], timeout=0.05)
    assert not done
    gate.open()
    await closing


@pytest.mark.parametrize("cancelled", [0, 1, 2])
async def test_closing_waits_for_the_thread_of_a_statement(tmp_path: Path, cancelled: int) -> None:
    """Cancelled once its rollback waits behind it, cancelled twice nobody waits for anything."""
    before, gate = _threads(), Gate()
    database = Database(tmp_path / "mcu.sqlite3")
    await database.open()
    task = asyncio.create_task(_held(database, gate))
    await until(lambda: gate.waiting)
    for _ in range(cancelled):
        task.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
    await _closed(database, gate)
    assert _threads() == before
    await asyncio.gather(task, return_exceptions=True)


async def test_closing_waits_for_a_connection_that_was_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, gate, connect = _threads(), Gate(), sqlite3.connect
    database = Database(tmp_path / "mcu.sqlite3")
    await database.open()

    def slow(path: Path) -> sqlite3.Connection:
        gate.pass_through()
        return connect(path)

    async with database.begin():  # the one that there is
        monkeypatch.setattr(sqlite3, "connect", slow)
        task = asyncio.create_task(_held(database, gate))
        await until(lambda: gate.waiting)
        task.cancel()
        await asyncio.wait([task])
    await _closed(database, gate)
    assert _threads() == before


def test_no_thread_answers_to_a_loop_that_has_ended(tmp_path: Path) -> None:
    """Statements cancelled at any point, and the loop ends at once: a thread's error fails this."""

    async def some(turns: int) -> None:
        database = Database(tmp_path / "mcu.sqlite3")
        await database.open()
        tasks = [asyncio.create_task(_held(database, gate)) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await database.close()

    gate = Gate()
    gate.open()
    for turns in range(30):
        asyncio.run(some(turns))
