"""`mcu bench`: the recorder, and who watches what it wrote."""

from pathlib import Path
from typing import Annotated

import typer

from control_api.cli.bench import Json, Plot, Seconds, bench, beside_stalls, tell

__all__ = ["bench"]

KeptFile = Annotated[
    Path | None, typer.Option(help="Keeps what came out: the next run goes on with it")
]


@bench.command()
def recorder(
    recordings: Annotated[int, typer.Option(min=0, max=100, help="At once; 0: not")] = 30,
    seconds: Annotated[int, typer.Option(min=2, help="Of these; Ctrl-C tells what is there")] = 30,
    piece: Annotated[
        int, typer.Option(min=10, help="Seconds after which each is checked and deleted")
    ] = 300,
    kills: Annotated[int, typer.Option(min=0, help="SIGKILLs, kept ones included")] = 20,
    cuts: Annotated[int, typer.Option(min=0, help="Power cuts, kept ones included")] = 10,
    disks: Annotated[bool, typer.Option(help="Slow, full, read-only and broken disks")] = True,
    drift: Annotated[float, typer.Option(min=0, help="Hours in moved time; 0: not")] = 8.0,
    hours: Annotated[float, typer.Option(min=0, help="Of one that is opened; 0: not")] = 8.0,
    catalogue: Annotated[int, typer.Option(min=0, help="Hours to search in; 0: not")] = 4000,
    seed: Annotated[int, typer.Option(help="Of the dice")] = 7,
    kept: KeptFile = None,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Recordings at once, killed, without power, on a bad disk, for hours, and thousands listed."""
    from benchmarks.recorder import RecorderBench, run

    what = RecorderBench(
        recordings, seconds, piece, kills, cuts, disks, drift, hours, catalogue, seed, kept
    )
    tell(lambda: beside_stalls(lambda: run(what)), json_, plot)


@bench.command()
def vod(
    viewers: Annotated[int, typer.Option(min=1, max=300, help="How many")] = 300,
    recordings: Annotated[int, typer.Option(min=0, max=60, help="That run meanwhile")] = 30,
    seconds: Seconds = 20,
    cold: Annotated[
        bool, typer.Option("--cold", help="What they watch is never in the machine's memory")
    ] = False,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Viewers of recordings at 4 Mbit/s each, beside recordings that are being made (bar 2)."""
    from benchmarks.vod import VodBench, run

    what = VodBench(viewers, recordings, seconds, cold)
    tell(lambda: beside_stalls(lambda: run(what)), json_, plot)


@bench.command()
def leaks(
    requests: Annotated[int, typer.Option(min=100, help="How many, kept ones included")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the dice")] = 11,
    kept: KeptFile = None,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Wrong tokens, ranges and names at everything that can be watched (bar 11)."""
    from benchmarks.leaks import run

    tell(lambda: run(requests, seed, kept), json_, plot)
