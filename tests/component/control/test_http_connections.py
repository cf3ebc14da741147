"""Connections that only take up room are closed, and do not keep others out."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Literal

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from control_api import connections
from control_api.connections import BoundedConnection, raise_file_limit

DEADLINE_S = 30.0
REQUEST = b"GET / HTTP/1.1\r\nHost: mcu\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Server(uvicorn.Server):
    """Leaves signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says yes, as soon as the whole request is there."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"yes"})


@asynccontextmanager
async def served(
    proxies: str = "", what: ASGIApp = app, lifespan: Literal["off", "on"] = "off"
) -> AsyncIterator[int]:
    config = uvicorn.Config(
        what,
        http=BoundedConnection,
        ws="none",
        lifespan=lifespan,
        log_level="error",
        proxy_headers=False,
        forwarded_allow_ips=proxies,
    )
    server = Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not server.started:
                    await asyncio.sleep(0.005)  # polls a condition, with a deadline
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def begin(port: int, data: bytes) -> Connection:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    return reader, writer


async def end_of(connection: Connection) -> bytes:
    """All that came until the other side closed."""
    reader, writer = connection
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        REQUEST,
        b"POST / HTTP/1.1\r\nHost: mcu\r\nContent-Length: 100\r\n\r\nhalf",
        REQUEST + b"\r\n" + REQUEST,
    ],
    ids=["nothing", "half a head", "half a body", "half a second request"],
)
async def test_a_request_that_does_not_come_is_not_waited_for(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.2)
    async with served() as port:
        answered = await end_of(await begin(port, data))
    assert (b"200 OK" in answered) == (data.count(b"GET") == 2)


async def test_one_address_does_not_take_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE_ADDRESS", 3)
    async with served() as port:
        idle = [await begin(port, REQUEST) for _ in range(3)]
        assert await end_of(await begin(port, REQUEST)) == b""
        for connection in idle:
            connection[1].write(b"Connection: close\r\n\r\n")
            assert b"200 OK" in await end_of(connection)


async def test_a_trusted_proxy_stands_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE_ADDRESS", 1)
    async with served("10.0.0.1, 127.0.0.1") as port:
        idle = await begin(port, REQUEST)
        connection = await begin(port, REQUEST + b"Connection: close\r\n\r\n")
        assert b"200 OK" in await end_of(connection)
        idle[1].close()


def test_the_file_limit_is_never_lowered() -> None:
    raise_file_limit()
    raise_file_limit()
