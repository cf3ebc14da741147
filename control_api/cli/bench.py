"""`mcu bench`: how fast, how late, at what cost; how to read it: benchmarks/README.md."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

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
Sizes = Literal["360p", "4cif", "720p", "1080p"]
Presets = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"]
Sounds = Literal["opus", "PCMA", "PCMU", "G722", "L16"]
Size = Annotated[Sizes, typer.Option(help="Pictures that sites send")]
Preset = Annotated[Presets, typer.Option(help="x264 preset of the engine")]
Fps = Annotated[int, typer.Option(min=10, max=60, help="Pictures a second, in and out")]
Sound = Annotated[Sounds, typer.Option(help="Codec of the sites' sound")]
Srtp = Annotated[bool, typer.Option("--srtp", help="Sites come by WebRTC's SRTP")]
Clips = Annotated[Path, typer.Option(help="Folder of the demo clips")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file")]
Plot = Annotated[Path | None, typer.Option(help="Draw them into this PNG file")]


def tell(run: Callable[[], Report], json_: Path | None, plot: Path | None) -> None:
    """Measure, show it, and write what was asked for."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    report = run()
    report.show()
    if json_ is not None:
        report.save(json_)
    if plot is not None:
        report.plot(plot)


def beside_stalls(run: Callable[[], Report]) -> Report:
    """Measure, and how late this machine woke up meanwhile."""
    with StallWatch() as watch:
        report = run()
    report.stalls = watch.result
    return report


@bench.command()
def kernels(json_: Json = None, plot: Plot = None) -> None:
    """Loops over pixels, beside OpenCV, swscale and NumPy."""
    from benchmarks.kernels import run  # each loads only what it measures

    tell(lambda: beside_stalls(run), json_, plot)


@bench.command()
def canvas(json_: Json = None, plot: Plot = None) -> None:
    """Nine own pictures beside the floor of their copies; texts; nothing new."""
    from benchmarks.canvas import run

    tell(lambda: beside_stalls(run), json_, plot)


@bench.command()
def packets(json_: Json = None, plot: Plot = None) -> None:
    """What a packet costs, in and out, beside bare sockets of the same loop."""
    from benchmarks.packets import run

    tell(lambda: beside_stalls(run), json_, plot)


@bench.command()
def mix(
    frames: Annotated[
        int, typer.Option(min=30, help="Pictures out; 9000 are those of bar 2")
    ] = 720,
    turns: Annotated[int, typer.Option(min=1, help="How often each program runs")] = 3,
    size: Annotated[
        list[str] | None, typer.Option(help="Of the inputs: 360p, 720p; repeatable")
    ] = None,
    preset: Preset = "superfast",
    under: Annotated[
        str, typer.Option(help="What starts each program, such as: taskset -c 0")
    ] = "",
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """`mcu mix` beside its codecs bare, ffmpeg's and GStreamer's mosaics (bar 2)."""
    from benchmarks.mix import FORM, MixBench, run

    sizes = tuple(size or ("360p", "720p"))
    what = MixBench(frames, turns, sizes, form=replace(FORM, preset=preset), under=under)
    tell(lambda: run(what, clips), json_, plot)


@bench.command()
def room(
    seconds: Seconds = 10,
    sites: Sites = 4,
    size: Size = "720p",
    classes: Annotated[int, typer.Option(min=1, max=4, help="Rate classes out")] = 1,
    sound: Sound = "opus",
    preset: Preset = "superfast",
    browser: Annotated[bool, typer.Option(help="One more site: headless Chromium")] = False,
    fps: Fps = 30,
    out: Annotated[Sizes, typer.Option(help="Size of the mosaic")] = "720p",
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """A running room: what it delivers, how late, at what cost beside the codecs (bars 3, 3b)."""
    from benchmarks.room import Room, run

    what = Room(sites + browser, size, classes, sound, preset, browser, fps, out)
    tell(lambda: run(seconds, what, clips), json_, plot)


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

    tell(lambda: run(seconds, sites, size, sound, bad_line, clips), json_, plot)


@bench.command()
def codecs(
    document: Annotated[
        Path | None, typer.Option(help="Write the table to this file (docs/codecs.md)")
    ] = None,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Every codec with every other in one conference, ffmpeg on the other side (bar 1)."""
    from benchmarks.codecs import run

    tell(lambda: run(document), json_, plot)


@bench.command()
def speech(seconds: Seconds = 600, json_: Json = None, plot: Plot = None) -> None:
    """Who is shown in a labelled talk, beside other servers' rules (bar 10)."""
    from benchmarks.speech import run

    tell(lambda: run(seconds), json_, plot)


@bench.command()
def sound(seconds: Seconds = 60, json_: Json = None, plot: Plot = None) -> None:
    """The mixer alone, beside ffmpeg's and GStreamer's (bar 8)."""
    from benchmarks.sound import run

    tell(lambda: run(seconds), json_, plot)


@bench.command()
def own(
    seconds: Seconds = 10,
    sites: Sites = 9,
    size: Size = "360p",
    preset: Preset = "superfast",
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Every site gets a mosaic of its own (bar 4)."""
    from benchmarks.own import run

    tell(lambda: run(seconds, sites, size, preset, clips), json_, plot)


@bench.command()
def fanout(
    seconds: Seconds = 10,
    receivers: Annotated[int, typer.Option(min=4, max=200, help="How many")] = 30,
    secure: Srtp = False,
    ports: Annotated[str, typer.Option(help="UDP ports of the engine; two do for all")] = "0-0",
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Many receivers in four classes (bar 5)."""
    from benchmarks.fanout import run

    tell(lambda: run(seconds, receivers, clips, secure, ports), json_, plot)


@bench.command()
def keyframes(
    seconds: Seconds = 10,
    receivers: Annotated[int, typer.Option(min=4, max=100, help="How many")] = 20,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Who gets keyframes when receivers ask, join, or a layout changes (bar 6)."""
    from benchmarks.keyframes import run

    tell(lambda: run(seconds, receivers, clips), json_, plot)


@bench.command()
def audio(
    seconds: Seconds = 10,
    sites: Sites = 200,
    speaking: Annotated[int, typer.Option(min=0, help="How many of them speak")] = 6,
    noise_db: Annotated[
        float, typer.Option(max=0, help="Noise of the others' microphones, dBFS; 0: silence")
    ] = 0,
    sound: Sound = "opus",
    secure: Srtp = False,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """A large room of sound alone (bar 9)."""
    from benchmarks.audio import run

    tell(lambda: run(seconds, sites, speaking, noise_db, sound, clips, secure), json_, plot)


@bench.command()
def fault(
    seconds: Seconds = 10,
    sites: Sites = 4,
    size: Size = "720p",
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """One site on a dead line, then on one that loses 30 %: what the others get (bar 11)."""
    from benchmarks.fault import run

    tell(lambda: run(seconds, sites, size, clips), json_, plot)


@bench.command()
def content(
    pages: Annotated[int, typer.Option(min=2, max=8, help="How many slides")] = 4,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Slides at 512 kbit/s: when they come, and whether they can be read; needs tesseract-ocr."""
    from benchmarks.content import run

    tell(lambda: run(pages), json_, plot)


@bench.command()
def churn(
    events: Annotated[int, typer.Option(min=10, help="How many")] = 10_000,
    each: Annotated[int, typer.Option(min=5, help="Events between two looks at the panes")] = 100,
    seed: Annotated[int, typer.Option(help="Of the dice: the same events again")] = 12,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Joins, leaves, relayouts and mutes: no stale pane, nothing left behind (bar 12)."""
    from benchmarks.churn import run

    tell(lambda: run(events, each, seed, clips), json_, plot)


@bench.command()
def tenants(
    seconds: Seconds = 10,
    conferences: Annotated[int, typer.Option(min=4, max=50, help="How many in one engine")] = 10,
    size: Size = "360p",
    fps: Fps = 30,
    sound: Sound = "opus",
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Conferences in one engine: one killed, flooded, relaid out; the others' packet counts."""
    from benchmarks.tenants import run

    tell(lambda: run(seconds, conferences, size, clips, fps, sound), json_, plot)


@bench.command()
def janus(
    seconds: Seconds = 10,
    sites: Annotated[list[int] | None, typer.Option(help="Rooms of so many, repeatable")] = None,
    speaking: Annotated[int, typer.Option(min=0, help="How many of them speak")] = 6,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Janus AudioBridge with the load of `audio` (bar 9); needs Debian's janus."""
    from benchmarks.janus import run

    tell(lambda: run(seconds, sites or [50, 100, 150, 200], speaking, clips), json_, plot)


@bench.command()
def gateway(
    asked: Annotated[int, typer.Option(min=5, help="How often each verb, by each caller")] = 50,
    callers: Annotated[int, typer.Option(min=1, max=20, help="How many at once")] = 2,
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the engine's capacity")] = 0.8,
    capacity: Annotated[
        int, typer.Option(min=0, help="In conferences, as a run before has found it; 0: find it")
    ] = 0,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """SOAP verbs while the engine is busy: how long each takes (bar 3 of the gateway)."""
    from benchmarks.gateway import GatewayBench, run

    tell(lambda: run(GatewayBench(asked, callers, share, capacity)), json_, plot)


@bench.command()
def bookings(
    series: Annotated[int, typer.Option(min=1, help="Recurring conferences kept")] = 10_000,
    occurrences: Annotated[int, typer.Option(min=1, max=500, help="Of each")] = 26,
    asked: Annotated[int, typer.Option(min=1, help="How often each")] = 20,
    folder: Annotated[Path | None, typer.Option(help="Keeps the database for the next go")] = None,
    server: Annotated[str, typer.Option(help="URL of an empty PostgreSQL database")] = "",
    calls: Annotated[int, typer.Option(min=0, help="Reports of so many call records")] = 0,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Free/busy and booking with years of bookings kept (bar 4 of the gateway)."""
    from benchmarks.bookings import BookingsBench, run

    what = BookingsBench(series, occurrences, asked, folder, server, calls)
    tell(lambda: run(what), json_, plot)


@bench.command()
def ports(
    seconds: Seconds = 8, clips: Clips = CLIPS, json_: Json = None, plot: Plot = None
) -> None:
    """Ports per core, and what each CAP row of the requirements takes (bar 13)."""
    from benchmarks.ports import run

    tell(lambda: run(seconds, clips), json_, plot)


@bench.command()
def search(
    slides: Annotated[int, typer.Option(min=0, help="How many are searched; 0: none")] = 100_000,
    read: Annotated[int, typer.Option(min=0, help="How many are rendered and read")] = 10,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Slides searched by two-character words; rendered ones read and found (bar 10)."""
    from benchmarks.search import SearchBench, run

    tell(lambda: run(SearchBench(slides, read=read)), json_, plot)


@bench.command()
def pacs(
    seconds: Annotated[int, typer.Option(min=10, help="Length of the clip")] = 600,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """A clip into Debian's Orthanc and back, over an outage (bar 12); needs orthanc."""
    from benchmarks.pacs import PacsBench, run

    tell(lambda: run(PacsBench(seconds)), json_, plot)
