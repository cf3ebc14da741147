"""`mcu migrate`: the data of an installation from SQLite to a PostgreSQL server, or back."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from control_api.cli.backup import PREFIX, SQLITE
from control_api.cli.run import only_one, socket_folder
from control_api.persistence.database import Database
from control_api.persistence.transfer import transfer
from control_api.settings import Settings
from mcu_core.errors import BadInput, Refused

FILE, STDIN = "sqlite", "-"


def migrate(
    to: Annotated[
        str,
        typer.Argument(
            help="sqlite, or postgresql://user@host/name of an empty one; - reads that, with its"
            " password, from standard input"
        ),
    ],
    data: Annotated[Path, typer.Option(help="Folder of all data")] = Path("var"),
) -> None:
    """Copy the whole database into another kind; nothing may run on it meanwhile."""
    to, server = _target(to), Settings().database
    file = data / SQLITE
    if (to == FILE) != bool(server):
        now = f"{PREFIX}DATABASE" if server else file
        raise BadInput("TO", f"the other kind of database: it is in {now} now")
    if not server and not file.is_file():
        raise BadInput("--data", f"a folder with {SQLITE}")
    if to == FILE and file.exists():
        raise Refused(f"{file} is there already")
    with only_one(socket_folder(data)):
        counts = asyncio.run(_carried(Database(file, server), Database(file, _url(to))))
    rows = sum(counts.values())
    typer.echo(f"{rows} rows of {len(counts)} tables; what is kept of recordings is made again")
    typer.echo(
        f"set {PREFIX}DATABASE to where it is now" if to != FILE else f"take {PREFIX}DATABASE away"
    )


def _target(to: str) -> str:
    """Where to: as it was said, or on standard input. Raises BadInput for a password among words.

    The words of a command are there for every user of the machine to read (`ps`).
    """
    if to == STDIN:
        return sys.stdin.readline().strip()
    if to != FILE and urlsplit(to).password:
        raise BadInput(
            "TO", f"an address without its password, or {STDIN} and it on standard input"
        )
    return to


def _url(to: str) -> str:
    return "" if to == FILE else to


async def _carried(source: Database, target: Database) -> dict[str, int]:
    try:
        await source.open()
        await target.open()
        return await transfer(source, target)
    finally:
        await target.close()
        await source.close()
