"""All rows of one database into another, empty one: from SQLite to PostgreSQL, or back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from control_api.persistence.database import Database
from mcu_core.errors import Refused

AT_ONCE = 2000

DERIVED = {"library", "searched", "moments", "schema_steps", "schema_version"}
"""What is made again from recordings, and what each database says of itself."""

SEARCH = "moment_grams"
"""SQLite's index of words, with the tables that it keeps itself."""

PEOPLE = "users"


async def transfer(source: Database, target: Database) -> dict[str, int]:
    """Copy everything in one transaction; rows by table. Raises Refused unless it is empty.

    Nothing may use either meanwhile. Both are open, so both have the tables of this version.
    """
    counts: dict[str, int] = {}
    async with target.begin() as into:
        tables = await _tables(into)
        users = next(table for table in tables if table.name == PEOPLE)
        if (await into.execute(select(func.count()).select_from(users))).scalar():
            raise Refused(f"{target.where} is not empty")
        async with source.begin() as out:
            for table in tables:
                counts[table.name] = await _copy(source, out, table, into)
    return counts


async def _tables(connection: AsyncConnection) -> list[Table]:
    """What is copied, each after those that it refers to."""

    def reflected(now: Any) -> list[Table]:
        found = MetaData()
        found.reflect(now, only=lambda name, _: name not in DERIVED and SEARCH not in name)
        return found.sorted_tables

    return await connection.run_sync(reflected)


async def _copy(source: Database, out: AsyncConnection, table: Table, into: AsyncConnection) -> int:
    names = [column.name for column in table.columns]
    count = 0
    async for rows in _read(source, out, table, names):
        values = [dict(zip(names, map(_clean, row), strict=True)) for row in rows]
        await into.execute(insert(table), values)
        count += len(rows)
    return count


async def _read(
    source: Database, out: AsyncConnection, table: Table, names: Sequence[str]
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """All rows, some at a time: there may be millions."""
    statement = select(*table.columns)
    if source.file is None:
        result = await out.stream(statement)
        async for rows in result.partitions(AT_ONCE):
            yield rows
        return
    words = ", ".join(f'"{name}"' for name in names)
    with closing(_opened(source.file)) as file:
        cursor = file.execute(f'SELECT {words} FROM "{table.name}"')  # noqa: S608 - names of ours
        while rows := await asyncio.to_thread(cursor.fetchmany, AT_ONCE):
            yield rows


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)


def _clean(value: Any) -> Any:
    """PostgreSQL's texts have no NUL."""
    return value.replace("\x00", "") if isinstance(value, str) else value
