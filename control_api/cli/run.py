"""`mcu run`: the whole system on one machine."""

import asyncio
import fcntl
import hashlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import structlog
from rich.console import Console

from control_api.cli.supervisor import ChildSpec, supervise
from mcu_core.endpoints.learning import Follow
from mcu_core.endpoints.network import (
    ANY_ADDRESSES,
    NetworkOptions,
    bind_udp,
    read_networks,
    read_ports,
    share_ports,
)
from mcu_core.errors import BadInput, Refused
from mcu_core.observe.logs import LEVELS, set_up

log = structlog.get_logger()

LONGEST_SOCKET_PATH = 90
"""Linux takes 107 bytes; the file's own name comes behind the folder's."""

READY_S = 60.0

MOST_CORES = 1024


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `mcu run` was asked for; `listen` is host:port of API and pages.

    `network`: of media, as `read_network` reads them; none: that of `listen`, known as `advertise`.
    `preset`: of all video encoders, empty for the engine's own choice. `cores`: how much of the
    machine all engines together give away, 0 for all. `follow`: who may take the place of a plain
    RTP sender that is silent (`Follow`).
    """

    data: Path
    listen: str = "127.0.0.1:8080"
    engines: int = 1
    demo: bool = True
    advertise: str = ""
    network: tuple[str, ...] = ()
    ports: str = "0-0"
    log_level: str = "info"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    preset: str = ""
    cores: float = 0.0
    follow: str = Follow.HOST


def split_address(text: str, name: str = "--listen") -> tuple[str, int]:
    """`host:port`, `[v6]:port` or `:port` (all addresses) as a pair; raises BadInput."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") or "0.0.0.0"  # asked for by an empty host
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput(name, f"HOST:PORT with a port of 1..65535, not {text!r}")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether a host reaches only this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def socket_folder(data: Path) -> Path:
    """Where the processes' sockets live: in the data folder, or in /tmp if its path is too long."""
    folder = data.resolve() / "run"
    if len(str(folder).encode()) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mcu-{os.getuid()}-{digest}"


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder of the data, unless it is there; raises BadInput when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise BadInput("--data", f"a folder that can be written ({error})") from error


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises Refused when another system runs on the same data."""
    make_folder(folder, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        # Its owner could stand in for our processes; in /tmp anybody may have made it first.
        raise Refused(f"{folder} belongs to somebody else")
    folder.chmod(0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(
                f"another mcu already runs on this data folder ({folder.parent})"
            ) from error
        yield


def check_free(host: str, port: int) -> None:
    """Raise Refused when somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(
                f"cannot listen on {host}:{port} ({error.strerror}); choose another with --listen"
            ) from error


def media_networks(options: RunOptions) -> list[str]:
    """The networks of media: those named, else the address of `listen`; of both families where that
    is any. Raises BadInput."""
    if options.network:
        return list(options.network)
    host, _ = split_address(options.listen)
    binds = ["0.0.0.0", "::"] if host in ANY_ADDRESSES else [_resolved(host)]
    told = options.advertise
    return [
        f"bind={bind}" + (f",advertise={told}" if told and (":" in told) == (":" in bind) else "")
        for bind in binds
    ]


def check_addresses(media: Iterable[NetworkOptions]) -> None:
    """Raise BadInput where the machine has not the address of a network."""
    for network in media:
        probe = bind_udp(network.bind, 0)
        if probe is None:
            raise BadInput("--network", f"bind= an address of this machine, not {network.bind}")
        probe.close()


def _resolved(host: str) -> str:
    if is_loopback(host):
        return "127.0.0.1"
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except OSError as error:
        raise BadInput("--listen", f"an address of this machine, not {host}") from error


def child_specs(options: RunOptions, sockets: Path, demo: Path | None) -> list[ChildSpec]:
    """The processes of one system, in starting order."""
    networks = [flag for text in media_networks(options) for flag in ("--network", text)]
    python = (sys.executable, "-m")
    names = [f"engine-{k}" for k in range(options.engines)]
    ranges = share_ports(read_ports(options.ports), options.engines)
    engines = [
        ChildSpec(
            name,
            (
                *(*python, "mcu_core.engine", "--name", name),
                *("--socket", str(sockets / f"{name}.sock"), *networks),
                *("--ports", f"{first}-{last}", "--follow", options.follow),
                *("--media", str(options.data / "media")),
                *_effort_flags(options),
                *("--log-level", options.log_level),
            ),
        )
        for name, (first, last) in zip(names, ranges, strict=True)
    ]
    recorder_socket = str(sockets / "recorder.sock")
    recorder = ChildSpec(
        "recorder",
        (
            *(*python, "recorder", "--socket", recorder_socket),
            *("--store", str(options.data / "recordings")),
            *("--log-level", options.log_level),
        ),
    )
    engine_flags = [
        word for name in names for word in ("--engine", f"{name}={sockets / f'{name}.sock'}")
    ]
    control = ChildSpec(
        "control",
        (
            *(*python, "control_api", "--data", str(options.data), "--listen", options.listen),
            *("--log-level", options.log_level),
            *(*engine_flags, "--recorder", recorder_socket),
            *(("--demo", str(demo)) if demo is not None else ()),
            *_tls_flags(options),
        ),
    )
    return [*engines, recorder, control]


def _effort_flags(options: RunOptions) -> tuple[str, ...]:
    """What one engine may spend: engines share the machine alike."""
    preset = ("--preset", options.preset) if options.preset else ()
    # By itself each engine would believe that it has the whole machine.
    cores = options.cores or (len(os.sched_getaffinity(0)) if options.engines > 1 else 0)
    share = ("--cores", f"{cores / options.engines:g}") if cores else ()
    return (*preset, *share)


def check_effort(options: RunOptions) -> None:
    """Raise BadInput for a preset that no encoder has, or for cores that cannot be."""
    if options.preset:
        # Codecs are loaded only where somebody names one.
        from mcu_core.egress.video_encoder import PRESETS

        if options.preset not in PRESETS:
            raise BadInput("--preset", f"one of {', '.join(PRESETS)}, not {options.preset!r}")
    if not 0 <= options.cores <= MOST_CORES:
        raise BadInput("--cores", f"0 (all) to {MOST_CORES}, not {options.cores:g}")


def _tls_flags(options: RunOptions) -> tuple[str, ...]:
    if options.tls_cert is None or options.tls_key is None:
        return ()
    return ("--tls-cert", str(options.tls_cert), "--tls-key", str(options.tls_key))


def check_tls(options: RunOptions) -> None:
    """Raise BadInput unless certificate and key are both given and there, or neither is given."""
    files = {"--tls-cert": options.tls_cert, "--tls-key": options.tls_key}
    if all(path is None for path in files.values()):
        return
    for name, path in files.items():
        if path is None or not path.is_file():
            raise BadInput(name, f"a PEM file, together with its twin ({path or 'not given'})")


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _announce(options: RunOptions) -> None:
    """Print the addresses once control answers."""
    host, port = split_address(options.listen)
    own = host if host not in ("0.0.0.0", "::") else "127.0.0.1"  # compared, not bound
    for _ in range(int(READY_S * 10)):
        if await _answers(own, port):
            break
        await asyncio.sleep(0.1)
    else:
        log.error("control does not answer", address=options.listen)
        return
    scheme = "http" if options.tls_cert is None else "https"
    url = f"{scheme}://{f'[{own}]' if ':' in own else own}:{port}"
    console = Console(soft_wrap=True, highlight=False)  # a link must stay on one line
    console.rule("MCU")
    console.print(_addresses(options, url, host))
    console.rule()


def _addresses(options: RunOptions, url: str, host: str) -> str:
    password = options.data / "admin-password"
    token = options.data / "login-token"
    lines = [f"Console     [bold]{url}/[/]"]
    if token.exists():
        lines.append(f"Sign in     {url}/login?token={token.read_text().strip()}")
    if password.exists():
        lines.append(f"or with     user admin, password {password.read_text().strip()}")
    lines.append(f"API         {url}/api/v1/   (description: {url}/docs)")
    lines.append(f"Data        {options.data.resolve()}")
    if is_loopback(host):
        lines.append("")
        lines.append(
            "Only this machine can connect. To open it to the network: --listen 0.0.0.0:8080"
        )
    lines.append("Ctrl-C ends it.")
    return "\n".join(lines)


async def _live(options: RunOptions, sockets: Path, demo: Path | None) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with asyncio.TaskGroup() as group:
        announcing = group.create_task(_announce(options))
        wrongly_asked = await supervise(child_specs(options, sockets, demo), stopping)
        announcing.cancel()
    if wrongly_asked:
        raise Refused(f"{wrongly_asked} cannot run as it was asked to; above it said why")


def run(options: RunOptions) -> None:
    """Run the whole system until Ctrl-C; raises McuError when it cannot start."""
    if options.log_level not in LEVELS:
        raise BadInput("--log-level", f"one of {', '.join(LEVELS)}, not {options.log_level!r}")
    set_up("run", options.log_level)
    if not 1 <= options.engines <= 64:
        raise BadInput("--engines", "1 to 64")
    ports = read_ports(options.ports)
    share_ports(ports, options.engines)
    media = read_networks(media_networks(options), ports, options.follow)
    if options.network:
        check_addresses([media, *media.others])
    host, port = split_address(options.listen)
    check_tls(options)
    check_effort(options)
    sockets = socket_folder(options.data)
    os.umask(0o077)  # recordings and accounts are not for other users of this machine
    with only_one(sockets):
        make_folder(options.data)
        check_free(host, port)
        demo = _demo(options) if options.demo else None
        asyncio.run(_live(options, sockets, demo))


def _demo(options: RunOptions) -> Path:
    # Only the demo needs codecs in this process.
    from control_api.cli.demo_clips import prepare

    folder = options.data / "demo"
    prepare(folder)
    return folder
