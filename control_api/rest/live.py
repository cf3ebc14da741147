"""Routes: a conference live, frame by frame for Media Source Extensions; and single pictures."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from control_api.auth.roles import Action, check
from control_api.errors import Forbidden, NotLoggedIn
from control_api.rest.guard import BridgeOf, PrincipalOf, identified, may, token_of
from control_api.rest.push import PushResponse
from control_api.rest.schemas import LONGEST_S
from control_api.services.bridge import Bridge

router = APIRouter(tags=["live"])

LIVE_TYPE = "application/vnd.mcu.live"
PICTURE_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
BOUNDARY = b"still"
PART = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n--%b\r\n"
CHECK_S = 5.0
"""So often a viewer's right is looked at again: who loses it is cut within twice that."""


@router.get(
    "/conferences/{cid}/live",
    summary="Watch live",
    dependencies=[Depends(may(Action.WATCH))],
    response_class=Response,
    responses={200: {"content": {LIVE_TYPE: {}}}},
)
async def live(
    cid: str, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> PushResponse:
    """Messages without end: 16 bytes of header (size of the body, kind, track, time), then a body.

    Kind 1 opens a track (a line of JSON and its init segment), kind 2 is a fragment of one frame.
    """
    account = principal.name
    bridge.live.admit(cid, account)
    await bridge.audience.note(account, "live", cid)
    bridge.live.admit(
        cid, account
    )  # others may have come meanwhile, and now nothing waits any more
    token = token_of(request)
    return PushResponse(
        lambda sink: bridge.live.push(cid, account, sink),
        lambda viewer: bridge.live.leave(cid, viewer),
        lambda: _welcome(bridge, cid, token),
        CHECK_S,
        LIVE_TYPE,
    )


@router.get(
    "/conferences/{cid}/still.{kind}",
    summary="A picture of now",
    dependencies=[Depends(may(Action.WATCH))],
    response_class=Response,
)
async def still_now(
    cid: str,
    kind: str,
    bridge: BridgeOf,
    principal: PrincipalOf,
    site: Annotated[str, Query(max_length=64, description="What this site sends")] = "",
    content: Annotated[bool, Query(description="The content: of that site, or the shown")] = False,
) -> Response:
    """What the conference shows now, in full size, as JPEG (`jpg`) or PNG (`png`).

    A site's own picture, which viewers may not be shown, is for those who may record.
    """
    if not (site or content):
        picture = await bridge.captures.of_conference(cid, kind, principal.name)
    else:
        if site or not bridge.live.is_shown(cid):
            check(principal, Action.RECORD, cid)
        picture = await bridge.captures.of_source(cid, site, content, kind)
    await bridge.audience.note(principal.name, "still", cid)
    return Response(picture, media_type=PICTURE_TYPES[kind])


@router.get(
    "/conferences/{cid}/stills",
    summary="A picture every few seconds",
    dependencies=[Depends(may(Action.WATCH))],
    response_class=StreamingResponse,
    responses={200: {"content": {"multipart/x-mixed-replace": {}}}},
)
async def stills(
    cid: str,
    request: Request,
    bridge: BridgeOf,
    principal: PrincipalOf,
    width: Annotated[int, Query(ge=64, le=1920, description="pixels at most")] = 480,
    every_s: Annotated[float, Query(ge=1, le=60)] = 5.0,
) -> StreamingResponse:
    """JPEG files without end, each in the place of the one before, as an `img` shows them: for
    lines on which no video gets through.
    """
    account = principal.name
    bridge.live.admit(cid, account)
    await bridge.audience.note(account, "still", cid)
    token = token_of(request)

    async def parts() -> AsyncIterator[bytes]:
        yield b"--%b\r\n" % BOUNDARY
        async for picture in bridge.captures.series(cid, account, width, every_s):
            if not await _welcome(bridge, cid, token):
                return
            # The line that ends a part goes with it: a picture is shown when that is seen.
            yield PART % (len(picture), picture, BOUNDARY)

    media_type = f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
    return StreamingResponse(parts(), media_type=media_type, headers={"X-Accel-Buffering": "no"})


@router.get(
    "/recordings/{rid}/still.{kind}",
    summary="A picture of then",
    dependencies=[Depends(may(Action.PLAY))],
    response_class=Response,
)
async def still_then(
    rid: str,
    kind: str,
    bridge: BridgeOf,
    principal: PrincipalOf,
    at_s: Annotated[float, Query(ge=0, le=LONGEST_S, description="Seconds from the beginning")],
    track: Literal["main", "content"] = "main",
) -> Response:
    """What a recording shows at a time, also while it is being made."""
    picture = await bridge.captures.of_recording(rid, track, at_s, kind)
    await bridge.audience.note(principal.name, "still", rid)
    return Response(picture, media_type=PICTURE_TYPES[kind])


@router.get(
    "/recordings/{rid}/poster.jpg",
    summary="A picture for lists",
    dependencies=[Depends(may(Action.PLAY))],
    response_class=Response,
)
async def poster(rid: str, bridge: BridgeOf) -> Response:
    """320x180 at most, from a tenth of the duration on; once the recording has ended."""
    headers = {"Cache-Control": "private, max-age=86400"}
    return Response(await bridge.captures.poster(rid), 200, headers, "image/jpeg")


@router.get(
    "/recordings/{rid}/previews.jpg",
    summary="Previews",
    dependencies=[Depends(may(Action.PLAY))],
    response_class=Response,
)
async def previews(rid: str, bridge: BridgeOf) -> Response:
    """10 x 10 pictures of 160x90, row by row; the k-th stands for (k + 1/2) % of the duration."""
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(await bridge.captures.previews(rid), 200, headers, "image/jpeg")


async def _welcome(bridge: Bridge, cid: str, token: str) -> bool:
    try:
        principal = await identified(bridge, token)
        check(principal, Action.WATCH, cid)
    except (NotLoggedIn, Forbidden):
        return False  # logged out, removed or given another role meanwhile
    return bridge.territory.sees(principal, cid)
