"""One end of a contract connection over a Unix socket, for asyncio."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from mcu_core.contract.framing import LENGTH_BYTES, Framing, body_length
from mcu_core.errors import MalformedInput, McuError

M = TypeVar("M")

DEFAULT_BACKLOG_BYTES = 16 * 1024 * 1024


class LineClosed(McuError):
    """The other end is gone."""


class Line(Generic[M]):
    """Reads and writes whole messages; writes never wait, a reader that lags too far is cut off.

    `backlog_bytes` bounds what may wait in our memory for a slow reader; `backlog` tells how much
    does, so that a tap can drop before the bound is met.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        framing: Framing[M],
        backlog_bytes: int = DEFAULT_BACKLOG_BYTES,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._framing = framing
        self._limit = backlog_bytes

    @property
    def backlog(self) -> int:
        """Bytes written but not yet taken by the kernel."""
        return self._writer.transport.get_write_buffer_size()

    async def receive(self) -> M:
        """The next message; raises LineClosed at the end, MalformedInput for what is none."""
        try:
            header = await self._reader.readexactly(LENGTH_BYTES)
            body = await self._reader.readexactly(body_length(header))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise LineClosed("the other end closed the connection") from error
        return self._framing.decode(body)

    def send(self, message: M) -> None:
        """Hand a message to the kernel or our buffer; raises LineClosed when that is too full."""
        if self._writer.is_closing():
            raise LineClosed("the connection is closed")
        if self.backlog > self._limit:
            self._writer.transport.abort()
            raise LineClosed("the other end does not read")
        self._writer.write(self._framing.encode(message))

    async def close(self) -> None:
        """Close and wait until it is closed; safe twice."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except (ConnectionError, OSError):
            return


async def dial(path: Path, framing: Framing[M]) -> Line[M]:
    """Connect to a Unix socket; raises LineClosed when nobody listens."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError as error:
        raise LineClosed(f"nobody listens at {path}") from error
    return Line(reader, writer, framing)


class Door(Generic[M]):
    """A listening Unix socket; each connection runs `serve` in a task that close() ends."""

    def __init__(self, path: Path, framing: Framing[M], serve: Callable[[Line[M]], object]) -> None:
        self._path = path
        self._framing = framing
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; a file left by a dead process is replaced, and only its owner may connect."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, str(self._path))
        self._path.chmod(0o600)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = Line(reader, writer, self._framing)
        try:
            result = self._serve(line)
            if asyncio.iscoroutine(result):
                await result
        except (LineClosed, MalformedInput):
            return
        except asyncio.CancelledError:
            return
        finally:
            self._tasks.discard(task)
            await line.close()

    async def close(self) -> None:
        """Stop listening, end all connections and wait for them; safe twice."""
        if self._server is not None:
            self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        self._path.unlink(missing_ok=True)
