"""Rows of call records (话单): who was in which conference, and reports made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

import msgspec
from sqlalchemy import (
    BigInteger,
    Float,
    Select,
    String,
    TableClause,
    column,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from control_api.persistence.database import Database

EVERYBODY = ""


class Call(msgspec.Struct, frozen=True):
    """A site was in a conference from `joined_s` to `left_s` (Unix seconds; None: still).

    `seen_s` is when it was last seen there, `day` its first day as 20270301. Of what it sent:
    codecs, the largest picture, `packets` that came, `lost` of its picture, payload `bytes`.
    """

    number: int
    day: int
    conference: str
    conference_name: str
    bill_code: str
    site: str
    site_name: str
    organisation: str
    kind: str
    endpoint: str
    joined_s: float
    seen_s: float
    left_s: float | None = None
    reason: str = ""
    video_codec: str = ""
    width: int = 0
    height: int = 0
    audio_codec: str = ""
    packets: int = 0
    lost: int = 0
    bytes: int = 0


By = Literal["day", "organisation", "site"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls: first days from..to (20270301, both inclusive), and what is not empty.

    `organisation` has those below it, parted by `/`, in it.
    """

    since: int
    until: int
    organisation: str = EVERYBODY
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


_FIELDS = Call.__struct_fields__
_TEXT, _WHOLE, _REAL = String(), BigInteger(), Float()
_KINDS: dict[object, TypeEngine[Any]] = {str: _TEXT, int: _WHOLE, float: _REAL}
_CALLS = TableClause(
    "calls", *(column(name, _KINDS.get(kind, _REAL)) for name, kind in get_type_hints(Call).items())
)
_C = _CALLS.c
_ROWS = select(_CALLS)


class CallRows:
    """Reads and writes call records; each call of a method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_number(self) -> int:
        """A number that no record has."""
        async with self._database.begin() as connection:
            found = (await connection.execute(select(func.max(_C.number)))).scalar()
        return int(found or 0) + 1

    async def unfinished(self) -> list[Call]:
        """The records of who is still there, as far as is known."""
        async with self._database.begin() as connection:
            return await _all(connection, _ROWS.where(_C.left_s.is_(None)))

    async def put(self, calls: Sequence[Call]) -> None:
        """Write records, new or changed."""
        async with self._database.begin() as connection:
            numbers = [call.number for call in calls]
            await connection.execute(delete(_CALLS).where(_C.number.in_(numbers)))
            await connection.execute(insert(_CALLS), [msgspec.structs.asdict(one) for one in calls])

    async def page(self, asked: Asked, before: int, most: int) -> list[Call]:
        """The newest first, with numbers below `before` (0: from the newest on)."""
        statement = _where(_ROWS, asked)
        if before:
            day = select(_C.day).where(_C.number == before).scalar_subquery()
            statement = statement.where(_C.number < before, _C.day <= day)
        async with self._database.begin() as connection:
            newest = (_C.day.desc(), _C.number.desc())
            return await _all(connection, statement.order_by(*newest).limit(most))

    async def report(self, asked: Asked, by: By, most: int) -> list[Use]:
        """Use and loss by what is asked for: days in order, else the busiest first."""
        seconds = func.sum(_C.seen_s - _C.joined_s)
        sums = (func.sum(_C.packets), func.sum(_C.lost), func.sum(_C.bytes))
        statement = _where(select(_C[by], func.count(), seconds, *sums), asked).group_by(_C[by])
        statement = statement.order_by(_C.day if by == "day" else seconds.desc()).limit(most)
        async with self._database.begin() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Use(str(of), calls, float(took), int(packets), int(lost), int(size))
            for of, calls, took, packets, lost, size in rows
        ]

    async def forget_before(self, day: int) -> None:
        """Remove the records of earlier days."""
        async with self._database.begin() as connection:
            await connection.execute(delete(_CALLS).where(_C.day < day))


async def _all(connection: AsyncConnection, statement: Select[Any]) -> list[Call]:
    return [Call(*row) for row in (await connection.execute(statement)).all()]


def _where(statement: Select[Any], asked: Asked) -> Select[Any]:
    statement = statement.where(_C.day >= asked.since, _C.day <= asked.until)
    if asked.organisation:
        below = _C.organisation.startswith(f"{asked.organisation}/", autoescape=True)
        statement = statement.where(or_(_C.organisation == asked.organisation, below))
    if asked.site:
        statement = statement.where(_C.site == asked.site)
    if asked.conference:
        statement = statement.where(_C.conference == asked.conference)
    return statement
