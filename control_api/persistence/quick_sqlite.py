"""aiosqlite with fewer ways between threads: a statement and its rows are one way there and back.

Each way costs a turn of the event loop and one of the thread, and where codecs have the processors,
milliseconds. aiosqlite, as SQLAlchemy uses it, needs four for a statement (cursor, execute, rows,
close) and two at the end of a transaction, also where there was none.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import aiosqlite
import structlog

log = structlog.get_logger()

ROWS_AT_ONCE = 64

PATIENCE_S = 15.0
"""How long the statements that run may take when the file is closed: thrice what a lock may."""

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
    """One connection and its thread, which ends when it is told to `stop`."""

    def __init__(self, path: Path) -> None:
        super().__init__(self._opened, ROWS_AT_ONCE)
        self._path = path
        self._file: sqlite3.Connection | None = None
        # As SQLAlchemy does: a thread that waits for work must not keep the process from ending.
        self._thread.daemon = True

    @property
    def thread(self) -> threading.Thread:
        """Where its statements are carried out; it runs from the first wait for the connection."""
        return self._thread

    def stop(self) -> None:
        """Close the file and end the thread when the work before is done; safe more than once.

        aiosqlite's own says so to the event loop that runs now, whether or not anybody waits, and
        fails where that loop has ended meanwhile; and it leaves a file open whose connection was
        cancelled. Who wants to know waits for the thread.
        """
        self._running = False
        self._tx.put_nowait((None, self._end))

    async def close(self) -> None:
        """Close the file when the work before is done; at once where it was told to `stop`."""
        if self._running:
            await super().close()

    def _opened(self) -> sqlite3.Connection:
        self._file = sqlite3.connect(self._path)
        return self._file

    def _end(self) -> object:
        if self._file is not None:
            self._file.close()
        self._connection = None
        return aiosqlite.core._STOP_RUNNING_SENTINEL

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


class Connections:
    """All connections of a file that live, also those that nobody waits for any more.

    A cancelled statement goes on in its thread, and so does a cancelled `connect`; SQLAlchemy gives
    such a connection up without waiting. Its thread would answer to an event loop that has ended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._living: set[QuickConnection] = set()

    async def connect(self) -> QuickConnection:
        """Open the file once more."""
        self._living = {one for one in self._living if one.thread.is_alive()}
        connection = QuickConnection(self._path)
        self._living.add(connection)
        await connection
        return connection

    async def close(self) -> None:
        """End every connection, and wait for its thread, at most PATIENCE_S."""
        threads = [one.thread for one in self._living if one.thread.is_alive()]
        for connection in self._living:
            connection.stop()
        self._living.clear()
        await asyncio.gather(*(asyncio.to_thread(thread.join, PATIENCE_S) for thread in threads))
        late = [thread.name for thread in threads if thread.is_alive()]
        if late:
            log.warning("statements run on", threads=late)
