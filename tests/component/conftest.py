"""What components share: a PostgreSQL server for the whole run; each test's own databases on it."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.fakes.postgres import USER, postgres

NUMBERS = itertools.count()
Fresh = Callable[[], Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    with postgres() as folder:
        yield folder


@pytest.fixture
def fresh_database(postgres_socket: Path) -> Fresh:
    """Makes an empty database on the server: its URL."""

    async def make() -> str:
        name = f"mcu{next(NUMBERS)}"
        connection = await asyncpg.connect(user=USER, host=str(postgres_socket), database=USER)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return f"postgresql://{USER}@/{name}?host={postgres_socket}"

    return make
