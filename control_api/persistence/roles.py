"""Rows of roles that an administrator has made."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import text

from control_api.persistence.database import Database


@dataclass(frozen=True, slots=True)
class OwnRole:
    """A role of this installation's own: its name, and the rights that it has."""

    name: str
    rights: tuple[str, ...]


class RoleRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[OwnRole]:
        """All by name."""
        async with self._database.begin() as connection:
            rows = await connection.execute(text("SELECT name, rights FROM roles ORDER BY name"))
            return [
                OwnRole(name, msgspec.json.decode(rights, type=tuple[str, ...]))
                for name, rights in rows.all()
            ]

    async def put(self, role: OwnRole) -> None:
        """Keep one, new or changed."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO roles (name, rights) VALUES (:name, :rights)"
                    " ON CONFLICT (name) DO UPDATE SET rights = :rights"
                ),
                {"name": role.name, "rights": msgspec.json.encode(role.rights).decode()},
            )

    async def remove(self, name: str) -> None:
        """Forget one."""
        async with self._database.begin() as connection:
            await connection.execute(text("DELETE FROM roles WHERE name = :name"), {"name": name})
