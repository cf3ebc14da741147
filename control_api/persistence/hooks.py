"""Rows of events that webhooks have not taken yet, and of those that were given up."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, text

from control_api.persistence.database import Database

MOST_DEAD = 1000
"""Given up and still kept, of each receiver; then the oldest go."""


@dataclass(frozen=True, slots=True)
class WaitingHook:
    """An event for one receiver (`target`, a digest): its JSON, how often it was tried, and when
    it is again (Unix seconds). Numbers are in order."""

    number: int
    target: str
    id: str
    name: str
    body: str
    tries: int = 0
    due_s: float = 0.0


class HookRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_number(self) -> int:
        """The highest that there is."""
        async with self._database.begin() as connection:
            found = await connection.execute(text("SELECT max(number) FROM hooks_waiting"))
            return int(found.scalar() or 0)

    async def put(self, hooks: Sequence[WaitingHook]) -> None:
        """Keep new ones."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO hooks_waiting (number, target, id, name, body, tries, due_s)"
                    " VALUES (:number, :target, :id, :name, :body, :tries, :due_s)"
                ),
                [asdict(hook) for hook in hooks],
            )

    async def waiting(self, target: str) -> list[WaitingHook]:
        """Those that wait for a receiver, in order."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT number, target, id, name, body, tries, due_s FROM hooks_waiting"
                    " WHERE target = :target AND dead_s IS NULL ORDER BY number"
                ),
                {"target": target},
            )
            return [WaitingHook(*row) for row in rows.all()]

    async def tried(self, number: int, tries: int, due_s: float) -> None:
        """One was not taken."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE hooks_waiting SET tries = :tries, due_s = :due WHERE number = :number"
                ),
                {"number": number, "tries": tries, "due": due_s},
            )

    async def remove(self, number: int) -> None:
        """One was taken, or dropped."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM hooks_waiting WHERE number = :number"), {"number": number}
            )

    async def bury(self, hook: WaitingHook, now_s: float) -> None:
        """One is given up: it is kept to be looked at, while there is room."""
        of = {"target": hook.target, "most": MOST_DEAD}
        async with self._database.begin() as connection:
            await connection.execute(
                text("UPDATE hooks_waiting SET dead_s = :now WHERE number = :number"),
                {"number": hook.number, "now": now_s},
            )
            await connection.execute(
                text(
                    "DELETE FROM hooks_waiting WHERE target = :target AND dead_s IS NOT NULL"
                    " AND number NOT IN (SELECT number FROM hooks_waiting WHERE target = :target"
                    " AND dead_s IS NOT NULL ORDER BY number DESC LIMIT :most)"
                ),
                of,
            )

    async def dead(self, target: str) -> int:
        """How many were given up."""
        async with self._database.begin() as connection:
            found = await connection.execute(
                text(
                    "SELECT count(*) FROM hooks_waiting"
                    " WHERE target = :target AND dead_s IS NOT NULL"
                ),
                {"target": target},
            )
            return int(found.scalar_one())

    async def revive(self, target: str) -> None:
        """What was given up is to be tried again."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE hooks_waiting SET dead_s = NULL, tries = 0, due_s = 0"
                    " WHERE target = :target AND dead_s IS NOT NULL"
                ),
                {"target": target},
            )

    async def keep_only(self, targets: Collection[str]) -> None:
        """Forget what is for receivers that are none any more."""
        statement = text("DELETE FROM hooks_waiting WHERE target NOT IN :targets").bindparams(
            bindparam("targets", expanding=True)
        )
        async with self._database.begin() as connection:
            await connection.execute(statement, {"targets": sorted(targets)})
