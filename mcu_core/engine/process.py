"""The media engine as a process: set-up, life, orderly end."""

import argparse
import asyncio
import gc
import math
import signal
import sys
from pathlib import Path

import structlog
import uvloop

from mcu_core.egress.video_encoder import DEFAULT_PRESET, PRESETS
from mcu_core.endpoints.learning import Follow
from mcu_core.endpoints.network import read_networks, read_ports
from mcu_core.engine.engine import Engine
from mcu_core.engine.options import EngineOptions
from mcu_core.errors import BadInput
from mcu_core.kernels.warmup import warm_up
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.memory import keep_little
from mcu_core.media.priority import Niceness, prefer
from mcu_core.observe.logs import LEVELS, set_up

log = structlog.get_logger()

SWITCH_INTERVAL_S = 0.0005
"""A thread that wants the interpreter gets it after this: the default of 5 ms would be heard."""


def _cores(text: str) -> float:
    cores = float(text)
    if not 0 < cores < math.inf:
        raise argparse.ArgumentTypeError(f"a number over 0, not {text}")
    return cores


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line of `mcu engine`."""
    parser = argparse.ArgumentParser(prog="mcu engine", description=__doc__)
    parser.add_argument("--name", default="engine-0", help="name in logs and snapshots")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument("--bind", default="127.0.0.1", help="address for media")
    parser.add_argument("--advertise", default="", help="address told to others, if not --bind")
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        help="instead of --bind: bind=ADDRESS[,advertise=ADDRESS][,for=NETWORK]..., once for each",
    )
    parser.add_argument("--ports", default="0-0", help="UDP port range, 0-0: any")
    parser.add_argument(
        "--follow",
        default=Follow.HOST,
        choices=list(Follow),
        help="who may take the place of a plain RTP sender that is silent",
    )
    parser.add_argument("--preset", default=DEFAULT_PRESET, choices=PRESETS, help="of encoders")
    parser.add_argument("--cores", type=_cores, help="how much to give away; default: all")
    parser.add_argument("--media", type=Path, help="folder of logos")
    parser.add_argument("--log-level", default="info", choices=LEVELS)
    options = parser.parse_args(arguments)
    try:
        simple = f"bind={options.bind}"
        simple += f",advertise={options.advertise}" if options.advertise else ""
        options.networks = read_networks(
            options.network or [simple], read_ports(options.ports), options.follow
        )
    except BadInput as error:
        parser.error(str(error))
    return options


async def _live(options: argparse.Namespace) -> None:
    engine = Engine(
        options.name,
        options.socket,
        options.networks,
        MonotonicClock(),
        EngineOptions(options.preset, options.cores, options.media),
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    prefer(Niceness.PACKETS)
    await engine.open()
    try:
        await stopping.wait()
    finally:
        log.info("engine ends")
        await engine.close()


def main(arguments: list[str] | None = None) -> None:
    """Run an engine until SIGTERM or SIGINT."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    keep_little()
    set_up(options.name, options.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    warm_up()
    # What start-up made lives as long as the process: no collection need look at it again.
    gc.collect()
    gc.freeze()
    uvloop.run(_live(options))
