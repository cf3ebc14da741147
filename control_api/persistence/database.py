"""The database: connection, transactions, and the numbered SQL files that make its tables.

SQLite in a file of the data folder, or a PostgreSQL server; the statements of all rows are in the
SQL that both speak, and so are the files of `schema`, but for those that are named for one of them.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from control_api.errors import NotStored
from control_api.persistence.quick_sqlite import Connections
from mcu_core.errors import BadInput, Refused

BUSY_TIMEOUT_MS = 5000
PATIENCE_S = 5.0
"""How long a server may take to let us in."""

OURS = (IntegrityError, ProgrammingError, DataError)
"""What is wrong with a statement, and not with the disk or the server."""

COUNTED = (
    "0001_initial.sql",
    "0002_gateway.sql",
    "0003_bookings.sql",
    "0004_audit.sql",
    "0005_booking_times.sql",
    "0005_library.sql",
)
"""What earlier programs had carried out, of which they kept only how many (`schema_version`)."""

NEWER = 1000
"""What these programs find where they count: a number that they do not know."""

WIDE = {"INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION"}
"""SQLite's numbers have eight bytes under any name."""


def _on_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL: a killed process loses nothing; a power cut may cost the last changes, not the file.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class Database:
    """One SQLite file, or the server of that URL; `open` and `close` are its life.

    `server` is `postgresql://user:password@host:port/name`, or empty for the file.
    """

    def __init__(self, path: Path, server: str = "") -> None:
        self._path = path
        self._server = server
        self._engine: AsyncEngine | None = None
        self._connections = Connections(path)

    async def open(self) -> None:
        """Connect and bring the tables up to date.

        Raises Refused if a newer program made them, NotStored when the server is not there.
        """
        self._engine = _server(self._server) if self._server else self._of_file()
        try:
            await self._migrate()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close all connections, also those of cancelled statements; safe twice."""
        engine, self._engine = self._engine, None
        try:
            if engine is not None:
                await engine.dispose()
        finally:
            await self._connections.close()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises NotStored when the disk is full or broken, or the server does not answer.
        """
        assert self._engine is not None, "the database is not open"
        try:
            async with self._engine.begin() as connection:
                yield connection
        except OURS:
            raise
        except DBAPIError as error:
            raise NotStored(f"the database cannot be written: {error.orig}") from error
        except OSError as error:
            raise NotStored(f"the database does not answer: {error}") from error

    @property
    def where(self) -> str:
        """The file, or the server without its password."""
        if self._server:
            return make_url(self._server).render_as_string(hide_password=True)
        return str(self._path)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a server."""
        return None if self._server else self._path

    def _of_file(self) -> AsyncEngine:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{self._path}", async_creator=self._connections.connect
        )
        event.listen(engine.sync_engine, "connect", _on_connect)
        return engine

    async def _migrate(self) -> None:
        steps = _steps()
        async with self.begin() as connection:
            if connection.dialect.name == "sqlite":
                # Else each change of a table would stand for itself, and a kill between two.
                await connection.execute(text("BEGIN IMMEDIATE"))
            await connection.execute(
                text("CREATE TABLE IF NOT EXISTS schema_steps (name TEXT PRIMARY KEY)")
            )
            rows = await connection.execute(text("SELECT name FROM schema_steps"))
            done = [row.name for row in rows] or await self._counted(connection)
            unknown = sorted(set(done) - set(steps))
            if unknown:
                raise Refused(f"{self.where} was made by a newer version ({', '.join(unknown)})")
            dialect = connection.dialect.name
            for name in steps:
                if name in done:
                    continue
                for statement in (
                    _statements(steps[name], dialect) if _is_for(name, dialect) else ()
                ):
                    await connection.execute(text(statement))
                await _note(connection, name)

    async def _counted(self, connection: AsyncConnection) -> list[str]:
        """What an earlier program had carried out; that one will not touch it any more."""
        if not await connection.run_sync(lambda now: inspect(now).has_table("schema_version")):
            return []
        rows = await connection.execute(text("SELECT max(number) FROM schema_version"))
        count = rows.scalar() or 0
        if count > len(COUNTED):
            raise Refused(f"{self.where} was made by a newer version (schema {count})")
        for name in COUNTED[:count]:
            await _note(connection, name)
        await connection.execute(
            text("INSERT INTO schema_version (number) VALUES (:number)"), {"number": NEWER}
        )
        return list(COUNTED[:count])


def _server(server: str) -> AsyncEngine:
    try:
        url = make_url(server)
        if url.get_backend_name() != "postgresql":
            raise BadInput("database", "postgresql://user:password@host/name, or nothing")
        return create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            # Where the server was started anew meanwhile, nobody must notice.
            pool_pre_ping=True,
            connect_args={"timeout": PATIENCE_S},
        )
    except (ArgumentError, NoSuchModuleError) as error:
        # The URL has a password in it: it is not repeated.
        raise BadInput("database", "postgresql://user:password@host/name, or nothing") from error


async def _note(connection: AsyncConnection, name: str) -> None:
    await connection.execute(text("INSERT INTO schema_steps (name) VALUES (:name)"), {"name": name})


def _steps() -> dict[str, str]:
    """The text of each file by its name, in the order of their numbers."""
    folder = resources.files("control_api.persistence").joinpath("schema")
    files = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
    return {name: files[name].read_text("utf-8") for name in sorted(files)}


def _is_for(name: str, dialect: str) -> bool:
    """`0006_name.sqlite.sql` is for SQLite alone."""
    _, *only = name.removesuffix(".sql").split(".")
    return not only or dialect in only


def _statements(script: str, dialect: str) -> list[str]:
    """The statements of a file; its comments stand on lines of their own."""
    code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    if dialect == "postgresql":
        code = re.sub("|".join(WIDE), lambda found: WIDE[found[0]], code)
    return [statement.strip() for statement in code.split(";") if statement.strip()]
