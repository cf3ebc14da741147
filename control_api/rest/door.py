"""Routes: the door of a conference, and what a site does on its own behalf."""

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StrictBool, StrictStr

from control_api.auth.invitations import HOURS, looks_like_invitation
from control_api.auth.roles import Action
from control_api.errors import DoorClosed
from control_api.rest.guard import BridgeOf, PrincipalOf, identified, may, token_of
from control_api.rest.json_body import Body, changes_of
from control_api.rest.picture_bodies import SiteId
from control_api.services.door import Knock, RulesChange
from control_api.services.names import clean_name
from control_api.services.views import ConferenceView, SiteView

public = APIRouter(tags=["door"])
router = APIRouter(prefix="/conferences/{cid}", tags=["door"])

Code = Annotated[StrictStr, Field(max_length=20)]
Secret = Annotated[StrictStr, Field(max_length=64)]
Digits = Annotated[StrictStr, Field(pattern="^([0-9]{6})?$", description="6 digits; empty: none")]
RUN = [Depends(may(Action.RUN))]
SEAT = [Depends(may(Action.SEAT))]


class KnockBody(Body):
    """The access code and a name, or an invitation as bearer token; passwords where asked for."""

    code: Code = ""
    conference: Annotated[StrictStr, Field(max_length=64)] = ""
    password: Secret = ""
    chair_password: Secret = ""
    name: Annotated[StrictStr, Field(max_length=200)] = ""


class EntryView(BaseModel):
    """A seat, the token that opens it, and the page to take it on."""

    conference: str
    site: str
    token: str
    url: str
    chair: bool


class RulesBody(Body):
    """What to change; what is not named stays."""

    access_code: Annotated[StrictStr, Field(pattern="^([0-9]{4,20})?$")] | None = None
    password: Digits | None = None
    chair_password: Digits | None = None
    anonymous: StrictBool | None = Field(None, description="whether sites nobody named may come")
    locked: StrictBool | None = Field(None, description="whether only who has been in may come")
    live: StrictBool | None = Field(None, description="whether the live page shows it")


class HandBody(Body):
    """Whether a hand is raised."""

    raised: StrictBool


class WatchBody(Body):
    """The site to see in full; empty: what the others see."""

    site: SiteId


@public.post("/door", summary="Come into a conference without an account")
async def knock(body: KnockBody, request: Request, bridge: BridgeOf) -> EntryView:
    """403 says in `type` what is missing or wrong: `urn:mcu:door:` and `code`, `password`,
    `chair_password`, `locked` or `no_place`. Wrong attempts are slowed down.
    """
    token, hours = token_of(request), HOURS
    if looks_like_invitation(token):
        hours = min(hours, bridge.sessions.hours_left(token))
        seat = await identified(bridge, token)
        asked = Knock(seat.conference, "", body.password, body.chair_password, "", seat.site)
    elif not body.code:
        raise DoorClosed("code", "an access code is asked for")
    else:
        asked = Knock(**{**body.model_dump(), "name": clean_name(body.name)})
    source = request.client.host if request.client is not None else ""
    entry = await bridge.door.knock(asked, source)
    fresh, _ = bridge.sessions.invite(
        entry.conference, entry.site, hours, entry.passed, entry.chair
    )
    query = urlencode({"site": entry.site, "invite": fresh})
    return EntryView(
        conference=entry.conference,
        site=entry.site,
        token=fresh,
        url=f"/join/{quote(entry.conference)}?{query}",
        chair=bool(entry.chair),
    )


@router.patch("/rules", summary="Change who may come in", dependencies=RUN)
async def change(cid: str, body: RulesBody, bridge: BridgeOf) -> ConferenceView:
    """Lock, access code, passwords, anonymous sites, the live page."""
    return await bridge.door.change(cid, RulesChange(**changes_of(body)))


@router.put("/sites/{sid}/hand", summary="Raise or lower a hand", dependencies=SEAT)
async def hand(cid: str, sid: str, body: HandBody, bridge: BridgeOf) -> None:
    """`hands` of the conference has them in order."""
    await bridge.door.raise_hand(cid, sid, body.raised)


@router.put("/sites/{sid}/watch", summary="Choose whom a site sees", dependencies=SEAT)
async def watch(
    cid: str, sid: str, body: WatchBody, bridge: BridgeOf, principal: PrincipalOf
) -> SiteView:
    """选看: one site in full, also itself, or what the others see."""
    bridge.door.check_free(principal, cid, sid)
    await bridge.steering.watch(cid, sid, body.site)
    return bridge.sites.get(cid, sid)


@router.post("/sites/{sid}/ring", status_code=204, summary="Call a site", dependencies=RUN)
async def ring(cid: str, sid: str, bridge: BridgeOf) -> None:
    """Rings its page, or connects an RTP site by its stored offer."""
    await bridge.calling.connect(cid, [sid])


@router.post("/sites/{sid}/declined", status_code=204, summary="Decline a call", dependencies=SEAT)
async def declined(cid: str, sid: str, bridge: BridgeOf) -> None:
    """Told to who watches the conference, as the event `declined`."""
    bridge.calling.decline(cid, sid)
