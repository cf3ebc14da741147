"""How far a mix has come, on stderr: a bar on a terminal, else a line now and then."""

from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from mcu_core.media.clock import NS_PER_SECOND, Clock

LINE_EACH_S = 10
"""How often a log gets a line; a mix that takes less gets none."""


class MixProgress:
    """Tells pictures made, how many times faster than real time, and what is left."""

    def __init__(self, fps: int, clock: Clock, console: Console | None = None) -> None:
        self._fps = fps
        self._clock = clock
        self._began_ns = self._told_ns = clock.now_ns()
        console = Console(stderr=True) if console is None else console
        self._bar = _bar(console) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._bar.add_task("mix", total=None, told="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def report(self, done_s: float, total_s: float) -> None:
        """So many seconds are mixed; `total_s` is a guess by the inputs' headers."""
        now_ns = self._clock.now_ns()
        if self._bar is None and now_ns - self._told_ns < LINE_EACH_S * NS_PER_SECOND:
            return
        self._told_ns = now_ns
        told = self._told(done_s, max(done_s, total_s), (now_ns - self._began_ns) / NS_PER_SECOND)
        if self._bar is None:
            typer.echo(f"mix: {told}", err=True)
        else:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=done_s, total=max(done_s, total_s), told=told)

    def _told(self, done_s: float, total_s: float, took_s: float) -> str:
        pictures, total = round(done_s * self._fps), round(total_s * self._fps)
        if not done_s or not took_s:
            return f"{pictures} of {total} pictures"
        left_s = (total_s - done_s) * took_s / done_s
        return (
            f"{pictures} of {total} pictures, {done_s / took_s:.1f} times real time, "
            f"{_minutes(left_s)} left"
        )


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("mix"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[told]}"),
        console=console,
        transient=True,
        refresh_per_second=2,
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
