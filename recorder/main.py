"""The recorder process: `python -m recorder --socket PATH --store DIR`."""

import argparse
import asyncio
import gc
import signal
from pathlib import Path

import uvloop

from mcu_core.media.clock import MonotonicClock
from mcu_core.observe.logs import LEVELS, set_up
from recorder.files import Room
from recorder.service import RecorderService

MB = 1024 * 1024


async def serve(socket: Path, store: Path, room: Room) -> None:
    """Record until SIGTERM or SIGINT. Recordings that run then are left to be resumed."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    service = RecorderService(socket, store, MonotonicClock(), room)
    await service.open()
    gc.freeze()  # what start-up made lives for ever: the collector need not walk it again
    try:
        await ended.wait()
    finally:
        await service.close()


def run(socket: Path, store: Path, log_level: str = "info", room: Room | None = None) -> None:
    """The whole process; returns when it was asked to end."""
    set_up("recorder", log_level)
    uvloop.run(serve(socket, store, room or Room()))


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="mcu recorder", description="Records conferences.")
    parser.add_argument("--socket", type=Path, required=True, help="where control finds it")
    parser.add_argument("--store", type=Path, required=True, help="folder of all recordings")
    parser.add_argument("--log-level", default="info", choices=LEVELS)
    own = Room()
    parser.add_argument("--keep-free-mb", type=int, default=own.kept_free // MB)
    parser.add_argument("--room-mb", type=int, default=own.least // MB)
    options = parser.parse_args(arguments)
    room = Room(options.keep_free_mb * MB, options.room_mb * MB)
    run(options.socket, options.store, options.log_level, room)
