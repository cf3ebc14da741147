"""What tests of the recorder stand on: its process, with a store of its own."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.recorder_bench import Bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A running recorder; a test may end it."""
    bench = Bench(tmp_path)
    await bench.launch()
    yield bench
    if bench.running:
        await bench.end(signal.SIGTERM)
