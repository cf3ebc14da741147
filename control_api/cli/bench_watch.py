"""`mcu bench`: what viewers get; the recorder has bench_recorder.py, all else bench.py."""

from typing import Annotated

import typer

from control_api.cli.bench import CLIPS, Clips, Json, Plot, Seconds, beside_stalls, tell
from control_api.cli.bench_recorder import bench

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
    whep: Annotated[
        bool, typer.Option("--whep", help="With --screen: a player that speaks WHEP")
    ] = False,
    clips: Clips = CLIPS,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """Live viewers of a running system: what they cost, how late they see (bars 3 and 4)."""
    from benchmarks import live_screen, live_viewers

    if screen:
        on_screen = live_screen.ScreenBench(seconds, whep, clips)
        tell(lambda: beside_stalls(lambda: live_screen.run(on_screen)), json_, plot)
    else:
        what = live_viewers.LiveBench(viewers, seconds, content)
        tell(lambda: beside_stalls(lambda: live_viewers.run(what)), json_, plot)


@bench.command()
def sync(
    live: Annotated[bool, typer.Option("--live", help="The live page, not a recording")] = False,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="In a window (Xvfb), which other tabs really hide")
    ] = False,
    seconds: Seconds = 15,
    json_: Json = None,
    plot: Plot = None,
) -> None:
    """How far picture, content and sound are apart on Chromium's screen (bar 5)."""
    from benchmarks.in_step import SyncBench, run

    tell(lambda: beside_stalls(lambda: run(SyncBench(live, hidden, seconds))), json_, plot)
