"""Rows of what bookings are begun from: templates, groups of sites, ad hoc conferences."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from control_api.persistence.database import Database

Kind = Literal["template", "group", "adhoc"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A template or group by its name within an organisation (empty: nobody's); `record`: JSON."""

    kind: Kind
    organisation: str
    name: str
    record: str


class PresetRows:
    """Reads and writes them; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, kind: Kind) -> list[Preset]:
        """All of a kind by name."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT kind, organisation, name, record FROM presets"
                    " WHERE kind = :kind ORDER BY name, organisation"
                ),
                {"kind": kind},
            )
            return [Preset(*row) for row in rows.all()]

    async def put(self, preset: Preset) -> None:
        """Write one, new or in place of that of the same name."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO presets (kind, organisation, name, record)"
                    " VALUES (:kind, :organisation, :name, :record)"
                    " ON CONFLICT (kind, organisation, name) DO UPDATE SET record = :record"
                ),
                {
                    "kind": preset.kind,
                    "organisation": preset.organisation,
                    "name": preset.name,
                    "record": preset.record,
                },
            )

    async def remove(self, kind: Kind, organisation: str, name: str) -> bool:
        """Forget one; whether it was there."""
        async with self._database.begin() as connection:
            gone = await connection.execute(
                text(
                    "DELETE FROM presets WHERE kind = :kind"
                    " AND organisation = :organisation AND name = :name"
                ),
                {"kind": kind, "organisation": organisation, "name": name},
            )
            return gone.rowcount > 0
