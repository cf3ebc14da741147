"""The calling end of a contract connection: numbered requests with a time limit, and notices."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

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

M = TypeVar("M")
C = TypeVar("C")
A = TypeVar("A")
E = TypeVar("E")


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


class Caller(Generic[M, C, A, E]):
    """A connection to one process that answers commands C with A (or a Failure) and tells E.

    `on_event` is called on the event loop for each notice. `run` reads until the connection ends;
    whoever waits for a reply then gets LineClosed. A family of messages M says in `_request` and
    `_receive` how it wraps these; `peer` names the other end in errors.
    """

    peer: ClassVar[str] = "the other end"

    def __init__(self, line: Line[M], on_event: Callable[[E], None]) -> None:
        self._line = line
        self._on_event = on_event
        self._waiting: dict[int, asyncio.Future[A | Failure]] = {}
        self._next_id = 0

    def _request(self, number: int, command: C) -> M:
        raise NotImplementedError

    def _receive(self, message: M) -> None:
        raise NotImplementedError

    def _answer(self, number: int, answer: A | Failure) -> None:
        waiter = self._waiting.pop(number, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(answer)

    async def run(self) -> None:
        """Read replies and notices until the other end closes; returns then."""
        try:
            while True:
                self._receive(await self._line.receive())
        except LineClosed:
            return
        finally:
            for waiter in self._waiting.values():
                if not waiter.done():
                    waiter.set_exception(LineClosed(f"{self.peer} is gone"))
            self._waiting.clear()

    async def call(self, command: C, timeout_s: float = DEFAULT_TIMEOUT_S) -> A:
        """Ask and wait; raises what the other end refused with, LineClosed, Refused when late."""
        self._next_id += 1
        number = self._next_id
        waiter: asyncio.Future[A | Failure] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiter
        try:
            self._line.send(self._request(number, command))
            async with asyncio.timeout(timeout_s):
                answer = await waiter
        except TimeoutError as error:
            raise Refused(f"{self.peer} did not answer within {timeout_s:g} s") from error
        finally:
            self._waiting.pop(number, None)
        if isinstance(answer, Failure):
            raise _raised(answer)
        return answer

    async def close(self) -> None:
        """Close the connection; `run` then returns."""
        await self._line.close()


class EngineCaller(Caller[Message, Command, Answer, Event]):
    """A connection to one engine."""

    peer = "the engine"

    @classmethod
    async def connect(
        cls, path: Path, role: str, on_event: Callable[[Event], None]
    ) -> "EngineCaller":
        """Dial an engine's socket and say hello; raises LineClosed when nobody listens."""
        line = await dial(path, ENGINE_FRAMING)
        line.send(Hello(CONTRACT_VERSION, role))
        return cls(line, on_event)

    def _request(self, number: int, command: Command) -> Message:
        return Request(number, command)

    def _receive(self, message: Message) -> None:
        if isinstance(message, Notice):
            self._on_event(message.body)
        elif isinstance(message, Reply):
            self._answer(message.id, message.body)
