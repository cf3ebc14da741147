"""Sums of call records by day and month, from which reports are made.

They change in the transaction that writes the records, by the difference that these make, so they
are right whenever a process ends. Times are whole milliseconds: sums of those do not drift.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    String,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

By = Literal["day", "organisation", "site"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls: first days from..to (20270301, both inclusive), and what is not empty.

    `organisation` has those below it, parted by `/`, in it.
    """

    since: int
    until: int
    organisation: str = ""
    site: str = ""
    conference: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A row of a report: what it is of, calls, and of them seconds, packets, lost, bytes."""

    of: str
    calls: int
    seconds: float
    packets: int
    lost: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What of a call record is summed up."""

    day: int
    site: str
    organisation: str
    joined_s: float
    seen_s: float
    packets: int
    lost: int
    bytes: int


_SUMS = ("calls", "took_ms", "packets", "lost", "bytes")
_KEYS = {
    "use_of_organisations": ("period", "organisation"),
    "use_of_sites": ("period", "site", "organisation"),
}
_TABLES = {
    name: table(
        name,
        column("period", BigInteger()),
        *(column(key, String()) for key in keys[1:]),
        *(column(one, BigInteger()) for one in _SUMS),
    )
    for name, keys in _KEYS.items()
}
_ADD = {
    "use_of_organisations": text(
        "INSERT INTO use_of_organisations AS kept"
        " (period, organisation, calls, took_ms, packets, lost, bytes)"
        " VALUES (:period, :organisation, :calls, :took_ms, :packets, :lost, :bytes)"
        " ON CONFLICT (period, organisation) DO UPDATE SET calls = kept.calls + excluded.calls,"
        " took_ms = kept.took_ms + excluded.took_ms, packets = kept.packets + excluded.packets,"
        " lost = kept.lost + excluded.lost, bytes = kept.bytes + excluded.bytes"
    ),
    "use_of_sites": text(
        "INSERT INTO use_of_sites AS kept"
        " (period, site, organisation, calls, took_ms, packets, lost, bytes)"
        " VALUES (:period, :site, :organisation, :calls, :took_ms, :packets, :lost, :bytes)"
        " ON CONFLICT (period, site, organisation) DO UPDATE"
        " SET calls = kept.calls + excluded.calls,"
        " took_ms = kept.took_ms + excluded.took_ms, packets = kept.packets + excluded.packets,"
        " lost = kept.lost + excluded.lost, bytes = kept.bytes + excluded.bytes"
    ),
}
_NUMBERS = ("day", *_SUMS[2:])
_CALLS = table(
    "calls",
    *(column(one, BigInteger()) for one in _NUMBERS),
    *(column(one, String()) for one in ("organisation", "site")),
    *(column(one, Float()) for one in ("joined_s", "seen_s")),
)
FIRST_DAY, LAST_DAY = 1000_01_01, 9999_12_31
"""Days have eight digits and months six: neither lies between two of the other."""


def periods(since: int, until: int) -> list[tuple[int, int]]:
    """Whole months, and the days beside them, that are from..to; each span is inclusive: pure."""
    since, until = max(since, FIRST_DAY), min(until, LAST_DAY)
    first = since // 100 if since % 100 <= 1 else _month(since, 1)
    _, last_day = calendar.monthrange(*divmod(until // 100, 100))
    last = until // 100 if until % 100 >= last_day else _month(until, -1)
    if first > last:
        return [(since, until)]
    spans = [(since, first * 100), (first, last), (last * 100 + 99, until)]
    return [span for span in spans if span[0] <= span[1]]


def _month(day: int, step: int) -> int:
    """The month after that of the day, or before it."""
    year, month = divmod(day // 100, 100)
    year, month = divmod(year * 12 + month - 1 + step, 12)
    return year * 100 + month + 1


async def change(
    connection: AsyncConnection, before: Iterable[Counted], after: Iterable[Counted]
) -> None:
    """Add what records are now, and take off what they were."""
    sums: dict[str, dict[tuple[Any, ...], list[int]]] = {name: {} for name in _KEYS}
    for sign, records in ((-1, before), (1, after)):
        for one in records:
            took_ms = round((one.seen_s - one.joined_s) * 1000)
            values = (1, took_ms, one.packets, one.lost, one.bytes)
            for period in (one.day, one.day // 100):
                for name, key in (
                    ("use_of_organisations", (period, one.organisation)),
                    ("use_of_sites", (period, one.site, one.organisation)),
                ):
                    kept = sums[name].setdefault(key, [0] * len(_SUMS))
                    for k, value in enumerate(values):
                        kept[k] += sign * value
    for name, keys in _KEYS.items():
        rows = [
            dict(zip((*keys, *_SUMS), (*key, *kept), strict=True))
            for key, kept in sorted(sums[name].items())
            if any(kept)
        ]
        if rows:
            await connection.execute(_ADD[name], rows)


async def make(connection: AsyncConnection) -> None:
    """All sums anew, from all records."""
    c = _CALLS.c
    took_ms = cast(func.round((c.seen_s - c.joined_s) * 1000), BigInteger())
    summed = (func.count(), *(func.sum(one) for one in (took_ms, c.packets, c.lost, c.bytes)))
    for name, keys in _KEYS.items():
        await connection.execute(delete(_TABLES[name]))
        of = [c.day, *(c[key] for key in keys[1:])]
        days = select(*of, *summed).group_by(*of)
        await connection.execute(insert(_TABLES[name]).from_select([*keys, *_SUMS], days))
        await _sum_months(connection, name, FIRST_DAY, LAST_DAY)


async def _sum_months(connection: AsyncConnection, name: str, since: int, until: int) -> None:
    """Of the days from..to; there must be no rows of their months."""
    sums, keys = _TABLES[name], _KEYS[name]
    month = sums.c.period.op("/")(literal_column("100"))
    of = [month, *(sums.c[key] for key in keys[1:])]
    months = select(*of, *(func.sum(sums.c[one]) for one in _SUMS)).group_by(*of)
    months = months.where(sums.c.period.between(since, until))
    await connection.execute(insert(sums).from_select([*keys, *_SUMS], months))


async def are_missing(connection: AsyncConnection) -> bool:
    """Whether there are records and no sums: they were written before there were any."""
    records = await connection.execute(text("SELECT 1 FROM calls LIMIT 1"))
    sums = await connection.execute(text("SELECT 1 FROM use_of_organisations LIMIT 1"))
    return records.first() is not None and sums.first() is None


async def forget_before(connection: AsyncConnection, day: int) -> None:
    """Remove those of earlier days; of the month of that day what is left."""
    month = day // 100
    for name, sums in _TABLES.items():
        period = sums.c.period
        earlier = or_(period.between(FIRST_DAY, day - 1), period <= month)
        await connection.execute(delete(sums).where(earlier))
        await _sum_months(connection, name, month * 100, month * 100 + 99)


def report(asked: Asked, by: By, most: int) -> Select[Any]:
    """Use and loss by what is asked for: days in order, else the longest first."""
    of_sites = by == "site" or bool(asked.site)
    sums = _TABLES["use_of_sites" if of_sites else "use_of_organisations"]
    c = sums.c
    of = c.period if by == "day" else c[by]
    statement = select(of, *(func.sum(c[name]) for name in _SUMS))
    days = [(max(asked.since, FIRST_DAY), asked.until)]
    spans = days if by == "day" else periods(asked.since, asked.until)
    statement = statement.where(or_(*(c.period.between(*span) for span in spans)))
    if asked.organisation:
        statement = statement.where(within(c.organisation, asked.organisation))
    if asked.site:
        statement = statement.where(c.site == asked.site)
    order = (of,) if by == "day" else (func.sum(c.took_ms).desc(), of)
    return statement.group_by(of).order_by(*order).limit(most)


def within(path: ColumnElement[str], organisation: str) -> ColumnElement[bool]:
    """Whether it is that organisation or one below it."""
    return or_(path == organisation, path.startswith(f"{organisation}/", autoescape=True))
