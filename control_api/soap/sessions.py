"""Sessions of gateway callers: two steps of login, a cookie, and life by keep-alive.

They live in memory: after a restart callers are told that their session is lost, and log in again,
as they do after a network loss.
"""

import os
import re
import secrets
from dataclasses import dataclass, replace

from control_api.auth.digests import DigestSecrets
from control_api.auth.roles import Principal
from control_api.auth.throttle import Throttle
from control_api.soap.faults import Code, ResultError
from mcu_core.media.clock import NS_PER_SECOND, Clock

COOKIE = "JSESSIONID"
SESSION_NS = 60 * NS_PER_SECOND
SEQUENCE_BYTES = 16
FREE_ATTEMPTS = 3
MOST_SESSIONS = 1000
MOST_PENDING = 1000
MOST_OF_SOURCE = 100
"""Logins that one address has begun and not ended: else a flood from one pushes all others out."""

_IN_HEADER = re.compile(rf"(?:^|[;,\s]){COOKIE}=\"?([\w-]{{1,128}})")


@dataclass(frozen=True, slots=True)
class _Pending:
    user: str
    sequence: bytes
    since_ns: int
    source: str


@dataclass(frozen=True, slots=True)
class _Session:
    principal: Principal
    used_ns: int
    key: tuple[bytes, bytes] | None = None


def set_cookie(session: str, secure: bool) -> str:
    """The one Set-Cookie header: with a semicolon after the value, which one client reads up to."""
    return f"{COOKIE}={session}; Path=/; HttpOnly" + ("; Secure" if secure else "")


def session_of(cookies: str) -> str:
    """The session in a Cookie header; clients repeat it, or send its attributes back, too."""
    found = _IN_HEADER.search(cookies)
    return found.group(1) if found is not None else ""


class GatewaySessions:
    """Who is logged in at the gateway. A session that nobody uses for 60 s has ended."""

    def __init__(self, digests: DigestSecrets, clock: Clock, single: bool = False) -> None:
        self._secrets = digests
        self._clock = clock
        self._single = single
        self._throttle = Throttle(FREE_ATTEMPTS)
        self._pending: dict[str, _Pending] = {}
        self._sessions: dict[str, _Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, user: str, source: str = "") -> tuple[str, bytes]:
        """First step: a provisional session and the random sequence; unknown users get one, too."""
        now_ns = self._clock.now_ns()
        self._forget_ended(now_ns)
        of_source = [name for name, one in self._pending.items() if one.source == source]
        if len(of_source) >= MOST_OF_SOURCE:
            del self._pending[of_source[0]]
        elif len(self._pending) >= MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        session, sequence = secrets.token_hex(SEQUENCE_BYTES), os.urandom(SEQUENCE_BYTES)
        self._pending[session] = _Pending(user, sequence, now_ns, source)
        return session, sequence

    async def authenticate(self, session: str, given: bytes, source: str) -> str:
        """Second step: the session that serves from now on; raises ResultError."""
        pending = self._pending.pop(session, None)
        now_ns = self._clock.now_ns()
        if pending is None or now_ns - pending.since_ns >= SESSION_NS:
            raise ResultError(Code.NO_SESSION)
        if self._throttle.wait_s(pending.user, source, now_ns):
            raise ResultError(Code.LOCKED_OUT)
        self._throttle.begins(pending.user, source, now_ns)
        principal = await self._secrets.user_if_right(pending.user, pending.sequence, given)
        if principal is None:
            raise ResultError(Code.WRONG_LOGIN)
        self._throttle.was_right(pending.user, source)
        return self._start(principal)

    async def by_password(self, user: str, password: str, source: str) -> Principal:
        """Who sends name and password with each request (WS-Security); raises ResultError."""
        now_ns = self._clock.now_ns()
        if self._throttle.wait_s(user, source, now_ns):
            raise ResultError(Code.LOCKED_OUT)
        self._throttle.begins(user, source, now_ns)
        principal = await self._secrets.user_by_password(user, password)
        if principal is None:
            raise ResultError(Code.WRONG_LOGIN)
        self._throttle.was_right(user, source)
        return principal

    def _start(self, principal: Principal) -> str:
        now_ns = self._clock.now_ns()
        self._forget_ended(now_ns)
        if self._single and any(one.principal == principal for one in self._sessions.values()):
            raise ResultError(Code.ALREADY_LOGGED_IN)
        if len(self._sessions) >= MOST_SESSIONS:
            raise ResultError(Code.BUSY, "too many sessions")
        session = secrets.token_hex(SEQUENCE_BYTES)
        self._sessions[session] = _Session(principal, now_ns)
        return session

    def identify(self, session: str) -> Principal:
        """Who is behind a session, which lives on; raises ResultError."""
        if session in self._pending:
            raise ResultError(Code.SESSION_INCORRECT)
        found = self._sessions.get(session)
        now_ns = self._clock.now_ns()
        if found is None or now_ns - found.used_ns >= SESSION_NS:
            self._sessions.pop(session, None)
            raise ResultError(Code.NO_SESSION)
        self._sessions[session] = replace(found, used_ns=now_ns)
        return found.principal

    def user_of(self, session: str) -> str:
        """Whose session it is; empty for nobody's."""
        found = self._sessions.get(session)
        return found.principal.name if found is not None else ""

    def keep_key(self, session: str, key: tuple[bytes, bytes]) -> None:
        """Keep the key that was agreed upon in a session; raises ResultError."""
        self.identify(session)
        self._sessions[session] = replace(self._sessions[session], key=key)

    def key_of(self, session: str) -> tuple[bytes, bytes] | None:
        """The key that was agreed upon in a session."""
        found = self._sessions.get(session)
        return found.key if found is not None else None

    def end_of(self, user: str) -> None:
        """End all sessions of a user, who has gone or has another password."""
        self._sessions = {
            name: one for name, one in self._sessions.items() if one.principal.name != user
        }

    def end(self, session: str) -> None:
        """Log out; unknown sessions have ended."""
        self._sessions.pop(session, None)

    def _forget_ended(self, now_ns: int) -> None:
        self._sessions = {
            name: one for name, one in self._sessions.items() if now_ns - one.used_ns < SESSION_NS
        }
        self._pending = {
            name: one for name, one in self._pending.items() if now_ns - one.since_ns < SESSION_NS
        }
