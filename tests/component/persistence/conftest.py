"""A database, once as a SQLite file and once on a PostgreSQL server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from control_api.persistence.database import Database
from tests.component.conftest import Fresh


@dataclass
class Place:
    """Where a database is kept, to be opened again and again."""

    path: Path
    server: str

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """The database for as long as the block runs."""
        database = Database(self.path, self.server)
        await database.open()
        try:
            yield database
        finally:
            await database.close()
            await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    path = tmp_path / "new" / "mcu.sqlite3"
    if request.param == "sqlite":
        return Place(path, "")
    fresh: Fresh = request.getfixturevalue("fresh_database")
    return Place(path, await fresh())


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    async with place.opened() as database:
        yield database
