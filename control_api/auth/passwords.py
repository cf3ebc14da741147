"""Password hashes by argon2id: about 200 ms of CPU each, so they run in threads, few at once."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from control_api.errors import Throttled
from mcu_core.errors import BadInput

T = TypeVar("T")

AT_ONCE = 2
MOST_WAITING = 32
SHORTEST, LONGEST = 8, 200


def check_password(password: str) -> None:
    """Raise BadInput for a password that nobody should have (SEC-12: at least 8 characters)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput("password", f"{SHORTEST}..{LONGEST} characters")


class Passwords:
    """Hashes and checks passwords without stopping the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; None (no such user) takes as long and is always wrong."""
        if password_hash is None:
            if not self._nobody:
                self._nobody = await self.hash("nobody's password")
            await self._in_thread(lambda: self._verify(self._nobody, password))
            return False
        return await self._in_thread(lambda: self._verify(password_hash, password))

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Throttled("too many logins at once", 1)
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
