"""What goes on after its request was answered: bounded, and ended with the gateway."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from control_api.errors import Throttled
from mcu_core.errors import McuError

log = structlog.get_logger()

MOST = 100


class Background:
    """The owner of such tasks; `stop` ends them and waits."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Do it beside; raises Throttled when too much is under way."""
        if len(self._tasks) >= MOST:
            work.close()
            raise Throttled("too much is under way", 1)
        task = asyncio.create_task(self._quietly(work), name="after an answer")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except McuError as error:
            log.warning("no effect after the answer", reason=str(error))
        except Exception:  # nobody awaits it
            log.exception("work after an answer broke")

    async def stop(self) -> None:
        """End what is under way; safe twice."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
