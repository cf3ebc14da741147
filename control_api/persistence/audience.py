"""Rows that say who watched what."""

from dataclasses import dataclass

from sqlalchemy import text

from control_api.persistence.database import Database

KEPT = 1_000_000
"""Of more rows the oldest go."""

CUT_EVERY = 1000
"""Rows of this process between two looks for what is too old: a look reads all that are kept."""


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
        self._added = 0

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
            if self._added % CUT_EVERY == 0:
                await connection.execute(
                    text(
                        "DELETE FROM audience WHERE at_s < (SELECT at_s FROM audience"
                        " ORDER BY at_s DESC LIMIT 1 OFFSET :kept)"
                    ),
                    {"kept": KEPT},
                )
            self._added += 1

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
