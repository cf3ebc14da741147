"""`mcu bench`: how fast, how late, at what cost; how to read it: benchmarks/README.md."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.report import Report
from benchmarks.stalls import StallWatch

CLIPS = Path("var/demo")
SWITCH_INTERVAL_S = 0.0005
"""Else a thread that decodes would keep the one that notes arrivals waiting for 5 ms."""

bench = typer.Typer(
    help="Measure kernels, the offline mixer, running conferences, and the delay through them.",
    no_args_is_help=True,
)

Seconds = Annotated[int, typer.Option(min=2, help="How long; 600 for the ten minutes of the bars")]
Sites = Annotated[int, typer.Option(min=2, max=200, help="Sites of the conference")]
Size = Annotated[str, typer.Option(help="Pictures that sites send: 360p, 4cif, 720p or 1080p")]
Preset = Annotated[str, typer.Option(help="x264 preset of the engine; empty: its own")]
Sound = Annotated[str, typer.Option(help="Codec of the sites' sound: opus, PCMA, PCMU, G722, L16")]
Clips = Annotated[Path, typer.Option(help="Folder of the demo clips")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file")]
Plot = Annotated[Path | None, typer.Option(help="Draw them into this PNG file")]


def _tell(run: Callable[[], Report], json_: Path | None, plot: Path | None) -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    report = run()
    report.show()
    if json_ is not None:
        report.save(json_)
    if plot is not None:
        report.plot(plot)


def _beside_stalls(run: Callable[[], Report]) -> Report:
    with StallWatch() as watch:
        report = run()
    report.stalls = watch.result
    return report


@bench.command()
def kernels(json_: Json = None, plot: Plot = None) -> None:
    """Loops over pixels, beside OpenCV, swscale and NumPy."""
    from benchmarks.kernels import run  # each loads only what it measures

    _tell(lambda: _beside_stalls(run), json_, plot)


@bench.command()
def packets(json_: Json = None, plot: Plot = None) -> None:
    """What a packet costs, in and out, beside bare sockets of the same loop."""
    from benchmarks.packets import run

    _tell(lambda: _beside_stalls(run), json_, plot)


@bench.command()
def mix(
    seconds: Seconds = 10,
    repetitions: Annotated[int, typer.Option(min=1, help="Runs, of which the median")] = 3,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """`mcu mix` beside ffmpeg's own mosaic: same files, same x264 (bar 2)."""
    from benchmarks.mix import run

    _tell(lambda: run(seconds, repetitions, clips), json_, plot)


@bench.command()
def room(
    seconds: Seconds = 10,
    sites: Sites = 4,
    size: Size = "720p",
    classes: Annotated[int, typer.Option(min=1, max=4, help="Rate classes out")] = 1,
    sound: Sound = "opus",
    preset: Preset = "",
    browser: Annotated[bool, typer.Option(help="One more site: headless Chromium")] = False,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """A running room: what it delivers, how late, at what cost beside the codecs (bars 3, 3b)."""
    from benchmarks.room import Room, run

    what = Room(sites + browser, size, classes, sound, preset, browser)
    _tell(lambda: run(seconds, what, clips), json_, plot)


@bench.command()
def latency(
    seconds: Seconds = 10,
    sites: Sites = 9,
    size: Size = "720p",
    sound: Sound = "opus",
    bad_line: Annotated[
        bool, typer.Option(help="The measured site comes with jitter, loss and a late camera")
    ] = False,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """What the engine adds: from counter to counter, chirp to chirp; lip sync (bar 7)."""
    from benchmarks.latency import run

    _tell(lambda: run(seconds, sites, size, sound, bad_line, clips), json_, plot)


@bench.command()
def speech(seconds: Seconds = 600, json_: Json = None, plot: Plot = None) -> None:
    """Who is shown in a labelled talk, beside other servers' rules (bar 10)."""
    from benchmarks.speech import run

    _tell(lambda: run(seconds), json_, plot)
