"""aiosqlite with fewer ways between threads: a statement and its rows are one way there and back.

Each way costs a turn of the event loop and one of the thread, and where codecs have the processors,
milliseconds. aiosqlite, as SQLAlchemy uses it, needs four for a statement (cursor, execute, rows,
close) and two at the end of a transaction, also where there was none.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import aiosqlite

ROWS_AT_ONCE = 64

Carried: TypeAlias = tuple[sqlite3.Cursor, list[Any]]
"""What a statement has done, and the rows that it gave."""


class QuickCursor:
    """The part of a cursor that SQLAlchemy's adapter asks for."""

    def __init__(self, connection: "QuickConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "QuickCursor":
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Carry out a statement and fetch what it gives."""
        self._keep(*await self._connection.run(sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Carry out a statement once for each of these."""
        self._keep(*await self._connection.run_many(sql, parameters))

    def _keep(self, cursor: sqlite3.Cursor, rows: list[Any]) -> None:
        self.description, self.rowcount = cursor.description, cursor.rowcount
        self.lastrowid, self._rows = cursor.lastrowid, rows

    async def fetchall(self) -> list[Any]:
        """The rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """It keeps nothing open."""


class QuickConnection(aiosqlite.Connection):
    """One connection and its thread."""

    def cursor(self) -> QuickCursor:  # type: ignore[override] # there is nothing to wait for
        """A cursor, at once."""
        return QuickCursor(self)

    async def run(self, sql: str, parameters: Sequence[Any]) -> Carried:
        """Carry out a statement: its cursor, and all rows."""

        def there() -> Carried:
            cursor = self._conn.execute(sql, parameters)
            return cursor, cursor.fetchall() if cursor.description is not None else []

        return await self._there(there)

    async def run_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Carried:
        """Carry out a statement once for each of these."""
        return await self._there(lambda: (self._conn.executemany(sql, parameters), []))

    async def _there(self, work: Callable[[], Carried]) -> Carried:
        execute: Any = self._execute
        return cast("Carried", await execute(work))

    async def commit(self) -> None:
        """Keep what was changed; where nothing was, there is nothing to do."""
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Forget what was changed; where nothing was, there is nothing to do."""
        if self.in_transaction:
            await super().rollback()


async def connect(path: Path) -> QuickConnection:
    """Open a database file."""
    connection = QuickConnection(lambda: sqlite3.connect(path), ROWS_AT_ONCE)
    # As SQLAlchemy does: a thread that waits for work must not keep the process from ending.
    connection._thread.daemon = True
    await connection
    return connection
