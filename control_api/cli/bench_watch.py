"""`mcu bench`: what viewers get, live and recorded; the rest of its words are in bench.py."""

from typing import Annotated

import typer

from control_api.cli.bench import CLIPS, Clips, Json, Plot, Seconds, bench, beside_stalls, tell

__all__ = ["bench"]


@bench.command()
def live(
    viewers: Annotated[int, typer.Option(min=1, max=300, help="How many")] = 100,
    seconds: Seconds = 20,
    content: Annotated[
        bool, typer.Option("--content", help="Coded picture and content; Chromium watches, too")
    ] = False,
    screen: Annotated[
        bool, typer.Option("--screen", help="From a camera to Chromium's screen, nothing else")
    ] = False,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Live viewers of a running system: what they cost, how late they see (bars 3 and 4)."""
    from benchmarks import live_screen, live_viewers

    if screen:
        on_screen = live_screen.ScreenBench(seconds, clips)
        tell(lambda: beside_stalls(lambda: live_screen.run(on_screen)), json_, plot)
    else:
        what = live_viewers.LiveBench(viewers, seconds, content)
        tell(lambda: beside_stalls(lambda: live_viewers.run(what)), json_, plot)


@bench.command()
def vod(
    viewers: Annotated[int, typer.Option(min=1, max=300, help="How many")] = 300,
    recordings: Annotated[int, typer.Option(min=0, max=60, help="That run meanwhile")] = 30,
    seconds: Seconds = 20,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Viewers of recordings at 4 Mbit/s each, beside recordings that are being made (bar 2)."""
    from benchmarks.vod import VodBench, run

    what = VodBench(viewers, recordings, seconds)
    tell(lambda: beside_stalls(lambda: run(what)), json_, plot)


@bench.command()
def sync(
    live: Annotated[bool, typer.Option("--live", help="The live page, not a recording")] = False,
    seconds: Seconds = 15,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """How far picture, content and sound are apart on Chromium's screen (bar 5)."""
    from benchmarks.in_step import SyncBench, run

    tell(lambda: beside_stalls(lambda: run(SyncBench(live, seconds))), json_, plot)


@bench.command()
def leaks(
    requests: Annotated[int, typer.Option(min=100, help="How many")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the dice: the same requests again")] = 11,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Wrong tokens, ranges and names at everything that can be watched (bar 11)."""
    from benchmarks.leaks import run

    tell(lambda: run(requests, seed), json_, plot)
