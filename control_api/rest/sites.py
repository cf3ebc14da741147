"""Routes: sites, their connections and invitations."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response

from control_api.auth.roles import Action
from control_api.errors import Forbidden
from control_api.rest.bodies import SDP, SDP_BODY, sdp_body
from control_api.rest.guard import BridgeOf, PrincipalOf, may, token_of
from control_api.rest.json_body import changes_of
from control_api.rest.picture_bodies import ViewBody
from control_api.rest.schemas import (
    AnswerView,
    CameraBody,
    InputsBody,
    InputView,
    InvitationBody,
    InvitationView,
    MoveBody,
    OfferBody,
    SiteBody,
    SiteChange,
)
from control_api.services import sites as use_cases
from control_api.services import traces
from control_api.services.traces import TraceView
from control_api.services.views import SiteView

router = APIRouter(prefix="/conferences/{cid}", tags=["sites"])

CONTROL = [Depends(may(Action.CONTROL))]
JOIN = [Depends(may(Action.JOIN))]
RUN = [Depends(may(Action.RUN))]
SEAT = [Depends(may(Action.SEAT))]


@router.post("/sites", status_code=201, summary="Add a site", dependencies=CONTROL)
async def add(cid: str, body: SiteBody, bridge: BridgeOf) -> SiteView:
    """webrtc and rtp sites connect later with an offer; file and pattern sites by themselves."""
    if body.file is not None:
        use_cases.check_clip(Path(body.file.path), bridge.settings.clips)
    return await bridge.sites.add(
        cid,
        use_cases.NewSite(
            body.name,
            body.kind,
            body.muted,
            body.quiet,
            body.gain_db,
            body.file.source() if body.file is not None else None,
            body.pattern.source() if body.pattern is not None else None,
        ),
    )


@router.get("/sites/{sid}", summary="One site", dependencies=[Depends(may(Action.SEE_ONE))])
async def site(cid: str, sid: str, bridge: BridgeOf) -> SiteView:
    """As it is wanted and as its engine shows it."""
    return bridge.sites.get(cid, sid)


@router.get("/sites/{sid}/trace", summary="The last minute of a site", dependencies=CONTROL)
async def trace(cid: str, sid: str, bridge: BridgeOf) -> TraceView:
    """Second by second and stage by stage: why its pane stood still."""
    return await traces.trace(bridge.wanted, bridge.keeper, cid, sid)


@router.patch("/sites/{sid}", summary="Change a site", dependencies=RUN)
async def change(cid: str, sid: str, body: SiteChange, bridge: BridgeOf) -> SiteView:
    """`muted` 闭音: the others do not hear it. `quiet` 静音: it hears nothing.

    Only what is named changes, also within `limit`.
    """
    return await bridge.sites.change(cid, sid, changes_of(body))


@router.put("/sites/{sid}/view", summary="Give a site its own picture", dependencies=SEAT)
async def set_view(
    cid: str, sid: str, body: ViewBody, bridge: BridgeOf, principal: PrincipalOf
) -> SiteView:
    """每端口多画面: its own layout and panes, until it is released; `watch` goes before it."""
    bridge.door.check_free(principal, cid, sid)
    return await bridge.sites.set_view(cid, sid, body.view())


@router.delete("/sites/{sid}/view", summary="Release its own picture", dependencies=SEAT)
async def release_view(cid: str, sid: str, bridge: BridgeOf, principal: PrincipalOf) -> SiteView:
    """The site sees what the others see again."""
    bridge.door.check_free(principal, cid, sid)
    return await bridge.sites.set_view(cid, sid, None)


@router.post("/sites/{sid}/move", summary="Move it to another conference", dependencies=CONTROL)
async def move(
    cid: str, sid: str, body: MoveBody, bridge: BridgeOf, principal: PrincipalOf
) -> SiteView:
    """It keeps its id, mute, volume and limits; its page follows by itself, RTP at its ports."""
    bridge.territory.check(principal, body.to)
    return await bridge.moving.move(cid, sid, body.to)


@router.get("/sites/{sid}/inputs", summary="What a site can send", dependencies=CONTROL)
async def inputs(cid: str, sid: str, bridge: BridgeOf) -> list[InputView]:
    """Its cameras, as far as its page tells of them, and its content."""
    found = bridge.inputs.of(cid, bridge.sites.get(cid, sid))
    return [InputView.model_validate(one) for one in found]


@router.put("/sites/{sid}/inputs", status_code=204, summary="Tell of cameras", dependencies=SEAT)
async def tell_inputs(cid: str, sid: str, body: InputsBody, bridge: BridgeOf) -> None:
    """What a page does for itself, in the order in which they are chosen by number."""
    bridge.sites.get(cid, sid)
    bridge.inputs.tell(cid, sid, tuple(body.cameras))


@router.post(
    "/sites/{sid}/camera", status_code=204, summary="Move a site's camera", dependencies=RUN
)
async def camera(cid: str, sid: str, body: CameraBody, bridge: BridgeOf) -> None:
    """By the line of an RTP site (H.281, RFC 4573), or by the page of a browser, as far as its
    camera can be moved. What moves goes on until `stop`, 20 s at most."""
    await bridge.calling.cameras.move(cid, sid, body.order())


@router.delete("/sites/{sid}", status_code=204, summary="Remove a site", dependencies=RUN)
async def remove(cid: str, sid: str, bridge: BridgeOf) -> None:
    """Its connection ends, its panes become automatic."""
    await bridge.sites.remove(cid, sid)


@router.post("/sites/{sid}/webrtc", summary="Join by WebRTC", dependencies=JOIN)
async def attach_webrtc(
    cid: str, sid: str, body: OfferBody, bridge: BridgeOf, principal: PrincipalOf
) -> AnswerView:
    """A second join replaces the first: seat, pane and mute stay.

    403 says in `type` what the door asks for, see POST /door.
    """
    bridge.door.check(principal, cid, sid)
    attached = await bridge.sites.attach_webrtc(cid, sid, body.sdp)
    return AnswerView(sdp=attached.sdp, endpoint=attached.endpoint)


@router.post("/watch", summary="Watch by WebRTC", dependencies=[Depends(may(Action.WATCH))])
async def watch(
    cid: str, body: OfferBody, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> AnswerView:
    """Picture and sound of the whole conference, receive only, as long as the session may watch."""
    attached = await bridge.watchers.watch(cid, principal, token_of(request), body.sdp)
    return AnswerView(sdp=attached.sdp, endpoint=attached.endpoint)


@router.post(
    "/sites/{sid}/rtp",
    summary="Connect an RTP site",
    dependencies=JOIN,
    response_class=Response,
    responses={200: {"content": {SDP: {}}, "description": "our answer"}},
    openapi_extra=SDP_BODY,
)
async def attach_rtp(
    cid: str, sid: str, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> Response:
    """An SDP offer in, the answer with our addresses and ports out."""
    bridge.door.check(principal, cid, sid)
    attached = await bridge.sites.attach_rtp(cid, sid, await sdp_body(request))
    location = f"/api/v1/conferences/{quote(cid)}/endpoints/{quote(attached.endpoint)}"
    return Response(attached.sdp, 200, {"Location": location}, SDP)


@router.post(
    "/sites/{sid}/rtp/offer",
    summary="Be offered a call by RTP",
    dependencies=JOIN,
    response_class=Response,
    responses={200: {"content": {SDP: {}}, "description": "our offer"}},
)
async def offer_rtp(cid: str, sid: str, bridge: BridgeOf, principal: PrincipalOf) -> Response:
    """Our SDP offer, with all codecs, for sites that only answer. It stands for a minute; the
    answer goes to `rtp/answer`."""
    bridge.door.check(principal, cid, sid)
    owner = bridge.territory.of(cid) or principal.name
    offered = await bridge.sites.offer_rtp(cid, sid, owner)
    return Response(offered.sdp, 200, {}, SDP)


@router.post(
    "/sites/{sid}/rtp/answer",
    status_code=204,
    summary="Answer our offer by RTP",
    dependencies=JOIN,
    openapi_extra=SDP_BODY,
)
async def answer_rtp(
    cid: str, sid: str, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> Response:
    """The site's SDP answer to `rtp/offer`: it is connected, in place of a connection before."""
    bridge.door.check(principal, cid, sid)
    attached = await bridge.sites.answer_rtp(cid, sid, await sdp_body(request))
    location = f"/api/v1/conferences/{quote(cid)}/endpoints/{quote(attached.endpoint)}"
    return Response(None, 204, {"Location": location})


@router.post(
    "/endpoints/{eid}/offer",
    summary="Another offer within a call",
    dependencies=JOIN,
    response_class=Response,
    responses={200: {"content": {SDP: {}}, "description": "our answer"}},
    openapi_extra=SDP_BODY,
)
async def reoffer(
    cid: str, eid: str, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> Response:
    """Content added, hold, other codecs or addresses: what it leaves as it was goes on. Guests may
    change their own connection only. 409: connect anew, the seat stays."""
    if principal.bound and bridge.observed.site_of(cid, eid) != principal.site:
        raise Forbidden("the invitation is for another site")
    attached = await bridge.sites.reoffer(cid, eid, await sdp_body(request))
    return Response(attached.sdp, 200, {}, SDP)


@router.delete("/endpoints/{eid}", status_code=204, summary="Hang up", dependencies=JOIN)
async def detach(cid: str, eid: str, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """Ends one connection; the site stays defined. Guests may end their own only."""
    if principal.bound and bridge.observed.site_of(cid, eid) != principal.site:
        raise Forbidden("the invitation is for another site")
    await bridge.sites.detach(cid, eid)


@router.post("/sites/{sid}/invitation", status_code=201, summary="Invite a guest", dependencies=RUN)
async def invite(
    cid: str, sid: str, request: Request, bridge: BridgeOf, body: InvitationBody | None = None
) -> InvitationView:
    """A link with which somebody joins as this site, without an account."""
    bridge.sites.get(cid, sid)
    token, expires_s = bridge.sessions.invite(cid, sid, (body or InvitationBody()).hours)
    query = urlencode({"site": sid, "invite": token})
    return InvitationView(
        url=f"{str(request.base_url).rstrip('/')}/join/{quote(cid)}?{query}",
        token=token,
        expires_at=datetime.fromtimestamp(expires_s, UTC).isoformat(timespec="seconds"),
    )
