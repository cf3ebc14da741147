"""The database: connection, transactions, and the numbered SQL files that make its tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from control_api.errors import NotStored
from mcu_core.errors import Refused

BUSY_TIMEOUT_MS = 5000


def _on_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL: a killed process loses nothing; a power cut may cost the last changes, not the file.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class Database:
    """One SQLite file; `open` and `close` are its life, `begin` a transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine: AsyncEngine | None = None

    async def open(self) -> None:
        """Connect and bring the tables up to date; raises Refused if a newer program made them."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{self._path}")
        event.listen(self._engine.sync_engine, "connect", _on_connect)
        try:
            await self._migrate()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close all connections; safe twice."""
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises NotStored when the disk is full or broken.
        """
        assert self._engine is not None, "the database is not open"
        try:
            async with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise NotStored(f"the database cannot be written: {error.orig}") from error

    async def _migrate(self) -> None:
        steps = _schema_steps()
        async with self.begin() as connection:
            await connection.execute(
                text("CREATE TABLE IF NOT EXISTS schema_version (number INTEGER NOT NULL)")
            )
            found = (
                await connection.execute(text("SELECT max(number) FROM schema_version"))
            ).scalar()
            version = found or 0
            if version > len(steps):
                raise Refused(
                    f"{self._path} was made by a newer version (schema {version},"
                    f" this one knows {len(steps)})"
                )
            for number, statements in enumerate(steps[version:], start=version + 1):
                for statement in statements:
                    await connection.execute(text(statement))
                await connection.execute(
                    text("INSERT INTO schema_version (number) VALUES (:number)"),
                    {"number": number},
                )


def _schema_steps() -> list[list[str]]:
    """The statements of each numbered file; their comments stand on lines of their own."""
    folder = resources.files("control_api.persistence").joinpath("schema")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [_statements(file.read_text("utf-8")) for file in files]


def _statements(script: str) -> list[str]:
    code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in code.split(";") if statement.strip()]
