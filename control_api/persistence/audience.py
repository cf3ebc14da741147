"""Rows that say who watched what."""

from dataclasses import dataclass

from sqlalchemy import text

from control_api.persistence.database import Database

KEPT = 1_000_000
"""Of so many rows the oldest go."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One look: when (Unix seconds), who, how (play, download, still, live), at what."""

    at_s: float
    user: str
    what: str
    object: str


class AudienceRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, watched: Watched) -> None:
        """Keep one."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO audience (at_s, user_name, what, object)"
                    " VALUES (:at_s, :user, :what, :object)"
                ),
                {
                    "at_s": watched.at_s,
                    "user": watched.user,
                    "what": watched.what,
                    "object": watched.object,
                },
            )
            await connection.execute(
                text(
                    "DELETE FROM audience WHERE rowid <= (SELECT max(rowid) FROM audience) - :kept"
                ),
                {"kept": KEPT},
            )

    async def find(self, object_: str, user: str, limit: int) -> list[Watched]:
        """The newest first, of one object or user where they are not empty."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT at_s, user_name, what, object FROM audience"
                    " WHERE (:object = '' OR object = :object)"
                    " AND (:user = '' OR user_name = :user)"
                    " ORDER BY at_s DESC LIMIT :limit"
                ),
                {"object": object_, "user": user, "limit": limit},
            )
            return [Watched(row.at_s, row.user_name, row.what, row.object) for row in rows]
