"""Rows of the audit log; they are added, read, and after their time forgotten, never changed."""

from dataclasses import asdict, dataclass

from sqlalchemy import text

from control_api.persistence.database import Database

_READ = "SELECT number, at_s, user_name, source, action, object, result, chain FROM audit"
_LAST = f"{_READ} ORDER BY number DESC LIMIT 1"
_BETWEEN = f"{_READ} WHERE at_s >= :since AND at_s < :until AND number > :after"
_ADD = (
    "INSERT INTO audit (number, at_s, user_name, source, action, object, result, chain)"
    " VALUES (:number, :at_s, :user_name, :source, :action, :object, :result, :chain)"
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One deed; `at_s` Unix seconds, `result` a status or result code."""

    number: int
    at_s: float
    user_name: str
    source: str
    action: str
    object: str
    result: str
    chain: str


class AuditRows:
    """Reads and writes the audit log; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: AuditRow) -> None:
        """Add a row."""
        async with self._database.begin() as connection:
            await connection.execute(text(_ADD), asdict(row))

    async def last(self) -> AuditRow | None:
        """The newest row."""
        async with self._database.begin() as connection:
            row = (await connection.execute(text(_LAST))).first()
        return AuditRow(*row) if row is not None else None

    async def between(
        self, since_s: float, until_s: float, after: int, most: int
    ) -> list[AuditRow]:
        """At most so many rows of that time with numbers over `after`, in order."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(f"{_BETWEEN} ORDER BY number LIMIT :most"),
                {"since": since_s, "until": until_s, "after": after, "most": most},
            )
            return [AuditRow(*row) for row in rows]

    async def forget_before(self, at_s: float) -> None:
        """Remove what is older."""
        async with self._database.begin() as connection:
            await connection.execute(text("DELETE FROM audit WHERE at_s < :at"), {"at": at_s})
