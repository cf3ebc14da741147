"""What stands in front of every request: size limit, cross-site check, security headers."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_api.errors import Forbidden, TooLarge
from control_api.rest.cross_origin import is_foreign_player
from control_api.rest.problems import problem_of
from control_api.services.stills import LARGEST_FILE
from mcu_core.errors import McuError

LARGEST_BODY = 256 * 1024

LARGER_BODIES = (("PUT", re.compile(r"/api/v1/conferences/[^/]+/content/still"), LARGEST_FILE),)
"""Requests that may bring more; their routes look who asks before they read the body."""

SECURITY_HEADERS = {
    # blob: is what Media Source Extensions give a video element to play.
    "Content-Security-Policy": (
        "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; object-src 'none';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()"
    ),
}

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def is_cross_site(method: str, headers: Headers) -> bool:
    """Whether a state-changing request was sent by a page of another site.

    Browsers say so in Sec-Fetch-Site, older ones by Origin; programs send neither.
    """
    if method in SAFE_METHODS:
        return False
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = headers.get("origin")
    # An origin is scheme, host and port only (RFC 6454 7); what is none of ours need not be parsed.
    return origin is not None and origin.partition("://")[2] != headers.get("host", "")


class Shields:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, largest_body: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_shielded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        largest = self._largest_of(scope["method"], scope["path"])
        refusal = _refusal(scope["method"], scope["path"], headers, largest)
        if refusal is not None:
            await problem_of(refusal)(scope, receive, send_shielded)
            return
        await self._app(scope, _limited(receive, largest), send_shielded)

    def _largest_of(self, method: str, path: str) -> int:
        for larger, pattern, largest in LARGER_BODIES:
            if method == larger and pattern.fullmatch(path):
                return largest
        return self._largest


def _refusal(method: str, path: str, headers: Headers, largest: int) -> McuError | None:
    if is_cross_site(method, headers) and not is_foreign_player(path, headers):
        return Forbidden("a page of another site may not change anything here")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > largest:
        return TooLarge(f"a body has at most {largest} bytes")
    return None


def _limited(receive: Receive, largest: int) -> Callable[[], Awaitable[Message]]:
    """The body as it comes, but not more than allowed, whatever its length header says."""
    got = 0

    async def receive_limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > largest:
            # Not one of ours: FastAPI makes 400 of everything else that reading a body raises.
            raise HTTPException(413, f"a body has at most {largest} bytes")
        return message

    return receive_limited
