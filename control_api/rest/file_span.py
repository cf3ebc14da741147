"""A part of a file as an answer, from the disk's cache to the network without a copy of ours.

Three hundred viewers of recordings take 150 MB a second: carried through Python that is more than a
core, and by sendfile(2) a tenth of one. What is not in the cache is read by a thread first: sending
it would hold the event loop, and with it everybody, for as long as the disk takes.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress

import h11
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from control_api.connections import HTTP, TRANSPORT
from recorder.media_files import MediaFile

AT_ONCE = 1024 * 1024
PATIENCE_S = 60.0
"""A caller who takes nothing for so long is cut."""

DRAIN_S = 0.001

LOOK_BYTES = 64 * 1024
"""How far apart the places are at which the cache is looked into; disks are read ahead further."""


class _Length:
    """Stands for bytes that went another way, so that the server's account of them is right."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class FileSpan(Response):
    """Bytes `start` .. `end` of a file on this machine's disks, which it closes.

    Needs the server's own connection (control_api/connections.py), and no TLS: see `fits`.
    """

    def __init__(
        self,
        file: MediaFile,
        span: tuple[int, int],
        status: int,
        headers: Mapping[str, str],
        kind: str,
    ) -> None:
        super().__init__(None, status, headers, kind)
        self.headers["content-length"] = str(span[1] - span[0])
        self._file = file
        self._span = span

    @staticmethod
    def fits(scope: Scope, file: MediaFile) -> bool:
        """Whether the connection of a request can be given this file so."""
        transport = scope.get("extensions", {}).get(TRANSPORT)
        here = transport is not None and file.descriptor is not None
        return here and transport.get_extra_info("sslcontext") is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a caller who goes meanwhile is let go."""
        transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        connection: h11.Connection = scope["extensions"][HTTP]
        file = self._file.descriptor
        assert file is not None
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
            self._file.close()
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
            read = start
            while start < end:
                if start == read:
                    read = min(end, start + AT_ONCE)
                    if not is_cached(file, start, read):
                        await asyncio.to_thread(_read_ahead, file, start, read)
                try:
                    sent = os.sendfile(own, file, start, read - start)
                except BlockingIOError:
                    await _writable(own)
                    continue
                if not sent:
                    raise ConnectionResetError  # the file has become shorter
                start += sent
        finally:
            os.close(own)


def is_cached(file: int, start: int, end: int) -> bool:
    """Whether that part of a file seems to be in memory; False where the disk cannot tell."""
    one = bytearray(1)
    places = (*range(start, end, LOOK_BYTES), end - 1)
    try:
        return all(os.preadv(file, [one], place, os.RWF_NOWAIT) for place in places)
    except OSError:
        return False


def _read_ahead(file: int, start: int, end: int) -> None:
    """Have the disk give what is to be sent; what goes wrong, sending tells."""
    place = bytearray(LOOK_BYTES)
    with suppress(OSError):
        for at in range(start, end, LOOK_BYTES):
            os.preadv(file, [place], at)


async def _writable(number: int) -> None:
    """Until a socket takes more; raises TimeoutError."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(number, ready.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ready.wait()
    finally:
        loop.remove_writer(number)
