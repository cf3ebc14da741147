"""Rows that say whose a conference is or was."""

from sqlalchemy import text

from control_api.persistence.database import Database


class TerritoryRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[str, str]:
        """The organisation of each conference that has one."""
        async with self._database.begin() as connection:
            rows = await connection.execute(text("SELECT conference, organisation FROM territory"))
            return {conference: organisation for conference, organisation in rows.all()}

    async def put(self, conference: str, organisation: str) -> None:
        """Keep whose a conference is."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO territory (conference, organisation)"
                    " VALUES (:conference, :organisation)"
                    " ON CONFLICT (conference) DO UPDATE SET organisation = :organisation"
                ),
                {"conference": conference, "organisation": organisation},
            )
