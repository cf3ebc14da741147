"""Routes: the register of sites."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from msgspec import to_builtins
from msgspec.structs import replace
from pydantic import Field, StrictInt, StrictStr

from control_api.auth.organisations import check_organisation, within
from control_api.auth.roles import Action, Principal
from control_api.persistence.register import RegisteredSite
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import Body
from control_api.rest.schemas import FileBody, PatternBody
from control_api.services.bridge import Bridge
from control_api.services.picture_views import View
from control_api.services.register import bookable
from control_api.services.sites import LONGEST_SDP, check_clip, check_sdp
from mcu_core.contract.definition import SiteKind
from mcu_core.errors import BadInput, NotFound

router = APIRouter(prefix="/sites", tags=["register"])
organisations = APIRouter(prefix="/organisations", tags=["register"])

CONTROL = [Depends(may(Action.CONTROL))]
SEE = [Depends(may(Action.SEE))]
MANAGE = [Depends(may(Action.USERS))]

SOURCES = ("file", "pattern", "offer_sdp")
"""Of a site, by kind: what it plays, or offers."""

Format = Annotated[StrictInt, Field(ge=0, le=5)]


class RegisterBody(Body):
    """What is known of a site: how it joins, and what it is sent at most."""

    uri: Annotated[StrictStr, Field(max_length=64)]
    name: Annotated[StrictStr, Field(max_length=64)]
    kind: SiteKind = SiteKind.WEBRTC
    organisation: Annotated[StrictStr, Field(max_length=200)] = ""
    rate_kbps: Annotated[StrictInt, Field(ge=0, le=8192)] = 0
    video_format: Format | None = Field(
        None, description="0 4CIF, 1 720p30, 2 1080p30, 3 480p, 4 720p60, 5 1080p60"
    )
    file: FileBody | None = None
    pattern: PatternBody | None = None
    offer_sdp: Annotated[StrictStr, Field(max_length=LONGEST_SDP)] = Field(
        "", description="what an RTP site offers: with it we connect the site by ourselves"
    )

    def site(self) -> RegisteredSite:
        """As it is kept."""
        return RegisteredSite(
            uri=self.uri,
            name=self.name,
            kind=self.kind,
            organisation=self.organisation,
            rate_kbps=self.rate_kbps,
            video_format=self.video_format,
            file=self.file.source() if self.file is not None else None,
            pattern=self.pattern.source() if self.pattern is not None else None,
            offer_sdp=check_sdp(self.offer_sdp) if self.offer_sdp else "",
        )


class RoomBody(Body):
    """With which code a site opens its room: 8..20 digits; empty: it has none."""

    code: Annotated[StrictStr, Field(max_length=20)]


class RegisteredView(View):
    """A registered site."""

    uri: str
    name: str
    kind: SiteKind
    organisation: str
    rate_kbps: int
    video_format: int | None


class RegisteredDetail(RegisteredView):
    """All that a form of a registered site shows; `room_code` empty: it has no room."""

    file: FileBody | None
    pattern: PatternBody | None
    offer_sdp: str
    room_code: str


class LimitBody(Body):
    """The most that each site of an organisation, and of those below it, is sent; 0: no limit."""

    organisation: Annotated[StrictStr, Field(max_length=200)]
    rate_kbps: Annotated[StrictInt, Field(ge=0, le=8192)]


def _checked(body: RegisterBody, bridge: Bridge, principal: Principal) -> RegisteredSite:
    """As it is kept; users of an organisation register sites of theirs. Raises BadInput."""
    body = body.model_copy(update={"organisation": body.organisation or principal.organisation})
    if not within(check_organisation(body.organisation), principal.organisation):
        raise BadInput("organisation", f"{principal.organisation}, or one below it")
    if body.file is not None:
        check_clip(Path(body.file.path), bridge.settings.clips)
    return body.site()


async def _theirs(uri: str, bridge: Bridge, principal: Principal) -> RegisteredSite:
    """A registered site; raises NotFound, also where it is another organisation's."""
    site = await bridge.register.get(uri)
    if not within(site.organisation, principal.organisation):
        raise NotFound("registered site", uri)
    return site


def _changed(known: RegisteredSite, body: RegisterBody, asked: RegisteredSite) -> RegisteredSite:
    """A site as it is asked for; what is not named, or other programs keep of it, stays."""
    changed = replace(
        asked,
        type=known.type,
        video_protocol=known.video_protocol,
        dialing_mode=known.dialing_mode,
    )
    if asked.kind is not known.kind:
        return changed
    named = body.model_fields_set
    kept = {name: getattr(known, name) for name in SOURCES if name not in named}
    return replace(changed, **kept)


@router.get("", summary="All registered sites", dependencies=SEE)
async def sites(bridge: BridgeOf, principal: PrincipalOf) -> list[RegisteredView]:
    """By name: those that the user may book."""
    return [
        RegisteredView.model_validate(site)
        for site in await bridge.register.all()
        if bookable(site, principal)
    ]


@router.post("", status_code=201, summary="Register a site", dependencies=CONTROL)
async def add(body: RegisterBody, bridge: BridgeOf, principal: PrincipalOf) -> RegisteredView:
    """Its URI is its id in every conference that it takes part in."""
    site = _checked(body, bridge, principal)
    return RegisteredView.model_validate(await bridge.register.add(site))


@router.get("/{uri}", summary="One registered site", dependencies=CONTROL)
async def site(uri: str, bridge: BridgeOf, principal: PrincipalOf) -> RegisteredDetail:
    """With what it plays or offers, and the code of its room."""
    known = await _theirs(uri, bridge, principal)
    plain = RegisteredView.model_validate(known).model_dump()
    return RegisteredDetail(
        **plain,
        file=FileBody(path=known.file.path, loop=known.file.loop) if known.file else None,
        pattern=PatternBody(**to_builtins(known.pattern)) if known.pattern else None,
        offer_sdp=known.offer_sdp,
        room_code=await bridge.rooms.code(uri),
    )


@router.put("/{uri}", summary="Change a registered site", dependencies=CONTROL)
async def change(
    uri: str, body: RegisterBody, bridge: BridgeOf, principal: PrincipalOf
) -> RegisteredView:
    """Conferences that run keep it as it was; of one kind, its clip, pattern or offer stay."""
    known = await _theirs(uri, bridge, principal)
    asked = _checked(body.model_copy(update={"uri": uri}), bridge, principal)
    changed = await bridge.register.change(_changed(known, body, asked))
    return RegisteredView.model_validate(changed)


@router.put("/{uri}/room", status_code=204, summary="The code of its room", dependencies=CONTROL)
async def room(uri: str, body: RoomBody, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """Who gives it at the door opens a conference as this site, and chairs it; empty: nobody."""
    await _theirs(uri, bridge, principal)
    await bridge.rooms.keep(uri, body.code)


@router.delete("/{uri}", status_code=204, summary="Forget a site", dependencies=CONTROL)
async def remove(uri: str, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """Bookings that name it keep doing so."""
    await _theirs(uri, bridge, principal)
    await bridge.register.remove(uri)


@organisations.get("", summary="All organisations", dependencies=SEE)
async def known_organisations(bridge: BridgeOf, principal: PrincipalOf) -> list[str]:
    """Paths (`一院/放射科`) that sites, users and limits name: one's own and those below it."""
    return await bridge.organisations.within(principal.organisation)


@organisations.get("/limits", summary="Bandwidth limits of organisations", dependencies=SEE)
async def organisation_limits(bridge: BridgeOf, principal: PrincipalOf) -> list[LimitBody]:
    """By name."""
    return [
        LimitBody(organisation=organisation, rate_kbps=rate_kbps)
        for organisation, rate_kbps in sorted((await bridge.register.limits()).items())
        if within(organisation, principal.organisation)
    ]


@organisations.put("/limits", status_code=204, summary="Limit an organisation", dependencies=MANAGE)
async def limit_organisation(body: LimitBody, bridge: BridgeOf) -> None:
    """For sites that join from now on: picture and sound together; the narrowest above counts."""
    await bridge.register.limit(body.organisation, body.rate_kbps)
