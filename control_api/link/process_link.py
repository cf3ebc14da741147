"""The line to one process (engine or recorder) that is dialled again for as long as we live."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import structlog

from control_api.errors import Away
from mcu_core.contract.caller import DEFAULT_TIMEOUT_S, Caller
from mcu_core.contract.line import LineClosed
from mcu_core.errors import McuError

log = structlog.get_logger()

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 0.5

C = TypeVar("C")
A = TypeVar("A")


class ProcessLink(Generic[C, A]):
    """Keeps a caller connected; `start` and `stop` are its life.

    `dial` connects once; `on_up` runs after each connect (calls work in it), `on_down` after each
    loss. Both run on the event loop, never at the same time.
    """

    def __init__(
        self,
        name: str,
        dial: Callable[[], Awaitable[Caller[Any, C, A, Any]]],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[], None],
    ) -> None:
        self.name = name
        self._dial = dial
        self._on_up = on_up
        self._on_down = on_down
        self._caller: Caller[Any, C, A, Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self.connects = 0

    @property
    def up(self) -> bool:
        """Whether the other end is connected now."""
        return self._caller is not None

    def start(self) -> None:
        """Begin to dial."""
        self._task = asyncio.create_task(self._run(), name=f"link {self.name}")

    async def stop(self) -> None:
        """Hang up and wait for it; safe twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def call(self, command: C, timeout_s: float = DEFAULT_TIMEOUT_S) -> A:
        """Ask and wait; raises what the other end refused with, or Away while it is not there."""
        if self._caller is None:
            raise Away(f"{self.name} does not answer now; it is being restarted")
        try:
            return await self._caller.call(command, timeout_s)
        except LineClosed as error:
            raise Away(f"{self.name} went away while it was asked") from error

    async def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                caller = await self._dial()
            except LineClosed:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            pause_s = FIRST_PAUSE_S
            await self._live(caller)

    async def _live(self, caller: Caller[Any, C, A, Any]) -> None:
        """Use one connection until it ends."""
        self.connects += 1
        self._caller = caller
        reading = asyncio.create_task(caller.run(), name=f"read {self.name}")
        try:
            try:
                await self._on_up()
            except McuError as error:
                # Also what comes of a peer that speaks another contract: dial again, slowly.
                log.warning("link broke while settling", peer=self.name, reason=str(error))
                await asyncio.sleep(FIRST_PAUSE_S)
            except Exception:  # a bug of ours in one conference must not cut off all others
                log.exception("settling failed", peer=self.name)
                await asyncio.sleep(LONGEST_PAUSE_S)
            else:
                await asyncio.gather(reading, return_exceptions=True)
        finally:
            self._caller = None
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await caller.close()
            if self._task is not None:  # else it is we who hang up
                self._on_down()
