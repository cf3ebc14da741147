"""A control served over real HTTP on loopback, for callers that know nothing else."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from control_api.connections import BoundedConnection
from control_api.soap.gateway import Gateway
from tests.component.control.conftest import Control, shared_app
from tests.fakes.waiting import until


class _Server(uvicorn.Server):
    """Leaves signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(control: Control) -> AsyncIterator[str]:
    """The address of a server of this control, for as long as the block runs."""
    app = shared_app()
    app.state.bridge = control.bridge
    app.state.gateway = Gateway(control.bridge)
    config = uvicorn.Config(
        app, http=BoundedConnection, ws="none", lifespan="off", log_level="error"
    )
    server = _Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        try:
            await until(lambda: server.started, "the server listens")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
