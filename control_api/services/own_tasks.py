"""The tasks of one owner: begun by it, ended and waited for with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class OwnTasks:
    """Holds what its owner has begun, so that nothing runs on without it."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def begun(self) -> bool:
        """Whether there are any, at work or over."""
        return bool(self._tasks)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begin one."""
        self._tasks.append(asyncio.create_task(work, name=name))

    async def stop(self) -> None:
        """Cancel all and wait for them; safe twice."""
        ending, self._tasks = self._tasks, []
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
