"""Rows that say where conferences are pushed to."""

from dataclasses import dataclass

from sqlalchemy import text

from control_api.persistence.database import Database


@dataclass(frozen=True, slots=True)
class WantedPush:
    """One push: `address` is sealed, `picture` is main or content, `made_s` a Unix time."""

    id: str
    conference: str
    address: str
    picture: str
    made_s: float


class PushRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[WantedPush]:
        """All of them, oldest first."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT id, conference, address, picture, made_s FROM pushes"
                    " ORDER BY made_s, id"
                )
            )
            return [
                WantedPush(row.id, row.conference, row.address, row.picture, row.made_s)
                for row in rows
            ]

    async def add(self, push: WantedPush) -> None:
        """Keep one."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO pushes (id, conference, address, picture, made_s)"
                    " VALUES (:id, :conference, :address, :picture, :made_s)"
                ),
                {
                    "id": push.id,
                    "conference": push.conference,
                    "address": push.address,
                    "picture": push.picture,
                    "made_s": push.made_s,
                },
            )

    async def remove(self, push: str) -> None:
        """Forget one; unknown ones are forgotten already."""
        async with self._database.begin() as connection:
            await connection.execute(text("DELETE FROM pushes WHERE id = :id"), {"id": push})
