"""The control process: its application, put together, and its life."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
import uvicorn
import uvloop
from fastapi import APIRouter, FastAPI

from control_api.connections import BoundedConnection, raise_file_limit
from control_api.rest import (
    alarms,
    audit,
    bookings,
    calls,
    conferences,
    consultations,
    content,
    docs,
    door,
    events,
    films,
    groups,
    health,
    live,
    moments,
    pacs,
    pages,
    presets,
    problems,
    pushes,
    recordings,
    register,
    session,
    sites,
    system,
    timed,
    track_bytes,
    users,
    whip,
)
from control_api.rest.cross_origin import CrossOrigin
from control_api.rest.shields import Shields
from control_api.rest.static_files import PageFiles
from control_api.services.bridge import Bridge
from control_api.settings import Settings
from control_api.soap import routes as soap
from control_api.soap.gateway import Gateway

log = structlog.get_logger()

SWITCH_INTERVAL_S = 0.0005
"""Requests are handed to threads and back; each time the loop is busy they would wait 5 ms."""

MOST_DISK_WAITS = 32
"""Threads that mostly wait for a disk; by default there are six on two cores."""

END_S = 3
"""How long requests under way may take to end."""


def build_app(settings: Settings, bridge: Bridge | None = None) -> FastAPI:
    """The application. A bridge that it was given is opened and closed by its owner, one of its own
    by its lifespan."""
    own = Bridge(settings) if bridge is None else None
    bridge = bridge or own
    assert bridge is not None
    gateway = Gateway(bridge)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        try:
            if own is not None:
                await own.open()
            yield
        finally:
            await gateway.stop()
            if own is not None:
                await own.close()

    app = FastAPI(
        title="MCU control",
        version=version("mcu"),
        summary="Conferences, sites, layouts, recordings",
        lifespan=life,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.bridge = bridge
    app.state.gateway = gateway
    app.state.recent_players = {}
    track_bytes.put_in_front(app)
    api = APIRouter(prefix="/api/v1")
    for router in (
        session.public,
        session.router,
        users.router,
        conferences.router,
        content.router,
        sites.router,
        door.public,
        door.router,
        whip.router,
        recordings.router,
        timed.router,
        pacs.router,
        moments.router,
        films.router,
        groups.router,
        live.router,
        pushes.router,
        bookings.router,
        presets.router,
        calls.router,
        consultations.router,
        audit.router,
        register.router,
        register.organisations,
        events.router,
        alarms.router,
        health.router,
        system.api,
    ):
        api.include_router(router)
    app.include_router(api)
    app.include_router(whip.router, include_in_schema=False)
    for router in (
        system.root,
        system.public,
        pages.public,
        pages.router,
        docs.router,
        soap.router,
    ):
        app.include_router(router)
    app.mount("/static", PageFiles(pages.STATIC), name="static")
    problems.install(app)
    app.add_middleware(audit.Audited)
    app.add_middleware(Shields)
    app.add_middleware(CrossOrigin)
    return app


class ControlServer(uvicorn.Server):
    """uvicorn, told by our own signal handlers to end; open event feeds end first."""

    def __init__(self, config: uvicorn.Config, bridge: Bridge) -> None:
        super().__init__(config)
        self._bridge = bridge

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends orderly on SIGTERM and SIGINT, with exit code 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Begin to end."""
        log.info("control ends")
        self._bridge.feed.close()
        self._bridge.live.close()
        self.should_exit = True


def server_for(settings: Settings, bridge: Bridge) -> ControlServer:
    """A server for one bridge."""
    config = uvicorn.Config(
        build_app(settings, bridge),
        host=settings.host,
        port=settings.port,
        http=BoundedConnection,
        ws="none",
        # Else whoever is on this machine could claim any address, and guess passwords without end.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=END_S,
        lifespan="on",
    )
    return ControlServer(config, bridge)


async def _live(settings: Settings) -> None:
    asyncio.get_running_loop().set_default_executor(
        ThreadPoolExecutor(MOST_DISK_WAITS, thread_name_prefix="disk")
    )
    bridge = Bridge(settings)
    server = server_for(settings, bridge)
    # What start-up made lives as long as the process: no collection need look at it again.
    gc.collect()
    gc.freeze()
    with server.capture_signals():
        try:
            await bridge.open()  # here, where what it raises is one line and no page of frames
            await server.serve()
        finally:
            await bridge.close()
    if not server.started:
        raise SystemExit(3)


def serve(settings: Settings) -> None:
    """Run the control process until SIGTERM or SIGINT; raises BadInput for settings that cannot be,
    other McuErrors where it cannot begin now."""
    raise_file_limit()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    uvloop.run(_live(settings))
