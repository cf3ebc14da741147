"""`mcu doctor`: what this machine can do, what is missing, and what to install."""

import importlib.metadata
import json
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import av
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.stalls import measure_stalls
from control_api.cli.demo_clips import recipes
from mcu_core.compositor.fonts import chosen
from mcu_core.errors import McuError
from mcu_core.media import libopus
from mcu_core.media.codec import AAC, H264, OPUS, VP8
from mcu_core.media.codec_table import codec_table

API_PORT = 8080
LEAST_CORES, LEAST_MEMORY_GB, LEAST_DISK_GB = 2, 2.0, 5.0
FLOOR = frozenset(codec.name for codec in (H264, VP8, OPUS, AAC))
"""Without one of these browsers, or recordings, do not work."""

STALL_SECONDS = 1.0
STALL_WARN_MS = 5.0
TEST_PROGRAMS = (
    ("ffmpeg", "ffmpeg"),
    ("gst-launch-1.0", "gstreamer1.0-tools"),
    ("chromium", "chromium"),
    ("node", "nodejs"),
)


class Verdict(StrEnum):
    """OK: nothing to do. WARN: works, with less. FAIL: the system does not work like this."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it stands, what was seen, what would mend it."""

    topic: str
    verdict: Verdict
    seen: str
    advice: str = ""


def examine(
    data: Annotated[Path, typer.Option(help="Data folder of mcu run")] = Path("var"),
    json_: Annotated[bool, typer.Option("--json", help="Print the findings as JSON")] = False,
) -> None:
    """Say what this machine can do and what to install; exit code 1 only if something fails."""
    findings = list(all_findings(data))
    if json_:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _print(findings)
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        raise typer.Exit(1)


def all_findings(data: Path) -> Iterator[Finding]:
    """Every check, in the order in which a person would ask."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _processor,
        _memory,
        _stalls,
        _codecs,
        _fonts,
        _ports,
        lambda: _data_folder(data),
        _demo,
        _test_programs,
    )
    for check in checks:
        yield from check()


def _python() -> Iterator[Finding]:
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("av", "numba", "numpy", "aiortc")
    )
    yield Finding("Python", Verdict.OK, f"{platform.python_version()}; {versions}")


def _processor() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    verdict = Verdict.OK if cores >= LEAST_CORES else Verdict.WARN
    advice = "" if cores >= LEAST_CORES else f"{LEAST_CORES} cores or more for four 720p sites"
    yield Finding("cores", verdict, str(cores), advice)
    flags = cpu_flags(Path("/proc/cpuinfo"))
    found = [flag for flag in ("sse4_1", "avx2", "avx512bw", "neon", "asimd") if flag in flags]
    fast = "avx2" in flags or "asimd" in flags
    advice = "" if fast else "a processor with AVX2 composes about twice as fast"
    seen = ", ".join(found) or "no vector instructions found"
    yield Finding("vector instructions", Verdict.OK if fast else Verdict.WARN, seen, advice)


def cpu_flags(cpuinfo: Path) -> frozenset[str]:
    """The features that Linux lists for the first core; empty where it lists none."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        name, _, values = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return frozenset(values.split())
    return frozenset()


def _memory() -> Iterator[Finding]:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    enough = gigabytes >= LEAST_MEMORY_GB
    advice = "" if enough else f"{LEAST_MEMORY_GB:g} GB or more"
    yield Finding("memory", Verdict.OK if enough else Verdict.WARN, f"{gigabytes:.1f} GB", advice)


def _stalls() -> Iterator[Finding]:
    stalls = measure_stalls(STALL_SECONDS)
    seen = f"worst wake-up {stalls.worst_ms:.1f} ms late, 99 % within {stalls.p99_ms:.1f} ms"
    if stalls.worst_ms < STALL_WARN_MS:
        yield Finding("scheduler", Verdict.OK, seen)
        return
    advice = "other work keeps the cores busy, or the host takes them away: pictures may be late"
    yield Finding("scheduler", Verdict.WARN, seen, advice)


def _codecs() -> Iterator[Finding]:
    yield Finding("PyAV", Verdict.OK, f"{av.__version__}, FFmpeg {av.ffmpeg_version_info}")
    for row in codec_table():
        directions = {"received": row.received, "sent": row.sent}
        seen = " and ".join(word for word, can in directions.items() if can) or "missing"
        floor = row.name in FLOOR and not row.whole
        verdict = Verdict.FAIL if floor else Verdict.WARN if row.note else Verdict.OK
        yield Finding(row.name, verdict, seen, row.note)
    if libopus.version():
        yield Finding("Opus over losses", Verdict.OK, libopus.version())
    else:
        advice = (
            "apt-get install libopus0: else no in-band FEC, and cruder sound where packets get lost"
        )
        yield Finding("Opus over losses", Verdict.WARN, "no libopus found", advice)


def _fonts() -> Iterator[Finding]:
    font = chosen()
    seen = font.path.name if font.path is not None else "Pillow's own"
    if font.chinese:
        yield Finding("font of names", Verdict.OK, f"{seen}, with Chinese")
        return
    advice = "apt-get install fonts-noto-cjk: else Chinese names are drawn as boxes"
    yield Finding("font of names", Verdict.WARN, f"{seen}, without Chinese", advice)


def _ports() -> Iterator[Finding]:
    free = _binds(socket.SOCK_STREAM, API_PORT)
    advice = "" if free else f"mcu run --listen 127.0.0.1:{API_PORT + 1}, or end what uses it"
    seen = "free" if free else "in use"
    yield Finding(f"port {API_PORT}", Verdict.OK if free else Verdict.WARN, seen, advice)
    udp = _binds(socket.SOCK_DGRAM, 0)
    advice = "" if udp else "media needs UDP on the loopback address"
    yield Finding("UDP", Verdict.OK if udp else Verdict.FAIL, "binds" if udp else "refused", advice)


def _binds(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _data_folder(data: Path) -> Iterator[Finding]:
    existing = next(path for path in (data.absolute(), *data.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        advice = "mcu run --data FOLDER with a folder that can be written"
        yield Finding("data folder", Verdict.FAIL, f"{data}: {error.strerror}", advice)
        return
    gigabytes = shutil.disk_usage(existing).free / 1e9
    enough = gigabytes >= LEAST_DISK_GB
    advice = "" if enough else "an hour of a recording takes about 1 GB"
    seen = f"{data}, {gigabytes:.0f} GB free"
    yield Finding("data folder", Verdict.OK if enough else Verdict.WARN, seen, advice)


def _demo() -> Iterator[Finding]:
    try:
        wanted = recipes()
    except McuError as error:
        yield Finding("demo clips", Verdict.WARN, "none", str(error))
        return
    real = sum(any(source.path.exists() for source in recipe.footage) for recipe in wanted)
    spoken = sum(any(path.exists() for path in recipe.speech) for recipe in wanted)
    seen = f"{real} of {len(wanted)} with real pictures, {spoken} with speech"
    whole = real == spoken == len(wanted)
    advice = "" if whole else "apt-get install opencv-doc pocketsphinx-testdata"
    yield Finding("demo clips", Verdict.OK if whole else Verdict.WARN, seen, advice)


def _test_programs() -> Iterator[Finding]:
    for program, package in TEST_PROGRAMS:
        path = shutil.which(program)
        if path:
            yield Finding(program, Verdict.OK, path)
        else:
            advice = f"apt-get install {package} (make test needs it)"
            yield Finding(program, Verdict.WARN, "not found", advice)


def _print(findings: list[Finding]) -> None:
    colors = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
    table = Table(show_header=False, box=None, pad_edge=False)
    for finding in findings:
        mark = f"[{colors[finding.verdict]}]{finding.verdict}[/]"
        seen = f"{finding.seen}\n-> {finding.advice}" if finding.advice else finding.seen
        table.add_row(mark, finding.topic, seen)
    Console().print(table)
