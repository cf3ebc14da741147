"""Password hashes by argon2id: about 200 ms of CPU each, so they run in threads, few at once."""

import asyncio
import secrets
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
FEWEST_KINDS = 3


def kinds(password: str) -> int:
    """How many kinds of characters are in it: small and large letters, digits, all others."""
    return sum(
        any(is_one(letter) for letter in password)
        for is_one in (str.islower, str.isupper, str.isdigit, _is_other)
    )


def _is_other(letter: str) -> bool:
    return not (letter.islower() or letter.isupper() or letter.isdigit())


def check_password(password: str) -> None:
    """Raise BadInput for a password that nobody should have (SEC-12)."""
    if not SHORTEST <= len(password) <= LONGEST or kinds(password) < FEWEST_KINDS:
        raise BadInput(
            "password",
            f"{SHORTEST}..{LONGEST} characters of {FEWEST_KINDS} kinds at least: small and large"
            " letters, digits, others",
        )


def fresh_password() -> str:
    """One that nobody knows, as the rule wants it."""
    while kinds(password := secrets.token_urlsafe(12)) < FEWEST_KINDS:
        pass
    return password


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
