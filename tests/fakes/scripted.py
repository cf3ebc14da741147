"""The socket of a scripted process: greets callers, answers each request, tells them all."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from mcu_core.contract.framing import Framing
from mcu_core.contract.line import Door, Line

M = TypeVar("M")


class Script(Generic[M]):
    """Listens like the real one; `reply` makes the message that answers a message.

    Every connection must begin with a `hello`. May be opened again after `close`.
    """

    def __init__(
        self, socket: Path, framing: Framing[M], hello: type, reply: Callable[[M], M]
    ) -> None:
        self._door: Door[M] = Door(socket, framing, self._serve)
        self._hello = hello
        self._reply = reply
        self._callers: set[Line[M]] = set()

    async def open(self) -> None:
        """Listen."""
        await self._door.open()

    async def close(self) -> None:
        """Hang up on everybody; safe twice."""
        await self._door.close()

    def tell(self, message: M) -> None:
        """Send to all who said hello."""
        for line in self._callers:
            line.send(message)

    async def _serve(self, line: Line[M]) -> None:
        assert isinstance(await line.receive(), self._hello)
        self._callers.add(line)
        try:
            while True:
                line.send(self._reply(await line.receive()))
        finally:
            self._callers.discard(line)
