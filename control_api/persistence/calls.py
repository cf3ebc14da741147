"""Rows of call records (话单): who was in which conference, and reports made of their sums."""

from collections.abc import Iterable, Sequence
from typing import Any, get_type_hints

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
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from control_api.persistence import uses
from control_api.persistence.database import Database
from control_api.persistence.uses import Asked, By, Counted, Use


class Call(msgspec.Struct, frozen=True):
    """A site was in a conference from `joined_s` to `left_s` (Unix seconds; None: still).

    `seen_s` is when it was last seen there, `day` its first day as 20270301. Of what it sent:
    codecs, the largest picture, `packets` that came, `lost` of its picture, payload `bytes`. How it
    went: mean delays in the bridge, seconds that its picture stood still and its sound was made up
    for faults, seconds in which pictures gave way to the load, packets `repaired` in time.
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
    picture_delay_ms: float = 0.0
    sound_delay_ms: float = 0.0
    still_s: float = 0.0
    concealed_s: float = 0.0
    reduced_s: float = 0.0
    repaired: int = 0


_TEXT, _WHOLE, _REAL = String(), BigInteger(), Float()
_KINDS: dict[object, TypeEngine[Any]] = {str: _TEXT, int: _WHOLE, float: _REAL}
CALLS = TableClause(
    "calls", *(column(name, _KINDS.get(kind, _REAL)) for name, kind in get_type_hints(Call).items())
)
_C = CALLS.c
_ROWS = select(CALLS)


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
            before = await _all(connection, _ROWS.where(_C.number.in_(numbers)))
            await connection.execute(delete(CALLS).where(_C.number.in_(numbers)))
            await connection.execute(insert(CALLS), [msgspec.structs.asdict(one) for one in calls])
            await uses.change(connection, _counted(before), _counted(calls))

    async def sum_up(self, anew: bool = False) -> None:
        """Make the sums of records that an earlier program wrote, which had none; or all anew."""
        async with self._database.begin() as connection:
            if anew or await uses.are_missing(connection):
                await uses.make(connection)

    async def page(self, asked: Asked, before: int, most: int) -> list[Call]:
        """The newest first, with numbers below `before` (0: from the newest on)."""
        statement = where(_ROWS, asked)
        if before:
            day = select(_C.day).where(_C.number == before).scalar_subquery()
            statement = statement.where(_C.number < before, _C.day <= day)
        async with self._database.begin() as connection:
            newest = (_C.day.desc(), _C.number.desc())
            return await _all(connection, statement.order_by(*newest).limit(most))

    async def begun(
        self, asked: Asked, since_s: float, until_s: float, skip: int, most: int
    ) -> tuple[list[Call], int]:
        """Of those that began within that time a page, the oldest first, and how many there are."""
        begun = (_C.joined_s >= since_s, _C.joined_s < until_s)
        rows = where(_ROWS, asked).where(*begun).order_by(_C.day, _C.number)
        count = where(select(func.count()).select_from(CALLS), asked).where(*begun)
        async with self._database.begin() as connection:
            total = int((await connection.execute(count)).scalar_one())
            return await _all(connection, rows.offset(skip).limit(most)), total

    async def report(self, asked: Asked, by: By, most: int) -> list[Use]:
        """Use and loss by what is asked for: days in order, else the longest first."""
        of_conference = asked.conference != ""
        statement = _report(asked, by, most) if of_conference else uses.report(asked, by, most)
        async with self._database.begin() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Use(str(of), int(calls), float(took) / 1000, int(packets), int(lost), int(size))
            for of, calls, took, packets, lost, size in rows
        ]

    async def forget_before(self, day: int) -> None:
        """Remove the records of earlier days."""
        async with self._database.begin() as connection:
            gone = await connection.execute(delete(CALLS).where(_C.day < day))
            if gone.rowcount:
                await uses.forget_before(connection, day)


def _report(asked: Asked, by: By, most: int) -> Select[Any]:
    """Of one conference, whose records are few."""
    took = func.sum((_C.seen_s - _C.joined_s) * 1000)
    sums = (func.sum(_C.packets), func.sum(_C.lost), func.sum(_C.bytes))
    statement = where(select(_C[by], func.count(), took, *sums), asked).group_by(_C[by])
    return statement.order_by(_C.day if by == "day" else took.desc()).limit(most)


def _counted(calls: Iterable[Call]) -> list[Counted]:
    names = Counted.__dataclass_fields__
    return [Counted(*(getattr(call, name) for name in names)) for call in calls]


async def _all(connection: AsyncConnection, statement: Select[Any]) -> list[Call]:
    return [Call(*row) for row in (await connection.execute(statement)).all()]


def where(statement: Select[Any], asked: Asked) -> Select[Any]:
    """Only what is asked for."""
    statement = statement.where(_C.day >= asked.since, _C.day <= asked.until)
    if asked.organisation:
        statement = statement.where(uses.within(_C.organisation, asked.organisation))
    if asked.site:
        statement = statement.where(_C.site == asked.site)
    if asked.conference:
        statement = statement.where(_C.conference == asked.conference)
    return statement
