"""What every test gets: a check that it left no task, thread or socket behind."""

import gc
import os
import threading
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

# Threads that libraries keep for the life of the process.
LASTING = (
    "asyncio_",
    "asyncio-waitpid",  # ends with its child, when the system says so
    "ThreadPoolExecutor",
    "pydevd",
    "AnyIO worker",
    "pytest_timeout",
    "OpenBLAS",
)
JOIN_S = 5.0

# How long an example takes is the machine's business, not the example's. The same examples come
# each time, so that a change is judged by what it changes; `HYPOTHESIS_PROFILE=search` looks for
# new ones.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("any"), derandomize=True, database=None)
settings.register_profile("search", settings.get_profile("any"))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.name.startswith(LASTING)}


def _settle() -> None:
    """What lives now is no leak of a test to come: its collections need not look at it again."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    """Imports have made much that lives to the end."""
    _settle()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """So has each test that was the first to import a library or to load kernels."""
    yield
    _settle()


@pytest.fixture(autouse=True, scope="session")
def whole_heap() -> Iterator[None]:
    """What shared fixtures held until now is looked at once, when the last test has ended."""
    yield
    gc.unfreeze()
    gc.collect()


@pytest.fixture(autouse=True)
def scheduled_as_before() -> Iterator[None]:
    """A test that changes how its thread is scheduled does so for itself alone.

    SVT-AV1 puts the thread that opens it before all others of the machine (SCHED_FIFO 99), if it
    may; what the thread starts later would inherit that.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, policy, parameters)


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
