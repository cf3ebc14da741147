"""Rows of alarms."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, text

from control_api.persistence.database import Database

_READ = "SELECT number, kind, object, value, raised_s, cleared_s, seen_by, seen_s FROM alarms"

EVERY = 2**62
"""Higher than any number."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was wrong with what (`object`, empty: this machine), and how much when it was raised.

    Times are Unix seconds; `cleared_s` None: it is so still. `seen_by`: who acknowledged it.
    """

    number: int
    kind: str
    object: str
    value: float
    raised_s: float
    cleared_s: float | None = None
    seen_by: str = ""
    seen_s: float | None = None


class AlarmRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_number(self) -> int:
        """The highest that there is."""
        async with self._database.begin() as connection:
            found = await connection.execute(text("SELECT max(number) FROM alarms"))
            return int(found.scalar() or 0)

    async def put(self, alarm: Alarm) -> None:
        """Keep one, new or cleared."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO alarms"
                    " (number, kind, object, value, raised_s, cleared_s, seen_by, seen_s)"
                    " VALUES (:number, :kind, :object, :value, :raised_s, :cleared_s, :seen_by,"
                    " :seen_s) ON CONFLICT (number) DO UPDATE"
                    " SET cleared_s = :cleared_s, seen_by = :seen_by, seen_s = :seen_s"
                ),
                asdict(alarm),
            )

    async def active(self) -> list[Alarm]:
        """Those that were not cleared, the oldest first."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(f"{_READ} WHERE cleared_s IS NULL ORDER BY number")
            )
            return [Alarm(*row) for row in rows.all()]

    async def newest(self, most: int, kinds: Collection[str], before: int = 0) -> list[Alarm]:
        """The newest of these kinds first, cleared or not, with numbers below `before` (0: all)."""
        statement = text(
            f"{_READ} WHERE kind IN :kinds AND number < :before ORDER BY number DESC LIMIT :most"
        ).bindparams(bindparam("kinds", expanding=True))
        asked = {"kinds": sorted(kinds), "before": before or EVERY, "most": most}
        async with self._database.begin() as connection:
            return [Alarm(*row) for row in (await connection.execute(statement, asked)).all()]

    async def one(self, number: int) -> Alarm | None:
        """That of a number."""
        async with self._database.begin() as connection:
            found = await connection.execute(
                text(f"{_READ} WHERE number = :number"), {"number": number}
            )
            row = found.first()
        return Alarm(*row) if row is not None else None

    async def forget_before(self, at_s: float) -> None:
        """Remove what was raised earlier and is over."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM alarms WHERE raised_s < :at AND cleared_s IS NOT NULL"),
                {"at": at_s},
            )
