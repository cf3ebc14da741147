"""What a benchmark says: rows for a table, for JSON, for a plot."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.stalls import Stalls
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import wall_time

Row = dict[str, str | int | float]

FILE_COLUMNS = 180


@dataclass(slots=True)
class Report:
    """One benchmark's outcome. `series`: named figures over time or rank, for the plot.

    `beside`: rows with other columns, which make a table of their own.
    """

    name: str
    rows: list[Row]
    stalls: Stalls | None = None
    notes: list[str] = field(default_factory=list)
    series: dict[str, list[float]] = field(default_factory=dict)
    series_unit: str = ""
    beside: list[Row] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Everything, with the machine that it was measured on."""
        stalls = None
        if self.stalls is not None:
            stalls = {
                name: getattr(self.stalls, name)
                for name in ("wakeups", "p50_ms", "p99_ms", "worst_ms", "over_5_ms", "over_33_ms")
            }
        return {
            "benchmark": self.name,
            "at": wall_time().isoformat(timespec="seconds"),
            "machine": {
                "cores": len(os.sched_getaffinity(0)),
                "processor": processor_name(),
                "python": platform.python_version(),
            },
            "rows": self.rows,
            "beside": self.beside,
            "stalls": stalls,
            "notes": self.notes,
            "series": self.series,
        }

    def show(self) -> None:
        """Print it as a table, in a file or pipe as wide as it needs to be."""
        console = Console()
        if not console.is_terminal:
            console.width = FILE_COLUMNS
        console.print(_table(self.name, self.rows))
        if self.beside:
            console.print(_table("", self.beside))
        if self.stalls is not None:
            console.print(
                "This machine meanwhile: a thread with nothing to do woke up "
                f"{self.stalls.p99_ms:.2f} ms late (99 %), {self.stalls.worst_ms:.1f} ms at worst, "
                f"{self.stalls.over_5_ms} times over 5 ms, {self.stalls.over_33_ms} over 33 ms."
            )
        for note in self.notes:
            console.print(note)

    def save(self, path: Path) -> None:
        """Write it as JSON; raises BadInput when that is not possible."""
        try:
            path.write_text(json.dumps(self.as_json(), ensure_ascii=False, indent=1), "utf-8")
        except OSError as error:
            raise BadInput("--json", f"a file that can be written ({error})") from error

    def plot(self, path: Path) -> None:
        """Draw the series, or the rows' first figure where there is none; raises McuError."""
        try:
            import matplotlib as mpl
        except ImportError as error:
            raise Refused("--plot needs matplotlib: pip install matplotlib") from error
        mpl.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(9, 5))
        if self.series:
            for name, values in self.series.items():
                axes.plot(_ranks(values), sorted(values), label=name)
            axes.set_xlabel("share of measurements, %")
            axes.set_ylabel(self.series_unit)
            axes.legend()
        else:
            _bars(axes, self.rows)
        axes.set_title(self.name)
        axes.grid(visible=True, alpha=0.3)
        figure.tight_layout()
        try:
            figure.savefig(path, dpi=120)
        except (OSError, ValueError) as error:
            raise BadInput("--plot", f"a picture file that can be written ({error})") from error
        finally:
            pyplot.close(figure)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of `values` do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def processor_name() -> str:
    """The processor as Linux names it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _table(title: str, rows: Sequence[Row]) -> Table:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(title=title or None)
    for column in columns:
        first = column == columns[0]
        table.add_column(column, justify="left" if first else "right", no_wrap=first)
    for row in rows:
        table.add_row(*(_shown(row.get(column, "")) for column in columns))
    return table


def _shown(value: str | int | float) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _ranks(values: Sequence[float]) -> list[float]:
    return [100 * (rank + 0.5) / len(values) for rank in range(len(values))]


def _bars(axes: Any, rows: Sequence[Row]) -> None:
    label = next(iter(rows[0]))
    figures = [key for key, value in rows[0].items() if isinstance(value, int | float)]
    names = [str(row[label]) for row in rows]
    axes.barh(names[::-1], [float(row.get(figures[0], 0)) for row in rows][::-1])
    axes.set_xlabel(figures[0])
