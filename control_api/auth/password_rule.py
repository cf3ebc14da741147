"""How old a password may grow, and that none of the last ones comes back (SEC-12)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from control_api.auth.passwords import Passwords, check_password
from control_api.persistence.users import User, UserRows
from mcu_core.errors import BadInput

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A password is good for `days` (0: for ever); the `history` before it must not come again."""

    days: float = 0.0
    history: int = 4


class PasswordRule:
    """Judges passwords by their age, and gives users new ones."""

    def __init__(
        self, rows: UserRows, passwords: Passwords, rule: Rule, wall_s: Callable[[], float]
    ) -> None:
        self._rows = rows
        self._passwords = passwords
        self._rule = rule
        self._wall_s = wall_s

    async def open(self) -> None:
        """Passwords from before this rule count from now on."""
        await self._rows.date_passwords(self._wall_s())

    def expired(self, user: User) -> bool:
        """Whether it must be changed before the user may come in."""
        age_s = self._wall_s() - user.password_since_s
        return user.must_change or (self._rule.days > 0 and age_s > self._rule.days * DAY_S)

    async def first(self, user: User, password: str) -> User:
        """Keep a new user with a first password; raises BadInput."""
        check_password(password)
        hashed = await self._passwords.hash(password)
        now_s = self._wall_s()
        whole = replace(user, password_hash=hashed, password_since_s=now_s)
        await self._rows.put(whole)
        return whole

    async def renew(self, user: User, password: str, must_change: bool = False) -> User:
        """Give a user another password; raises BadInput for one of the last. Sessions end."""
        check_password(password)
        past = await self._rows.past_passwords(user.name, self._rule.history)
        for password_hash in (user.password_hash, *past):
            if await self._passwords.matches(password_hash, password):
                raise BadInput("password", "none of the last ones")
        if self._rule.history:
            await self._rows.keep_past_password(user, self._rule.history)
        fresh = replace(
            user,
            password_hash=await self._passwords.hash(password),
            password_since_s=self._wall_s(),
            must_change=must_change,
        )
        await self._rows.put(fresh)
        await self._rows.remove_sessions_of(user.name)
        return fresh
