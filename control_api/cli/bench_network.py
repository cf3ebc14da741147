"""`mcu bench`: bad networks, and what is made to break us; most words are in bench.py."""

from pathlib import Path
from typing import Annotated

import typer

from control_api.cli.bench import CLIPS, Clips, Json, Plot, tell
from control_api.cli.bench_watch import bench

__all__ = ["bench"]

FUZZ, MEDIA_FUZZ = Path("var/gateway-fuzz.json"), Path("var/media-fuzz.json")


@bench.command()
def network(
    seconds: Annotated[int, typer.Option(min=10, help="Of each call with losses")] = 40,
    seed: Annotated[int, typer.Option(help="Of the network's dice")] = 1,
    sound: Annotated[str, typer.Option(help="opus or PCMA alone, and no jitter")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="So many dice: median and worst")] = 1,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Bad networks: what is seen and heard with losses and jitter, in moved time (bars 4, 5)."""
    from benchmarks.network import NetworkBench, run

    tell(lambda: run(NetworkBench(seconds, seed, sound, seeds)), json_, plot)


@bench.command()
def fuzz(
    requests: Annotated[int, typer.Option(min=100, help="How many")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the dice: the same requests again")] = 6,
    media: Annotated[
        bool, typer.Option("--media", help="RTP, RTCP, SDP and STUN to a call instead (bar 9)")
    ] = False,
    kept: Annotated[
        Path | None, typer.Option(help="The file by which the next run goes on")
    ] = None,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """SOAP and REST requests made to break control: each has a defined answer (its bar 6)."""
    if media:
        from benchmarks import media_fuzz

        tell(lambda: media_fuzz.run(requests, seed, kept or MEDIA_FUZZ), json_, plot)
        return
    from benchmarks.gateway_fuzz import run

    tell(lambda: run(requests, seed, kept or FUZZ), json_, plot)


@bench.command()
def ladder(
    narrow: Annotated[float, typer.Option(min=4, help="Seconds at 300 kbit/s")] = 10.0,
    wide: Annotated[float, typer.Option(min=4, help="Seconds after that at 2 Mbit/s")] = 15.0,
    reports: Annotated[
        bool, typer.Option("--reports", help="Receiver reports alone, no transport-cc")
    ] = False,
    seeds: Annotated[
        int, typer.Option(min=0, help="In moved time instead, by so many dice and all reports")
    ] = 0,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """A receiver's link falls from 2 Mbit/s to 300 kbit/s and returns; others too (bar 3)."""
    if seeds:
        from benchmarks import laddered

        tell(lambda: laddered.run(laddered.LadderDice(seeds, narrow, wide)), json_, plot)
        return
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


@bench.command()
def asked(
    small: Annotated[int, typer.Option(min=10, help="Seconds in one tile of sixteen")] = 20,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """What Chromium sends while it is shown large, in one tile of sixteen, and large again."""
    from benchmarks.asked import Phases, run

    tell(lambda: run(Phases(small_s=small)), json_, plot)


@bench.command()
def stock(
    peers: Annotated[int, typer.Option(min=1, max=20, help="Connections at once")] = 4,
    seconds: Annotated[float, typer.Option(min=2, help="Of each measurement")] = 8.0,
    turns: Annotated[int, typer.Option(min=1, help="How often each")] = 2,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """CPU per packet of the WebRTC path, beside a stock aiortc peer connection (bar 7)."""
    from benchmarks.stock import run

    tell(lambda: run(peers, seconds, turns), json_, plot)


@bench.command()
def mixed(json_: Json = None, plot: Plot = None) -> None:
    """Browsers, rooms, telephones in one conference, each within its own rate (bar 2)."""
    from benchmarks.mixed import run

    tell(run, json_, plot)


@bench.command()
def kills(
    times: Annotated[int, typer.Option(min=1, help="How often")] = 20,
    kept: Annotated[Path, typer.Option(help="The file by which the next run goes on")] = Path(
        "var/kills.json"
    ),
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Control killed while callers book and steer: nothing is lost, no call disturbed (bar 5)."""
    from benchmarks.kills import run

    tell(lambda: run(times, kept), json_, plot)
