"""What stands in front of every request: size limit, cross-site check, security headers."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_api.errors import Forbidden, TooLarge
from control_api.rest.problems import problem_of
from mcu_core.errors import McuError

LARGEST_BODY = 256 * 1024

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
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=()",
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
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await problem_of(refusal)(scope, receive, send_shielded)
            return
        await self._app(scope, self._limited(receive), send_shielded)

    def _refusal(self, method: str, headers: Headers) -> McuError | None:
        if is_cross_site(method, headers):
            return Forbidden("a page of another site may not change anything here")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._largest:
            return TooLarge(f"a body has at most {self._largest} bytes")
        return None

    def _limited(self, receive: Receive) -> Callable[[], Awaitable[Message]]:
        """The body as it comes, but not more than allowed, whatever its length header says."""
        got = 0

        async def receive_limited() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self._largest:
                # Not one of ours: FastAPI makes 400 of everything else that reading a body raises.
                raise HTTPException(413, f"a body has at most {self._largest} bytes")
            return message

        return receive_limited
