"""How old a password may grow, and that none of the last ones comes back (SEC-12)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from control_api.auth.passwords import Passwords, check_password
from control_api.persistence.users import User, UserRows
from mcu_core.errors import BadInput, Refused

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
        return user.must_change or self.too_old(user.password_since_s)

    def too_old(self, since_s: float) -> bool:
        """Whether a password that the user has since then (Unix seconds) is good no more."""
        return self._rule.days > 0 and self._wall_s() - since_s > self._rule.days * DAY_S

    async def first(self, user: User, password: str) -> User:
        """Keep a new user with a first password; raises BadInput, Refused for a taken name."""
        check_password(password)
        hashed = await self._passwords.hash(password)
        now_s = self._wall_s()
        whole = replace(user, password_hash=hashed, password_since_s=now_s)
        if not await self._rows.add(whole):
            raise Refused(f"there is a user {user.name!r} already")
        return whole

    async def renew(self, user: User, password: str, must_change: bool = False) -> User:
        """Give a user another password; sessions end.

        Raises BadInput for one of the last, Refused where somebody else was quicker.
        """
        check_password(password)
        past = await self._rows.past_passwords(user.name, self._rule.history)
        for password_hash in (user.password_hash, *past):
            if await self._passwords.matches(password_hash, password):
                raise BadInput("password", "none of the last ones")
        fresh = replace(
            user,
            password_hash=await self._passwords.hash(password),
            password_since_s=self._wall_s(),
            must_change=must_change,
        )
        if not await self._rows.renew_password(user, fresh, self._rule.history):
            raise Refused("this user has another password meanwhile, or has gone")
        return fresh
