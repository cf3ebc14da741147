"""The audit log by REST: every change that was asked for is noted, and can be read."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.rest.json_body import LARGEST_INT
from control_api.services.picture_views import View

router = APIRouter(prefix="/audit", tags=["audit"], dependencies=[Depends(may(Action.USERS))])

API = "/api/v1/"
UNCHANGING = {"GET", "HEAD", "OPTIONS"}


class Audited:
    """ASGI middleware: notes who asked for a change, and the status of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        changing = scope["type"] == "http" and scope["method"] not in UNCHANGING
        if not changing or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            user = scope.get("state", {}).get("user", "")
            client = scope.get("client")
            path = scope["path"].removeprefix(API)
            audit = scope["app"].state.bridge.audit
            source = client[0] if client else ""
            await audit.note(user, source, f"REST {scope['method']}", path, str(status))


class AuditView(View):
    """One deed."""

    number: int
    at: str
    user: str
    source: str
    action: str
    object: str
    result: str


class AuditCheckView(View):
    """Whether the log is as it was written; else the first row that is not."""

    whole: bool
    first_broken: int | None


@router.get("", summary="Who did what")
async def deeds(
    bridge: BridgeOf,
    since: Annotated[AwareDatetime, Query()],
    until: Annotated[AwareDatetime, Query()],
    after: Annotated[
        int, Query(ge=0, le=LARGEST_INT, description="the last number of the page before")
    ] = 0,
) -> list[AuditView]:
    """In order, at most 1000 at once."""
    rows = await bridge.audit.between(since.timestamp(), until.timestamp(), after)
    return [
        AuditView(
            number=row.number,
            at=datetime.fromtimestamp(row.at_s, UTC).isoformat(timespec="milliseconds"),
            user=row.user_name,
            source=row.source,
            action=row.action,
            object=row.object,
            result=row.result,
        )
        for row in rows
    ]


@router.get("/check", summary="Whether the log is whole")
async def check(bridge: BridgeOf) -> AuditCheckView:
    """Follows the chain from its oldest row."""
    broken = await bridge.audit.first_broken()
    return AuditCheckView(whole=broken is None, first_broken=broken)
