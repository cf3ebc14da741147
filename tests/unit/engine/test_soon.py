"""Work done once for many who ask."""

import asyncio

from mcu_core.engine.soon import Soon
from tests.fakes.waiting import until


async def test_many_who_ask_are_one_call_and_now_serves_them_too() -> None:
    calls: list[int] = []
    soon = Soon(0.001, lambda: calls.append(1))
    for _ in range(50):
        soon.soon()
    assert calls == []
    await until(lambda: calls)
    soon.soon()
    soon.now()
    await asyncio.sleep(0)
    assert len(calls) == 2


async def test_after_stop_nothing_is_done() -> None:
    calls: list[int] = []
    soon = Soon(0.0, lambda: calls.append(1))
    soon.soon()
    soon.stop()
    soon.soon()
    soon.now()
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.001, done.set)
    await done.wait()
    assert calls == []
