"""Rows of groups of users, and the condition by which rows of recordings are seen."""

from collections.abc import Mapping

from sqlalchemy import text

from control_api.auth.rights import Right
from control_api.persistence.database import Database

_OF = "SELECT 1 FROM recording_groups rg JOIN {0} ON {1} = rg.group_name WHERE rg.recording = {2}"


def seen_by(recording: str) -> str:
    """SQL: whether `:member` may see the recording whose id that column has."""
    known = _OF.format("user_groups ug", "ug.name", recording)
    own = _OF.format("group_members gm", "gm.group_name", recording)
    return f"(NOT EXISTS ({known}) OR EXISTS ({own} AND gm.user_name = :member))"


class GroupRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[str, dict[str, Right]]:
        """Each group's members and their rights, by name."""
        async with self._database.begin() as connection:
            names = await connection.execute(text("SELECT name FROM user_groups ORDER BY name"))
            groups: dict[str, dict[str, Right]] = {row.name: {} for row in names}
            rows = await connection.execute(
                text("SELECT group_name, user_name, rights FROM group_members ORDER BY user_name")
            )
            for group, user, rights in rows:
                groups[group][user] = Right(rights)
        return groups

    async def put(self, name: str, members: Mapping[str, Right]) -> None:
        """Keep a group with exactly these members, who must be users."""
        rows = [
            {"name": name, "user": user, "rights": right.value} for user, right in members.items()
        ]
        async with self._database.begin() as connection:
            await connection.execute(
                text("INSERT INTO user_groups (name) VALUES (:name) ON CONFLICT (name) DO NOTHING"),
                {"name": name},
            )
            await connection.execute(
                text("DELETE FROM group_members WHERE group_name = :name"), {"name": name}
            )
            if rows:
                await connection.execute(
                    text(
                        "INSERT INTO group_members (group_name, user_name, rights)"
                        " VALUES (:name, :user, :rights)"
                    ),
                    rows,
                )

    async def remove(self, name: str) -> None:
        """Forget a group and its members."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM user_groups WHERE name = :name"), {"name": name}
            )
