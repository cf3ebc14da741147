"""The supervisor: what dies comes back, what is stopped stays away."""

import asyncio
import os
import signal
import sys

from control_api.cli.supervisor import PAUSES_S, Child, ChildSpec, pause_s, supervise
from mcu_core.media.clock import MonotonicClock
from tests.fakes.waiting import until

WAITS = (sys.executable, "-c", "import signal; signal.sigwait([signal.SIGTERM])")
LIMIT_S = 20.0


def test_short_lives_wait_longer_and_longer() -> None:
    assert [pause_s(k) for k in range(len(PAUSES_S))] == list(PAUSES_S)
    assert pause_s(1000) == PAUSES_S[-1]


async def test_a_killed_process_is_started_again() -> None:
    child = Child(ChildSpec("sleeper", WAITS), MonotonicClock())
    keeper = asyncio.create_task(child.run())
    await until(lambda: child.pid is not None, limit_s=LIMIT_S)
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.pid not in (None, first), limit_s=LIMIT_S)
    assert child.starts == 2
    await child.stop()
    await keeper
    assert child.pid is None


async def test_supervise_ends_all_children() -> None:
    stopping = asyncio.Event()
    specs = [ChildSpec("one", WAITS), ChildSpec("two", WAITS)]
    task = asyncio.create_task(supervise(specs, stopping))
    stopping.set()
    async with asyncio.timeout(LIMIT_S):
        assert await task == ""


async def test_what_was_wrongly_asked_ends_all() -> None:
    wrong = (sys.executable, "-c", "import sys; sys.exit(2)")
    specs = [ChildSpec("one", WAITS), ChildSpec("two", wrong)]
    async with asyncio.timeout(LIMIT_S):
        assert await supervise(specs, asyncio.Event()) == "two"
