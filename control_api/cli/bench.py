"""`mcu bench`: how fast, how late, at what cost; how to read it: benchmarks/README.md."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.report import Report
from benchmarks.stalls import StallWatch

CLIPS = Path("var/demo")
SWITCH_INTERVAL_S = 0.0005
"""Else a thread that decodes would keep the one that notes arrivals waiting for 5 ms."""


class Benchmark(StrEnum):
    """What can be measured."""

    KERNELS = "kernels"
    PACKETS = "packets"
    MIX = "mix"
    CONFERENCE = "conference"
    LATENCY = "latency"


def bench(
    what: Annotated[Benchmark, typer.Argument(help="Which benchmark")],
    seconds: Annotated[
        int, typer.Option(min=2, help="Length of each run; 600 for the ten minutes of the bars")
    ] = 10,
    repetitions: Annotated[int, typer.Option(min=1, help="Runs of mix, of which the median")] = 3,
    sites: Annotated[int, typer.Option(min=2, max=16, help="Sites of conference, latency")] = 4,
    browser: Annotated[
        bool, typer.Option(help="conference: the last site is headless Chromium")
    ] = False,
    clips: Annotated[Path, typer.Option(help="Folder of the demo clips")] = CLIPS,
    json_: Annotated[Path | None, typer.Option("--json", help="Write figures to this file")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw them into this PNG file")] = None,
) -> None:
    """Measure kernels, packets, the offline mixer, a running conference, or its delay."""
    runs: dict[Benchmark, Callable[[], Report]] = {
        Benchmark.KERNELS: _kernels,
        Benchmark.PACKETS: _packets,
        Benchmark.MIX: lambda: _mix(seconds, repetitions, clips),
        Benchmark.CONFERENCE: lambda: _conference(seconds, sites, clips, browser),
        Benchmark.LATENCY: lambda: _latency(seconds, sites, clips),
    }
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    report = runs[what]()
    report.show()
    if json_ is not None:
        report.save(json_)
    if plot is not None:
        report.plot(plot)


def _kernels() -> Report:
    from benchmarks.kernels import run  # each loads only what it measures

    with StallWatch() as watch:
        report = run()
    report.stalls = watch.result
    return report


def _packets() -> Report:
    from benchmarks.packets import run

    with StallWatch() as watch:
        report = run()
    report.stalls = watch.result
    return report


def _mix(seconds: int, repetitions: int, clips: Path) -> Report:
    from benchmarks.mix import run

    return run(seconds, repetitions, clips)


def _conference(seconds: int, sites: int, clips: Path, browser: bool) -> Report:
    from benchmarks.conference import run

    return run(seconds, sites, clips, browser)


def _latency(seconds: int, sites: int, clips: Path) -> Report:
    from benchmarks.latency import run

    return run(seconds, sites, clips)
