"""Tables as CSV that spreadsheets take: UTF-8 with a mark of its order, no cell a formula."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping

from fastapi.responses import StreamingResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would carry out."""

MARK = "\ufeff"


def line(cells: Iterable[object]) -> str:
    """One line of a table."""
    text = io.StringIO()
    csv.writer(text).writerow([_plain(cell) for cell in cells])
    return text.getvalue()


def sheet(name: str, lines: AsyncIterator[str] | Iterable[str]) -> StreamingResponse:
    """A file of lines, the first of which has MARK before it."""
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def table(
    name: str, columns: Iterable[str], rows: Iterable[Mapping[str, object]]
) -> StreamingResponse:
    """A file of these columns of rows."""
    names = list(columns)
    head = MARK + line(names)
    return sheet(name, iter([head, *(line(row[column] for column in names) for row in rows)]))


def _plain(cell: object) -> object:
    """Names come from strangers: none begins a formula."""
    if isinstance(cell, (list, tuple)):
        cell = ", ".join(str(one) for one in cell)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
