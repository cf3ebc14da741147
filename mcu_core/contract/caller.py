"""The calling end of a contract connection: numbered requests with a time limit, and notices."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mcu_core.contract.commands import Answer, Command, Failure
from mcu_core.contract.events import Event
from mcu_core.contract.line import Line, LineClosed, dial
from mcu_core.contract.wire import (
    CONTRACT_VERSION,
    ENGINE_FRAMING,
    Hello,
    Message,
    Notice,
    Reply,
    Request,
)
from mcu_core.errors import BadInput, McuError, NotFound, Refused

DEFAULT_TIMEOUT_S = 10.0


def _raised(failure: Failure) -> McuError:
    match failure.kind:
        case "BadInput" | "MalformedInput":
            return BadInput(failure.field, failure.message)
        case "NotFound":
            return NotFound(failure.field, failure.message)
        case "Refused":
            return Refused(failure.message)
        case _:
            return McuError(failure.message)


def failure_of(error: McuError) -> Failure:
    """How an exception of ours crosses the wire; `call` raises its like on the other side."""
    if isinstance(error, BadInput):
        return Failure(type(error).__name__, error.expected, error.field)
    if isinstance(error, NotFound):
        return Failure("NotFound", error.name, error.kind)
    return Failure(type(error).__name__, str(error))


class EngineCaller:
    """A connection to one engine.

    `on_event` is called on the event loop for each notice. `run` reads until the connection ends;
    whoever waits for a reply then gets LineClosed.
    """

    def __init__(self, line: Line[Message], on_event: Callable[[Event], None]) -> None:
        self._line = line
        self._on_event = on_event
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._next_id = 0

    @classmethod
    async def connect(
        cls, path: Path, role: str, on_event: Callable[[Event], None]
    ) -> "EngineCaller":
        """Dial an engine's socket and say hello; raises LineClosed when nobody listens."""
        line = await dial(path, ENGINE_FRAMING)
        line.send(Hello(CONTRACT_VERSION, role))
        return cls(line, on_event)

    async def run(self) -> None:
        """Read replies and notices until the other end closes; returns then."""
        try:
            while True:
                message = await self._line.receive()
                if isinstance(message, Notice):
                    self._on_event(message.body)
                elif isinstance(message, Reply):
                    waiter = self._waiting.pop(message.id, None)
                    if waiter is not None and not waiter.done():
                        waiter.set_result(message.body)
        except LineClosed:
            return
        finally:
            for waiter in self._waiting.values():
                if not waiter.done():
                    waiter.set_exception(LineClosed("the engine is gone"))
            self._waiting.clear()

    async def call(self, command: Command, timeout_s: float = DEFAULT_TIMEOUT_S) -> Answer:
        """Ask and wait; raises what the engine refused with, LineClosed, or Refused when late."""
        self._next_id += 1
        number = self._next_id
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiter
        try:
            self._line.send(Request(number, command))
            async with asyncio.timeout(timeout_s):
                answer = await waiter
        except TimeoutError as error:
            raise Refused(f"the engine did not answer within {timeout_s:g} s") from error
        finally:
            self._waiting.pop(number, None)
        if isinstance(answer, Failure):
            raise _raised(answer)
        return answer

    async def close(self) -> None:
        """Close the connection; `run` then returns."""
        await self._line.close()
