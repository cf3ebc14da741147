"""WHIP and WHEP for pages of other sites: their players bring a token, never our cookie.

Browsers ask before (a preflight, Fetch standard 3.2.2) and want to be told that they may read the
answer and its Location. Whoever has no token of ours gets nothing by that.
"""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = re.compile(r"(/api/v1)?/wh[ie]p/.+")
FOR_A_DAY = "86400"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": FOR_A_DAY,
}
ALLOWED = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Location"}


def is_foreign_player(path: str, headers: Headers) -> bool:
    """Whether a request is one that pages of any site may send: it has its token with it."""
    return headers.get("authorization", "") != "" and PATHS.fullmatch(path) is not None


class CrossOrigin:
    """ASGI middleware: answers preflights, and lets other sites' pages read what they asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not PATHS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        asks = Headers(scope=scope).get("access-control-request-method")
        if scope["method"] == "OPTIONS" and asks:
            told = {**ALLOWED, **PREFLIGHT}
            headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(ALLOWED)
            await send(message)

        await self._app(scope, receive, send_allowed)
