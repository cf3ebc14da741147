"""What tests of endpoints stand on: a site behind them, and nothing running after them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes.site import Site
from tests.fakes.waiting import until


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site that decodes what it is given."""
    one = Site()
    one.start()
    yield one
    await one.close()


@pytest.fixture
async def nothing_left() -> AsyncIterator[None]:
    """Fails a test whose tasks do not end."""
    before = asyncio.all_tasks()
    yield
    await until(lambda: asyncio.all_tasks() - before == {asyncio.current_task()}, "the last task")
