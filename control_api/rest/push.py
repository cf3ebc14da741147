"""A response without end that is written straight to its connection, by whoever has something."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from control_api.connections import TRANSPORT
from recorder.live import PushedViewer


@lru_cache(maxsize=4)
def chunk_of(data: bytes) -> bytes:
    """The bytes as a chunk (RFC 9112 7.1): of what all viewers get there is one for all of them."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class ConnectionSink:
    """Bytes into one HTTP/1 response whose head has gone out; those for a closed one are lost."""

    def __init__(self, transport: asyncio.Transport, chunked: bool) -> None:
        self.transport = transport
        self._chunked = chunked

    @property
    def backlog(self) -> int:
        """What the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Hand it over, as a chunk where the response is made of such."""
        if not self.transport.is_closing():
            self.transport.write(chunk_of(data) if self._chunked else data)


class PushResponse(Response):
    """Lives until its viewer is closed, the caller goes, or `still_welcome` raises.

    `begin` makes the viewer, `end` gives it back; `still_welcome` is asked every `check_s`.
    """

    def __init__(
        self,
        begin: Callable[[ConnectionSink], PushedViewer],
        end: Callable[[PushedViewer], None],
        still_welcome: Callable[[], Awaitable[bool]],
        check_s: float,
        media_type: str,
    ) -> None:
        super().__init__(None, 200, {"X-Accel-Buffering": "no"}, media_type)
        del self.headers["content-length"]  # it has no end
        self._begin = begin
        self._end = end
        self._still_welcome = still_welcome
        self._check_s = check_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it; needs the server's own connection (control_api/connections.py)."""
        transport = scope["extensions"][TRANSPORT]
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        sink = ConnectionSink(transport, scope["http_version"] != "1.0")
        viewer = self._begin(sink)
        try:
            await self._last(viewer, receive)
        finally:
            self._end(viewer)
        if sink.backlog:
            transport.abort()  # else a slow caller would keep what is over
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _last(self, viewer: PushedViewer, receive: Receive) -> None:
        gone = asyncio.create_task(_disconnected(receive), name="live caller gone")
        ended = asyncio.create_task(viewer.ended(), name="live viewer ended")
        try:
            while True:
                done, _ = await asyncio.wait(
                    {gone, ended}, timeout=self._check_s, return_when=asyncio.FIRST_COMPLETED
                )
                if done or not await self._still_welcome():
                    return
        finally:
            for task in (gone, ended):
                task.cancel()
            await asyncio.gather(gone, ended, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
