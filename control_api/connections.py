"""Connections of callers, bounded in number and patience: what uvicorn leaves open to anybody."""

import asyncio
import resource
import socket
from typing import Any, cast

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 1000
MOST_OF_ONE_ADDRESS = 250
"""A clinic behind one address has that much room; one stranger does not take it from the others."""

REQUEST_S = 20.0
"""A whole request, which is at most 256 kB, arrives within this time."""

OPEN_FILES = 65_536

UNSENT_BYTES = 128 * 1024
"""What the kernel holds unsent of one connection: with its own bound, megabytes, a slow viewer of
live pictures would be told seconds late that it is slow."""


TRANSPORT, HTTP = "mcu.transport", "mcu.http"


class WithTransport:
    """The application, told the connection's transport and HTTP state as ASGI extensions: for what
    is pushed to many at once, each of which would else wait in a task of its own for every write,
    and for files that the kernel sends."""

    def __init__(self, app: ASGIApp, transport: asyncio.Transport, http: h11.Connection) -> None:
        self._app = app
        self._own = {TRANSPORT: transport, HTTP: http}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["extensions"] = {**(scope.get("extensions") or {}), **self._own}
        await self._app(scope, receive, send)


class BoundedConnection(H11Protocol):
    """One connection that is closed when a request takes too long to come, or too many are open.

    Responses may take as long as they like: event feeds, and recordings over thin lines. Addresses
    of trusted proxies stand for many callers and have no limit of their own.
    """

    _request_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base
        """Take it, or close it at once."""
        super().connection_made(transport)
        self.app: Any = WithTransport(cast("ASGIApp", self.app), transport, self.conn)
        own = transport.get_extra_info("socket")
        if own is not None and own.family != socket.AF_UNIX:
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        if self._is_one_too_many():
            transport.abort()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        super().connection_lost(exc)
        self._unwatch()

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The next request may come."""
        super().on_response_complete()
        self._watch()

    def _is_one_too_many(self) -> bool:
        if len(self.connections) > MOST_CONNECTIONS:
            return True
        host = _host(self)
        if host in _proxies(self.config.forwarded_allow_ips or ""):
            return False
        return sum(_host(other) == host for other in self.connections) > MOST_OF_ONE_ADDRESS

    def _watch(self) -> None:
        """Let time run while a request is waited for or arrives."""
        if self.transport.is_closing() or self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._unwatch()
        elif self._request_due is None:
            self._request_due = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _unwatch(self) -> None:
        if self._request_due is not None:
            self._request_due.cancel()
            self._request_due = None


def _host(connection: object) -> str:
    client = getattr(connection, "client", None)
    return client[0] if client else ""


def _proxies(names: str | list[str]) -> set[str]:
    listed = names.split(",") if isinstance(names, str) else names
    return {name.strip() for name in listed}


def raise_file_limit() -> None:
    """Room for all connections: systems start processes with 1024 files, whatever they permit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
