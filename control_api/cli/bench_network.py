"""`mcu bench`: bad networks, and what is made to break us; most words are in bench.py."""

from pathlib import Path
from typing import Annotated

import typer

from control_api.cli.bench import CLIPS, Clips, Json, Plot, tell
from control_api.cli.bench_watch import bench

__all__ = ["bench"]


@bench.command()
def network(
    seconds: Annotated[int, typer.Option(min=10, help="Of each call with losses")] = 40,
    seed: Annotated[int, typer.Option(help="Of the network's dice")] = 1,
    sound: Annotated[str, typer.Option(help="opus or PCMA alone, and no jitter")] = "",
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Bad networks: what is seen and heard with losses and jitter, in moved time (bars 4, 5)."""
    from benchmarks.network import NetworkBench, run

    tell(lambda: run(NetworkBench(seconds, seed, sound)), json_, plot)


@bench.command()
def fuzz(
    requests: Annotated[int, typer.Option(min=100, help="How many")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the dice: the same requests again")] = 6,
    media: Annotated[
        bool, typer.Option("--media", help="RTP, RTCP, SDP and STUN to a call instead (bar 9)")
    ] = False,
    kept: Annotated[
        Path, typer.Option(help="Of --media: the file by which the next run goes on")
    ] = Path("var/media-fuzz.json"),
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """SOAP requests made to break the gateway: each has a defined answer (bar 6 of the gateway)."""
    if media:
        from benchmarks import media_fuzz

        tell(lambda: media_fuzz.run(requests, seed, kept), json_, plot)
        return
    from benchmarks.gateway_fuzz import run

    tell(lambda: run(requests, seed), json_, plot)


@bench.command()
def ladder(
    narrow: Annotated[float, typer.Option(min=4, help="Seconds at 300 kbit/s")] = 10.0,
    wide: Annotated[float, typer.Option(min=4, help="Seconds after that at 2 Mbit/s")] = 15.0,
    reports: Annotated[
        bool, typer.Option("--reports", help="Receiver reports alone, no transport-cc")
    ] = False,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """A receiver's link falls from 2 Mbit/s to 300 kbit/s and returns; others too (bar 3)."""
    from benchmarks.ladder import run

    tell(lambda: run(narrow, wide, not reports, clips), json_, plot)


@bench.command()
def lowest(
    seconds: Annotated[int, typer.Option(min=2, help="Of each call")] = 10,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """The least rates of calls, over links that are no wider, in moved time (bar 8)."""
    from benchmarks.lowest import run

    tell(lambda: run(seconds, clips), json_, plot)
