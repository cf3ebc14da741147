"""What every test gets: a check that it left no task, thread or socket behind."""

import gc
import threading
from collections.abc import Iterator

import pytest

# Threads that libraries keep for the life of the process.
LASTING = ("asyncio_", "ThreadPoolExecutor", "pydevd", "AnyIO worker", "pytest_timeout", "OpenBLAS")
JOIN_S = 5.0


def _threads() -> set[threading.Thread]:
    return {
        thread
        for thread in threading.enumerate()
        if not thread.name.startswith(LASTING) and not thread.daemon
    }


def pytest_collection_finish() -> None:
    """What imports made lives to the end: the collection after each test need not look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def leak_check() -> Iterator[None]:
    """Fails a test that leaves threads; unclosed sockets and tasks warn, and warnings fail."""
    before = _threads()
    yield
    for thread in _threads() - before:
        thread.join(JOIN_S)
    left = sorted(thread.name for thread in _threads() - before)
    assert not left, f"threads left behind: {left}"
    gc.collect()  # an unawaited task or unclosed socket says so when it is collected
