"""Tasks by name, with one owner that ends them and waits."""

import asyncio
from collections.abc import Coroutine


class NamedTasks:
    """Runs at most one task per name; a task that ends by itself is forgotten."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def run(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start a task; the name must be free."""
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._forget(name, done))

    def _forget(self, name: str, done: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is done:
            del self._tasks[name]

    async def end(self, name: str) -> None:
        """Cancel the task of that name, if it runs, and wait for it."""
        task = self._tasks.pop(name, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def end_all(self) -> None:
        """Cancel all tasks and wait for them."""
        for name in list(self._tasks):
            await self.end(name)
