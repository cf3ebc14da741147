"""Routes: templates of bookings, ad hoc conferences, and groups of sites."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field, StrictStr

from control_api.auth.roles import Action
from control_api.persistence.bookings import ENCRYPTIONS, BookedSite
from control_api.rest.bookings import BookingBody, BookingView, book_for, view_of
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import Body
from control_api.services.booking_request import BookingRequest
from control_api.services.picture_views import View
from control_api.services.presets import SiteGroup
from control_api.services.register import check_uri
from control_api.services.views import ConferenceView
from mcu_core.contract.definition import MAX_SITES, Encryption

router = APIRouter(tags=["bookings"])

CONTROL = [Depends(may(Action.CONTROL))]
SEE = [Depends(may(Action.SEE))]
PresetName = Annotated[str, Path(max_length=64)]
Uri = Annotated[StrictStr, Field(max_length=64)]


class TemplateView(View):
    """What a booking of it asks for."""

    name: str
    title: str
    minutes: float
    sites: list[str]
    rate_kbps: int
    presence_panes: int
    ports: int
    may_record: bool
    auto_record: bool
    may_stream: bool
    bill_code: str


class AdhocView(TemplateView):
    """The same, begun by whoever gives its code."""

    access_code: str
    encryption: Encryption
    notify: list[str]


class GroupBody(Body):
    """The sites of a group, by their URIs."""

    sites: Annotated[tuple[Uri, ...], Field(min_length=1, max_length=MAX_SITES)]

    def group(self, name: str) -> SiteGroup:
        """As it is kept; raises BadInput."""
        return SiteGroup(name, tuple(dict.fromkeys(check_uri(uri, "sites") for uri in self.sites)))


class SiteGroupView(View):
    """Sites that are called together."""

    name: str
    sites: list[str]


class CallGroupBody(Body):
    """Which group joins."""

    group: Annotated[StrictStr, Field(max_length=64)]


def _template(name: str, asked: BookingRequest) -> TemplateView:
    return TemplateView(
        name=name,
        title=asked.name,
        minutes=asked.length_s / 60,
        sites=[site.uri for site in asked.sites],
        rate_kbps=asked.rate_kbps,
        presence_panes=asked.presence_panes,
        ports=asked.ports,
        may_record=asked.may_record,
        auto_record=asked.auto_record,
        may_stream=asked.may_stream,
        bill_code=asked.bill_code,
    )


@router.get("/booking-templates", summary="Templates of bookings", dependencies=SEE)
async def templates(bridge: BridgeOf, principal: PrincipalOf) -> list[TemplateView]:
    """By name."""
    found = await bridge.presets.templates(principal)
    return [_template(name, asked) for name, asked in found.items()]


@router.put(
    "/booking-templates/{preset}", status_code=204, summary="Keep a template", dependencies=CONTROL
)
async def keep_template(
    preset: PresetName, body: BookingBody, bridge: BridgeOf, principal: PrincipalOf
) -> None:
    """Begin, recurrence, codes and passwords are those of each booking: they are left out."""
    await bridge.presets.keep_template(preset, body.request(), principal)


@router.delete(
    "/booking-templates/{preset}", status_code=204, summary="Forget it", dependencies=CONTROL
)
async def remove_template(preset: PresetName, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """What was booked from it stays."""
    await bridge.presets.remove("template", preset, principal)


@router.get("/site-groups", summary="Groups of sites", dependencies=SEE)
async def groups(bridge: BridgeOf, principal: PrincipalOf) -> list[SiteGroupView]:
    """By name."""
    found = (await bridge.presets.groups(principal)).values()
    return [SiteGroupView(name=one.name, sites=list(one.sites)) for one in found]


@router.put("/site-groups/{preset}", status_code=204, summary="Keep a group", dependencies=CONTROL)
async def keep_group(
    preset: PresetName, body: GroupBody, bridge: BridgeOf, principal: PrincipalOf
) -> None:
    """New, or anew."""
    await bridge.register.check_theirs(body.sites, principal)
    await bridge.presets.keep_group(body.group(preset), principal)


@router.delete("/site-groups/{preset}", status_code=204, summary="Forget it", dependencies=CONTROL)
async def remove_group(preset: PresetName, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """Its sites stay where they are."""
    await bridge.presets.remove("group", preset, principal)


@router.get("/adhoc-conferences", summary="Ad hoc conferences", dependencies=SEE)
async def adhoc(bridge: BridgeOf, principal: PrincipalOf) -> list[AdhocView]:
    """By name; passwords are told nobody."""
    found = await bridge.adhoc.all(principal)
    return [
        AdhocView(
            **_template(name, asked).model_dump(),
            access_code=asked.access_code,
            encryption=ENCRYPTIONS[asked.encryption],
            notify=list(asked.notify),
        )
        for name, asked in found.items()
    ]


@router.put(
    "/adhoc-conferences/{preset}", status_code=204, summary="Keep one", dependencies=CONTROL
)
async def keep_adhoc(
    preset: PresetName, body: BookingBody, bridge: BridgeOf, principal: PrincipalOf
) -> None:
    """Whoever gives its access code (8 to 20 digits) at the door begins it; it has no begin."""
    asked = body.request()
    await bridge.register.check_theirs([site.uri for site in asked.sites], principal)
    await bridge.adhoc.keep(preset, asked, principal.organisation)


@router.delete(
    "/adhoc-conferences/{preset}", status_code=204, summary="Forget it", dependencies=CONTROL
)
async def remove_adhoc(preset: PresetName, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """Its code begins nothing any more; what runs goes on."""
    await bridge.adhoc.remove(preset, principal)


@router.post(
    "/site-groups/{preset}/meet", status_code=201, summary="Let it meet now", dependencies=CONTROL
)
async def meet(preset: PresetName, bridge: BridgeOf, principal: PrincipalOf) -> BookingView:
    """One touch: a conference of these sites begins at once, and all of them are called."""
    group = await bridge.presets.group(preset, principal)
    sites = tuple(BookedSite(uri, "") for uri in group.sites)
    asked = BookingRequest(group.name, sites=sites, presence_panes=24, may_stream=False)
    booked = await book_for(bridge, principal, asked)
    await bridge.calling.connect(str(booked.id), group.sites)
    return await view_of(bridge, booked)


@router.post("/conferences/{cid}/site-groups", summary="Let a group join", dependencies=CONTROL)
async def join(
    cid: str, body: CallGroupBody, bridge: BridgeOf, principal: PrincipalOf
) -> ConferenceView:
    """Its sites take part and are called; who is in already stays."""
    group = await bridge.presets.group(body.group, principal)
    await bridge.register.check_theirs(group.sites, principal)
    await bridge.calling.invite(cid, group.sites)
    return bridge.conferences.get(cid)
