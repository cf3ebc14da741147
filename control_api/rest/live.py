"""Route: a conference live, pushed frame by frame for Media Source Extensions."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from control_api.auth.roles import Action, check
from control_api.errors import Forbidden, NotLoggedIn
from control_api.rest.guard import BridgeOf, identified, may, token_of
from control_api.services.bridge import Bridge
from mcu_core.media.clock import NS_PER_SECOND

router = APIRouter(tags=["live"])

LIVE_TYPE = "application/vnd.mcu.live"
CHECK_S = 5.0
"""So often a viewer's right is looked at again: who loses it is cut within twice that."""


@router.get(
    "/conferences/{cid}/live",
    summary="Watch live",
    dependencies=[Depends(may(Action.WATCH))],
    response_class=StreamingResponse,
    responses={200: {"content": {LIVE_TYPE: {}}}},
)
async def live(cid: str, request: Request, bridge: BridgeOf) -> StreamingResponse:
    """Messages without end: 16 bytes of header (size of the body, kind, track, time), then a body.

    Kind 1 opens a track (a line of JSON and its init segment), kind 2 is a fragment of one frame.
    """
    bridge.live.admit(cid)
    return StreamingResponse(
        _stream(bridge, cid, token_of(request)),
        media_type=LIVE_TYPE,
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream(bridge: Bridge, cid: str, token: str) -> AsyncIterator[bytes]:
    viewer = bridge.live.watch(cid)
    checked_ns = bridge.clock.now_ns()
    try:
        while (pieces := await viewer.next(CHECK_S)) is not None:
            now_ns = bridge.clock.now_ns()
            if now_ns - checked_ns >= CHECK_S * NS_PER_SECOND:
                check(await identified(bridge, token), Action.WATCH, cid)
                checked_ns = now_ns
            if pieces:
                yield pieces
    except (NotLoggedIn, Forbidden):
        return  # logged out, removed or given another role meanwhile
    finally:
        bridge.live.leave(cid, viewer)
