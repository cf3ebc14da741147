"""A part of a file as an answer, from the disk's cache to the network without a copy of ours.

Three hundred viewers of recordings take 150 MB a second: carried through Python that is more than a
core, and by sendfile(2) a tenth of one.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import h11
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from control_api.connections import HTTP, TRANSPORT

AT_ONCE = 1024 * 1024
PATIENCE_S = 60.0
"""A caller who takes nothing for so long is cut."""

DRAIN_S = 0.001


class _Length:
    """Stands for bytes that went another way, so that the server's account of them is right."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class FileSpan(Response):
    """Bytes `start` .. `end` of a file on this machine's disks; `headers` tell their number.

    Needs the server's own connection (control_api/connections.py), and no TLS: see `fits`.
    """

    def __init__(
        self, path: Path, span: tuple[int, int], status: int, headers: Mapping[str, str], kind: str
    ) -> None:
        super().__init__(None, status, headers, kind)
        self.headers["content-length"] = str(span[1] - span[0])
        self._path = path
        self._span = span

    @staticmethod
    def fits(scope: Scope) -> bool:
        """Whether the connection of a request can be answered so."""
        transport = scope.get("extensions", {}).get(TRANSPORT)
        return transport is not None and transport.get_extra_info("sslcontext") is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a caller who goes meanwhile is let go."""
        transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        connection: h11.Connection = scope["extensions"][HTTP]
        file = os.open(self._path, os.O_RDONLY)
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if scope["method"] != "HEAD":
                size = self._span[1] - self._span[0]
                connection.send_with_data_passthrough(h11.Data(data=_Length(size)))  # type: ignore[arg-type]  # of it only the length is asked
                await self._pass_on(transport, file)
        except (OSError, TimeoutError, h11.LocalProtocolError):
            transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass  # the server is to know, or it would call this an answer that was forgotten
            return
        finally:
            os.close(file)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pass_on(self, transport: asyncio.Transport, file: int) -> None:
        """Raises OSError when the connection is gone, TimeoutError when nothing is taken."""
        while transport.get_write_buffer_size():  # the head goes first
            await asyncio.sleep(DRAIN_S)
        if transport.is_closing():
            raise ConnectionResetError
        own = os.dup(transport.get_extra_info("socket").fileno())  # the loop watches the first one
        try:
            start, end = self._span
            while start < end:
                try:
                    sent = os.sendfile(own, file, start, min(AT_ONCE, end - start))
                except BlockingIOError:
                    await _writable(own)
                    continue
                if not sent:
                    raise ConnectionResetError  # the file has become shorter
                start += sent
        finally:
            os.close(own)


async def _writable(number: int) -> None:
    """Until a socket takes more; raises TimeoutError."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(number, ready.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ready.wait()
    finally:
        loop.remove_writer(number)
