"""Routes: WHIP (RFC 9725) to join as a site, WHEP (its draft sibling) to watch."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from control_api.auth.roles import Action
from control_api.errors import Forbidden
from control_api.rest.bodies import SDP, SDP_BODY, sdp_body
from control_api.rest.guard import BridgeOf, PrincipalOf, may, token_of
from mcu_core.contract.commands import Attached

router = APIRouter(tags=["whip and whep"])

CREATED: dict[int | str, dict[str, Any]] = {
    201: {"content": {SDP: {}}, "description": "our answer; Location ends the session"}
}
JOIN = [Depends(may(Action.JOIN))]
WATCH = [Depends(may(Action.WATCH))]


def _created(request: Request, attached: Attached) -> Response:
    """RFC 9725 4.2: 201, the answer, and where the session can be deleted."""
    location = f"{request.url.path.rstrip('/')}/{quote(attached.endpoint)}"
    return Response(attached.sdp, 201, {"Location": location}, SDP)


@router.post(
    "/whip/{cid}/{sid}",
    status_code=201,
    summary="Join as a site",
    dependencies=JOIN,
    response_class=Response,
    responses=CREATED,
    openapi_extra=SDP_BODY,
)
async def whip(
    cid: str, sid: str, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> Response:
    """The site must be of kind webrtc."""
    bridge.door.check(principal, cid, sid)
    return _created(request, await bridge.sites.attach_webrtc(cid, sid, await sdp_body(request)))


@router.options("/whip/{cid}/{sid}", summary="What is taken", dependencies=JOIN)
async def whip_options(cid: str, sid: str) -> Response:
    """RFC 9725 4.2: the media type that POST takes."""
    return Response(None, 204, {"Accept-Post": SDP})


@router.delete("/whip/{cid}/{sid}/{eid}", summary="Leave", dependencies=JOIN)
async def leave(cid: str, sid: str, eid: str, bridge: BridgeOf, principal: PrincipalOf) -> Response:
    """RFC 9725 4.2: 200 when the session has ended."""
    if principal.bound and bridge.observed.site_of(cid, eid) != principal.site:
        raise Forbidden("the invitation is for another site")
    await bridge.sites.detach(cid, eid)
    return Response(None, 200)


@router.post(
    "/whep/{cid}",
    status_code=201,
    summary="Watch",
    dependencies=WATCH,
    response_class=Response,
    responses=CREATED,
    openapi_extra=SDP_BODY,
)
async def whep(cid: str, request: Request, bridge: BridgeOf, principal: PrincipalOf) -> Response:
    """Picture and sound of the whole conference, for as long as the session may watch."""
    offer = await sdp_body(request)
    attached = await bridge.watchers.watch(cid, principal, token_of(request), offer)
    await bridge.audience.note(principal.name, "live", cid)
    return _created(request, attached)


@router.options("/whep/{cid}", summary="What is taken", dependencies=WATCH)
async def whep_options(cid: str) -> Response:
    """The media type that POST takes."""
    return Response(None, 204, {"Accept-Post": SDP})


@router.delete("/whep/{cid}/{eid}", summary="Stop watching", dependencies=WATCH)
async def unwatch(cid: str, eid: str, bridge: BridgeOf, principal: PrincipalOf) -> Response:
    """200 when the session has ended; who may only watch ends own ones alone."""
    if bridge.observed.site_of(cid, eid):
        raise Forbidden("this connection is a site's, not a viewer's")
    await bridge.watchers.leave(cid, eid, principal)
    return Response(None, 200)
