"""Rows of users, of their sessions, and of the secrets that this installation made for itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from control_api.persistence.database import Database


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in; `role` is one of auth/roles.py, or of the table of own ones.

    `password_since_s` (Unix seconds); `must_change`: at the next login.
    """

    name: str
    role: str
    password_hash: str
    organisation: str = ""
    password_since_s: float = 0.0
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A login that is still good until `expires_s`, its password of `password_since_s`."""

    user: str
    role: str
    expires_s: float
    organisation: str = ""
    password_since_s: float = 0.0


@dataclass(frozen=True, slots=True)
class GatewaySecret:
    """What a login by digest is checked against, sealed (auth/digests.py), and the user's role."""

    sealed: str
    role: str
    organisation: str = ""


_USERS = "SELECT name, role, password_hash, organisation, password_since_s, must_change FROM users"


def _user(row: Sequence[Any]) -> User:
    name, role, password_hash, organisation, since_s, must_change = row
    return User(name, role, password_hash, organisation, since_s, bool(must_change))


class UserRows:
    """Reads and writes users and sessions; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def user(self, name: str) -> User | None:
        """The user of that name."""
        async with self._database.begin() as connection:
            row = (
                await connection.execute(
                    text(f"{_USERS} WHERE name = :name"),
                    {"name": name},
                )
            ).first()
        return _user(row) if row is not None else None

    async def users(self) -> list[User]:
        """All users by name."""
        async with self._database.begin() as connection:
            rows = await connection.execute(text(f"{_USERS} ORDER BY name"))
        return [_user(row) for row in rows]

    async def add(self, user: User) -> bool:
        """Write a new user; False where there is one of that name, who stays as it is."""
        async with self._database.begin() as connection:
            done = await connection.execute(
                text(
                    "INSERT INTO users (name, role, password_hash, organisation, password_since_s,"
                    " must_change) VALUES (:name, :role, :password_hash, :organisation,"
                    " :password_since_s, :must_change) ON CONFLICT (name) DO NOTHING"
                ),
                asdict(user) | {"must_change": int(user.must_change)},
            )
            return done.rowcount > 0

    async def assign(self, name: str, role: str, organisation: str) -> bool:
        """Another role and organisation, and nothing else; False where there is no such user."""
        async with self._database.begin() as connection:
            done = await connection.execute(
                text(
                    "UPDATE users SET role = :role, organisation = :organisation WHERE name = :name"
                ),
                {"name": name, "role": role, "organisation": organisation},
            )
            return done.rowcount > 0

    async def renew_password(self, before: User, fresh: User, most: int) -> bool:
        """Another password, and nothing else; the user's sessions end.

        The one before is remembered, and `most` in all. False where the user has gone meanwhile, or
        has another password than `before`.
        """
        async with self._database.begin() as connection:
            done = await connection.execute(
                text(
                    "UPDATE users SET password_hash = :hash, password_since_s = :since,"
                    " must_change = :must WHERE name = :name AND password_hash = :before"
                ),
                {
                    "name": fresh.name,
                    "hash": fresh.password_hash,
                    "since": fresh.password_since_s,
                    "must": int(fresh.must_change),
                    "before": before.password_hash,
                },
            )
            if not done.rowcount:
                return False
            if most:
                await _remember(connection, before, most)
            await connection.execute(
                text("DELETE FROM sessions WHERE user_name = :user"), {"user": fresh.name}
            )
            return True

    async def date_passwords(self, now_s: float) -> None:
        """Passwords of which nobody knows since when they are, are from now on."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("UPDATE users SET password_since_s = :now WHERE password_since_s = 0"),
                {"now": now_s},
            )

    async def past_passwords(self, user: str, most: int) -> list[str]:
        """Hashes of those that the user had before, the newest first."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT password_hash FROM password_history WHERE user_name = :user"
                    " ORDER BY since_s DESC LIMIT :most"
                ),
                {"user": user, "most": most},
            )
            return [row.password_hash for row in rows.all()]

    async def remove(self, name: str) -> None:
        """Forget a user and end that user's sessions."""
        async with self._database.begin() as connection:
            await connection.execute(text("DELETE FROM users WHERE name = :name"), {"name": name})

    async def session(self, token_hash: str, now_s: float) -> StoredSession | None:
        """The session of that token's hash, unless it has expired."""
        async with self._database.begin() as connection:
            row = (
                await connection.execute(
                    text(
                        "SELECT users.name, users.role, sessions.expires_s, users.organisation,"
                        " users.password_since_s FROM sessions"
                        " JOIN users ON users.name = sessions.user_name"
                        " WHERE token_hash = :hash AND expires_s > :now"
                    ),
                    {"hash": token_hash, "now": now_s},
                )
            ).first()
        return StoredSession(*row) if row is not None else None

    async def put_session(self, token_hash: str, user: str, expires_s: float, now_s: float) -> None:
        """Write or prolong a session; expired ones go."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM sessions WHERE expires_s <= :now"), {"now": now_s}
            )
            await connection.execute(
                text(
                    "INSERT INTO sessions (token_hash, user_name, expires_s)"
                    " VALUES (:hash, :user, :expires)"
                    " ON CONFLICT (token_hash) DO UPDATE SET expires_s = :expires"
                ),
                {"hash": token_hash, "user": user, "expires": expires_s},
            )

    async def remove_session(self, token_hash: str) -> None:
        """End one session."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM sessions WHERE token_hash = :hash"), {"hash": token_hash}
            )

    async def secret(self, name: str, fresh: str) -> str:
        """The secret of that name; the first call keeps `fresh` as it."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO secrets (name, value) VALUES (:name, :value)"
                    " ON CONFLICT (name) DO NOTHING"
                ),
                {"name": name, "value": fresh},
            )
            row = await connection.execute(
                text("SELECT value FROM secrets WHERE name = :name"), {"name": name}
            )
            return str(row.scalar_one())

    async def gateway_secret(self, user: str) -> GatewaySecret | None:
        """The sealed secret of a user who may log in by digest."""
        async with self._database.begin() as connection:
            row = (
                await connection.execute(
                    text(
                        "SELECT sealed, role, organisation FROM gateway_secrets"
                        " JOIN users ON users.name = user_name WHERE user_name = :user"
                    ),
                    {"user": user},
                )
            ).first()
        return GatewaySecret(*row) if row is not None else None

    async def put_gateway_secret(self, user: str, sealed: str) -> None:
        """Keep a user's sealed secret, new or changed."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO gateway_secrets (user_name, sealed) VALUES (:user, :sealed)"
                    " ON CONFLICT (user_name) DO UPDATE SET sealed = :sealed"
                ),
                {"user": user, "sealed": sealed},
            )


async def _remember(connection: AsyncConnection, user: User, most: int) -> None:
    """Keep the user's password as one of the past, and so many before it."""
    await connection.execute(
        text(
            "INSERT INTO password_history (user_name, since_s, password_hash)"
            " VALUES (:user, :since, :hash)"
        ),
        {"user": user.name, "since": user.password_since_s, "hash": user.password_hash},
    )
    await connection.execute(
        text(
            "DELETE FROM password_history WHERE user_name = :user AND since_s < (SELECT"
            " min(since_s) FROM (SELECT since_s FROM password_history WHERE"
            " user_name = :user ORDER BY since_s DESC LIMIT :most) AS newest)"
        ),
        {"user": user.name, "most": most},
    )
