"""Login, logout, and who is behind a token."""

import asyncio
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from control_api.auth.invitations import (
    HOURS,
    Invitation,
    invite,
    looks_like_invitation,
    read_invitation,
)
from control_api.auth.organisations import check_organisation
from control_api.auth.own_roles import OwnRoles
from control_api.auth.password_rule import PasswordRule, Rule
from control_api.auth.passwords import Passwords, fresh_password
from control_api.auth.roles import Principal, Role
from control_api.auth.throttle import Throttle
from control_api.errors import NotLoggedIn, NotStored, PasswordExpired, Throttled
from control_api.persistence.users import StoredSession, User, UserRows
from mcu_core.errors import BadInput, NotFound, Refused
from mcu_core.media.clock import Clock, wall_time_s

log = structlog.get_logger()

ADMIN = "admin"
RULE = Rule()
MOST_UNSAVED = 1000
TOKEN_BYTES = 32
BY_LINK = "link."
"""Begins the tokens of sessions that began without a password: none of theirs grows old."""

USER_NAME = re.compile(r"[\w.@-]{1,64}")


def token_hash(token: str) -> str:
    """What is stored of a token; tokens are random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")


@dataclass(frozen=True, slots=True)
class Login:
    """A new session: who, the token for the cookie, and how long it is good."""

    principal: Principal
    token: str
    seconds: int


class Sessions:
    """Knows who is logged in. `open` before use; `close` makes the login link worthless."""

    def __init__(
        self,
        rows: UserRows,
        passwords: Passwords,
        clock: Clock,
        data: Path,
        hours: float,
        roles: OwnRoles,
        rule: Rule = RULE,
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._rows = rows
        self._passwords = passwords
        self._rule = PasswordRule(rows, passwords, rule, wall_s)
        self.roles = roles
        self._clock = clock
        self._throttle = Throttle()
        self._password_file = data / "admin-password"
        self._link_file = data / "login-token"
        self._seconds = int(hours * 3600)
        self._wall_s = wall_s
        self._link_token = ""
        self._secret = ""
        self._unsaved: dict[str, tuple[str, float]] = {}
        """Sessions that the disk did not take: user and expiry by the token's hash."""

    async def open(self, given_password: Path | None = None) -> None:
        """Make the first administrator where there is none, and the login link of this start."""
        self._secret = await self.secret("invitations")
        await self.roles.open()
        if await self._rows.user(ADMIN) is None:
            if given_password is not None:
                password = (await asyncio.to_thread(given_password.read_text, "utf-8")).strip()
            else:
                password = fresh_password()
                write_secret(self._password_file, password)
            await self._rule.first(User(ADMIN, Role.ADMIN, ""), password)
        await self._rule.open()
        self._link_token = secrets.token_urlsafe(TOKEN_BYTES)
        try:
            write_secret(self._link_file, self._link_token)
        except OSError as error:
            log.warning("no login link", reason=str(error))

    async def secret(self, name: str) -> str:
        """A secret of this installation, made at its first use."""
        return await self._rows.secret(name, secrets.token_urlsafe(TOKEN_BYTES))

    def close(self) -> None:
        """The login link ends with the process; safe twice."""
        self._link_token = ""
        self._link_file.unlink(missing_ok=True)

    async def login(self, user: str, password: str, source: str, new: str = "") -> Login:
        """Check a password; raises NotLoggedIn, or Throttled after too many wrong ones.

        One that must be changed is changed to `new`, or raises PasswordExpired.
        """
        found = await self._checked(user, password, source)
        if new:
            return await self._renewed(found, new)
        if self._rule.expired(found):
            raise PasswordExpired("the password must be changed")
        return await self._start(self._principal(found))

    async def _checked(self, user: str, password: str, source: str) -> User:
        """The user, whose password is right; raises NotLoggedIn, Throttled."""
        wait_s = self._throttle.wait_s(user, source, self._clock.now_ns())
        if wait_s:
            raise Throttled(f"too many wrong passwords; try again in {wait_s} s", wait_s)
        self._throttle.begins(user, source, self._clock.now_ns())
        found = await self._rows.user(user)
        try:
            right = await self._passwords.matches(found.password_hash if found else None, password)
        except Throttled:
            self._throttle.not_looked_at(user, source)
            raise
        if not right:
            raise NotLoggedIn("user or password is wrong")
        assert found is not None
        self._throttle.was_right(user, source)
        return found

    async def login_by_link(self, token: str) -> Login:
        """Check the token of the login link that this start wrote; raises NotLoggedIn."""
        if not self._link_token or not hmac.compare_digest(
            token.encode(), self._link_token.encode()
        ):
            raise NotLoggedIn("this login link is not valid any more")
        return await self._start(Principal(ADMIN, Role.ADMIN), BY_LINK)

    async def _start(self, principal: Principal, kind: str = "") -> Login:
        token = kind + secrets.token_urlsafe(TOKEN_BYTES)
        await self._keep_somewhere(token, principal.name)
        return Login(principal, token, self._seconds)

    async def _keep_somewhere(self, token: str, user: str) -> None:
        """On a full disk people must be able to log in, to make room: until the next start."""
        try:
            await self._keep(token, user)
        except NotStored as error:
            log.warning("session kept in memory", reason=str(error))
            while len(self._unsaved) >= MOST_UNSAVED:
                del self._unsaved[next(iter(self._unsaved))]
            self._unsaved[token_hash(token)] = (user, self._wall_s() + self._seconds)

    async def _session(self, token: str, now_s: float) -> StoredSession | None:
        hashed = token_hash(token)
        user, expires_s = self._unsaved.get(hashed, ("", 0.0))
        if expires_s <= now_s:
            return await self._rows.session(hashed, now_s)
        found = await self._rows.user(user)
        if found is None:
            return None
        return StoredSession(
            user, found.role, expires_s, found.organisation, found.password_since_s
        )

    async def _keep(self, token: str, user: str) -> None:
        now_s = self._wall_s()
        await self._rows.put_session(token_hash(token), user, now_s + self._seconds, now_s)

    async def identify(self, token: str) -> Principal:
        """Who is behind a session's or an invitation's token; raises NotLoggedIn, and
        PasswordExpired where the password that it began with has grown too old.

        A session that is used is prolonged once half of its time has gone.
        """
        now_s = self._wall_s()
        if looks_like_invitation(token):
            seat = read_invitation(self._secret, token, now_s)
            role = Role.CHAIR if seat.chair else Role.GUEST
            return Principal(
                role, role, seat.conference, seat.site, seat.passed, chaired=seat.chair
            )
        found = await self._session(token, now_s) if token else None
        if found is None:
            raise NotLoggedIn("log in first")
        if not token.startswith(BY_LINK) and self._rule.too_old(found.password_since_s):
            raise PasswordExpired("the password must be changed")
        if found.expires_s - now_s < self._seconds / 2:
            # On a full disk people go on with the session that they have, to make room.
            with suppress(NotStored):
                await self._keep(token, found.user)
        return self.roles.principal(found.user, found.role, found.organisation)

    async def logout(self, token: str) -> None:
        """End the session of that token; unknown ones have ended."""
        self._unsaved.pop(token_hash(token), None)
        await self._rows.remove_session(token_hash(token))

    def invite(
        self,
        conference: str,
        site: str,
        hours: float = HOURS,
        passed: str = "",
        chair: str = "",
    ) -> tuple[str, float]:
        """A token for one seat and when it expires (Unix seconds)."""
        expires_s = self._wall_s() + hours * 3600
        seat = Invitation(conference, site, expires_s, passed, chair)
        return invite(self._secret, seat), expires_s

    def hours_left(self, token: str) -> float:
        """How long an invitation is still good for; raises NotLoggedIn."""
        now_s = self._wall_s()
        return (read_invitation(self._secret, token, now_s).expires_s - now_s) / 3600

    async def change_password(self, user: str, old: str, new: str, source: str) -> Login:
        """Give a user a new password; all earlier sessions end, a fresh one begins."""
        return await self._renewed(await self._checked(user, old, source), new)

    async def _renewed(self, user: User, new: str) -> Login:
        fresh = await self._rule.renew(user, new)
        self._forget_unsaved(user.name)
        if user.name == ADMIN:
            self._password_file.unlink(missing_ok=True)  # what stands there is no longer true
        return await self._start(self._principal(fresh))

    # ------------------------------------------------------------------ users

    async def users(self) -> list[User]:
        """All users by name."""
        return await self._rows.users()

    async def add_user(
        self,
        name: str,
        password: str,
        role: str,
        organisation: str = "",
        temporary: bool = False,
    ) -> User:
        """Add a user; raises BadInput, or Refused when there is one of that name.

        A `temporary` password must be changed at the first login.
        """
        self.roles.check(role)
        check_organisation(organisation)
        if organisation and role == Role.ADMIN:
            raise BadInput("organisation", "none: administrators are of the whole system")
        if not USER_NAME.fullmatch(name):
            raise BadInput("name", "1..64 letters, digits or . _ @ -")
        user = User(name, role, "", organisation, must_change=temporary)
        return await self._rule.first(user, password)

    async def change_user(self, name: str, role: str, organisation: str) -> User:
        """Another role and organisation, at once; raises NotFound, BadInput, Refused."""
        found = await self._known(name)
        self.roles.check(role)
        check_organisation(organisation)
        if name == ADMIN and role != Role.ADMIN:
            raise Refused(f"{ADMIN} stays an administrator")
        if organisation and role == Role.ADMIN:
            raise BadInput("organisation", "none: administrators are of the whole system")
        if not await self._rows.assign(name, role, organisation):
            raise NotFound("user", name)
        return replace(found, role=role, organisation=organisation)

    async def reset_password(self, name: str, password: str) -> None:
        """A password that must be changed at the next login; the user's sessions end."""
        await self._rule.renew(await self._known(name), password, must_change=True)
        self._forget_unsaved(name)

    async def _known(self, name: str) -> User:
        found = await self._rows.user(name)
        if found is None:
            raise NotFound("user", name)
        return found

    async def remove_role(self, role: str) -> None:
        """Forget a role that was made; raises NotFound, or Refused while a user has it."""
        having = [user.name for user in await self._rows.users() if user.role == role]
        if having:
            raise Refused(f"{', '.join(having[:3])} has this role")
        await self.roles.remove(role)

    async def remove_user(self, name: str) -> None:
        """Remove a user; raises NotFound, or Refused for the administrator of the first start."""
        if name == ADMIN:
            raise Refused(f"{ADMIN} stays, or nobody might be able to log in")
        await self._known(name)
        self._forget_unsaved(name)
        await self._rows.remove(name)

    def _forget_unsaved(self, user: str) -> None:
        self._unsaved = {key: one for key, one in self._unsaved.items() if one[0] != user}

    def _principal(self, user: User) -> Principal:
        return self.roles.principal(user.name, user.role, user.organisation)
