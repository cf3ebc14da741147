"""One connection to the tap of a conference, for whoever records it or shows it live."""

import asyncio
from pathlib import Path

from mcu_core.contract.commands import Failure, OpenTap
from mcu_core.contract.events import TapMessage
from mcu_core.contract.line import Line, dial
from mcu_core.contract.wire import (
    CONTRACT_VERSION,
    ENGINE_FRAMING,
    Hello,
    Message,
    Reply,
    Request,
    Tapped,
)
from recorder.errors import TapFailed

QUIET_S = 0.02
"""Nothing for so long: what the engine gave has been read."""

QUIET_LOOKS = 10
"""An engine that goes on giving is read for this many times `QUIET_S` more, no longer."""


class Tap:
    """Reads what the engine gives of one conference, content as a track of its own; `close` ends
    it."""

    def __init__(self, line: Line[Message]) -> None:
        self._line = line
        self._received = 0

    @classmethod
    async def open(
        cls,
        engine_socket: Path,
        conference: str,
        role: str,
        since_ns: int = 0,
        *,
        recorded: bool = False,
    ) -> "Tap":
        """Dial the engine and ask (OpenTap says what `since_ns` and `recorded` mean).

        Raises LineClosed.
        """
        line = await dial(engine_socket, ENGINE_FRAMING)
        line.send(Hello(CONTRACT_VERSION, role))
        line.send(Request(1, OpenTap(conference, since_ns, content=True, recorded=recorded)))
        return cls(line)

    async def receive(self) -> TapMessage:
        """The next track, unit or loss.

        Raises TapFailed when the engine refuses, LineClosed at its end, MalformedInput for what is
        not its language.
        """
        while True:
            message = await self._line.receive()
            if isinstance(message, Tapped):
                self._received += 1
                return message.body
            if isinstance(message, Reply) and isinstance(message.body, Failure):
                raise TapFailed(message.body.message)

    async def quiet(self) -> None:
        """Let its reader take what waits, so that what came before an end is not left in it."""
        seen = -1
        for _ in range(QUIET_LOOKS):
            if seen == self._received:
                return
            seen = self._received
            await asyncio.sleep(QUIET_S)

    async def close(self) -> None:
        """Hang up and wait for it; safe twice."""
        await self._line.close()
