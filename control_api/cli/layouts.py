"""`mcu layouts`: the 50 modes as a table, as JSON, as a picture."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.contact_sheet import as_json, draw


def show_layouts(
    json_: Annotated[
        bool, typer.Option("--json", help="Panes as JSON, in fractions of the canvas")
    ] = False,
    png: Annotated[Path | None, typer.Option(help="Draw all layouts into this PNG file")] = None,
) -> None:
    """List the layouts that a conference can have."""
    if png is not None:
        try:
            draw(png)
        except OSError as error:
            raise BadInput("--png", f"a file that can be written ({error})") from error
    if json_:
        typer.echo(json.dumps(as_json(), ensure_ascii=False))
    elif png is not None:
        typer.echo(f"{len(MODES)} layouts -> {png}")
    else:
        Console().print(_table())


def _table() -> Table:
    table = Table(title="Layouts (WS/T 546 table 63)")
    for heading in ("number", "panes", "main"):
        table.add_column(heading, justify="right")
    table.add_column("name")
    table.add_column("kind")
    for layout in MODES:
        values = (layout.id, len(layout.panes), layout.main + 1, layout.name, layout.kind)
        table.add_row(*map(str, values))
    return table
