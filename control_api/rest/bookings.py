"""Routes: booked conferences, and when sites are taken."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field, StrictBool, StrictInt, StrictStr

from control_api.auth.roles import Action
from control_api.persistence.bookings import (
    ENCRYPTIONS,
    BookedSite,
    Booking,
    Occurrence,
    Recurrence,
)
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import LARGEST_INT, Body, Number, ZonedMoment
from control_api.services.booking_request import BookingRequest
from control_api.services.picture_views import View
from mcu_core.contract.definition import Encryption
from mcu_core.errors import BadInput

router = APIRouter(tags=["bookings"])

CONTROL = [Depends(may(Action.CONTROL))]
SEE = [Depends(may(Action.SEE))]
BookingId = Annotated[int, Path(ge=0, le=LARGEST_INT)]
Digits = Annotated[StrictStr, Field(max_length=20)]
Moment = Annotated[ZonedMoment, Query(description="with its zone, as 2027-03-01T08:00:00Z")]


MOST_AT_ONCE = 1000
"""Occurrences in one answer."""

LONGEST_S = 366 * 86400.0


class BookedSiteBody(Body):
    """A site of a booking; without a URI an anonymous place."""

    uri: Annotated[StrictStr, Field(max_length=64)] = ""
    name: Annotated[StrictStr, Field(max_length=64)] = ""
    rate_kbps: Annotated[StrictInt, Field(ge=0, le=8192)] = 0
    video_format: Annotated[StrictInt, Field(ge=0, le=5)] | None = None


class RecurrenceBody(Body):
    """When it takes place again, by the clock of its zone."""

    frequency: StrictInt = Field(description="0 daily, 1 weekly, 2 monthly")
    interval: StrictInt = 1
    week_days: Annotated[tuple[StrictInt, ...], Field(max_length=7)] = Field(
        (), description="0..6 from Sunday"
    )
    week_of_month: StrictInt = Field(0, description="1..5: the days are those of this week")
    month_day: StrictInt = 0
    count: StrictInt = 0
    until: ZonedMoment | None = Field(None, description="the last day; count or this, or both")
    zone: Annotated[StrictStr, Field(max_length=64)] = "Asia/Shanghai"

    def rule(self) -> Recurrence:
        """As it is kept."""
        fields = self.model_dump(exclude={"until"})
        return Recurrence(**fields, end_s=self.until.timestamp() if self.until else 0.0)


class BookingBody(Body):
    """A conference to be booked; without `begin` it begins at once."""

    name: StrictStr
    begin: ZonedMoment | None = None
    minutes: Number = Field(0.0, ge=0, description="0: until it is ended")
    sites: Annotated[tuple[BookedSiteBody, ...], Field(max_length=200)] = ()
    rate_kbps: Annotated[StrictInt, Field(ge=64, le=8192)] = 1920
    presence_panes: StrictInt = Field(24, description="panes of the composed picture, 0 for none")
    encryption: Encryption = Field(Encryption.AUTOMATIC, description="of media")
    ports: StrictInt = Field(
        0, description="ports that are kept, in units of SD, if the sites take fewer"
    )
    bill_code: Annotated[StrictStr, Field(max_length=200)] = ""
    code_each: StrictBool = Field(False, description="an access code for each occurrence")
    notify: Annotated[tuple[StrictStr, ...], Field(max_length=50)] = Field(
        (), description="addresses of who is told by mail, with a calendar file"
    )
    notice: Annotated[StrictStr, Field(max_length=4000)] = Field("", description="what is told")
    may_record: StrictBool = True
    may_stream: StrictBool = Field(True, description="whether the live page shows it")
    auto_record: StrictBool = Field(False, description="it is recorded from its beginning on")
    access_code: Digits = ""
    password: Digits = Field("", description="6 digits")
    chair_password: Digits = Field("", description="6 digits")
    recurrence: RecurrenceBody | None = None

    def request(self) -> BookingRequest:
        """As the use case takes it."""
        plain: dict[str, Any] = self.model_dump(exclude={"begin", "minutes", "sites", "recurrence"})
        plain["encryption"] = ENCRYPTIONS.index(self.encryption)
        return BookingRequest(
            **plain,
            begin_s=self.begin.timestamp() if self.begin is not None else None,
            length_s=self.minutes * 60,
            sites=tuple(BookedSite(**site.model_dump()) for site in self.sites),
            recurrence=self.recurrence.rule() if self.recurrence is not None else None,
        )


class PortsBody(Body):
    """How many ports are kept for it, in units of SD (720p30 takes 2, 1080p30 4, 1080p60 8)."""

    ports: StrictInt


class ProlongBody(Body):
    """How much longer, and which occurrence; without one all that is to come."""

    minutes: Number
    begin: ZonedMoment | None = None


class OccurrenceView(View):
    """One time that a booked conference takes place; `end` none: until it is ended."""

    booking: str
    name: str
    begin: str
    end: str | None
    state: str
    sites: list[str]
    owner: str
    recurring: bool
    access_code: str
    units: int


class BookingView(View):
    """A booked conference; its id is the conference's while it runs."""

    id: str
    name: str
    access_code: str
    rate_kbps: int
    presence_panes: int
    encryption: Encryption
    ports: int
    bill_code: str
    notify: list[str]
    may_record: bool
    may_stream: bool
    minutes: float
    auto_record: bool
    owner: str
    occurrences: list[OccurrenceView]


class TakenView(View):
    """A site is taken."""

    uri: str
    begin: str
    end: str | None
    booking: str
    name: str


class FreePortsView(View):
    """So many ports are free from `begin` to `end`."""

    begin: str
    end: str
    free: int


class PortsView(View):
    """The ports of all engines together, in units of SD; `capacity` 0: they are not counted."""

    capacity: int
    spans: list[FreePortsView]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _occurrence(booking: Booking, one: Occurrence) -> OccurrenceView:
    return OccurrenceView(
        booking=str(booking.id),
        name=booking.name,
        begin=_iso(one.begin_s),
        end=_iso(one.end_s) if one.end_s is not None else None,
        state=one.state,
        sites=[site.uri for site in one.sites],
        owner=booking.owner,
        recurring=booking.recurrence is not None,
        access_code=one.access_code or booking.access_code,
        units=one.units,
    )


async def view_of(bridge: BridgeOf, booking: Booking) -> BookingView:
    """A booking with all its times."""
    times = await bridge.bookings.occurrences(booking.id)
    return BookingView(
        id=str(booking.id),
        name=booking.name,
        access_code=booking.access_code,
        rate_kbps=booking.rate_kbps,
        presence_panes=booking.presence_panes,
        encryption=ENCRYPTIONS[booking.encryption],
        ports=booking.ports,
        bill_code=booking.bill_code,
        notify=list(booking.notify),
        may_record=booking.may_record,
        may_stream=booking.may_stream,
        minutes=booking.length_s / 60,
        auto_record=booking.auto_record,
        owner=booking.owner,
        occurrences=[_occurrence(booking, one) for one in times],
    )


async def book_for(bridge: BridgeOf, principal: PrincipalOf, asked: BookingRequest) -> Booking:
    """Book what somebody asks for; it is theirs."""
    await _check_theirs(bridge, principal, asked)
    booked = await bridge.bookings.book(asked, principal.name)
    await bridge.territory.own(principal, str(booked.id))
    return booked


async def _check_theirs(bridge: BridgeOf, principal: PrincipalOf, asked: BookingRequest) -> None:
    uris = [site.uri for site in asked.sites]
    await bridge.register.check_theirs(uris, principal)


@router.get("/bookings", summary="What takes place in a span", dependencies=SEE)
async def bookings(
    bridge: BridgeOf,
    principal: PrincipalOf,
    since: Moment,
    until: Moment,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE,
    offset: Annotated[int, Query(ge=0, le=LARGEST_INT)] = 0,
) -> list[OccurrenceView]:
    """In order of their beginning; what was deleted is not told. `X-Total-Count`: how many all."""
    found = await bridge.bookings.between(since.timestamp(), until.timestamp())
    theirs = [row for row in found if bridge.territory.sees(principal, str(row[0].id))]
    response.headers["X-Total-Count"] = str(len(theirs))
    return [_occurrence(booking, one) for booking, one in theirs[offset : offset + limit]]


@router.post("/bookings", status_code=201, summary="Book a conference", dependencies=CONTROL)
async def book(body: BookingBody, bridge: BridgeOf, principal: PrincipalOf) -> BookingView:
    """It begins and ends by the clock; refused with the reason where there is no room."""
    return await view_of(bridge, await book_for(bridge, principal, body.request()))


@router.get("/bookings/{number}", summary="One booking", dependencies=SEE)
async def booking(number: BookingId, bridge: BridgeOf) -> BookingView:
    """With all its times, past ones too."""
    return await view_of(bridge, await bridge.bookings.get(number))


@router.put("/bookings/{number}", summary="Book it anew", dependencies=CONTROL)
async def edit(
    number: BookingId,
    body: BookingBody,
    bridge: BridgeOf,
    principal: PrincipalOf,
    begin: Annotated[ZonedMoment | None, Query()] = None,
) -> BookingView:
    """Until three minutes before it begins; `begin` names one occurrence of a series.

    Of one occurrence time, length and sites change.
    """
    asked = body.request()
    await _check_theirs(bridge, principal, asked)
    if begin is not None:
        edited = await bridge.bookings.edit_one(number, begin.timestamp(), asked)
        return await view_of(bridge, edited)
    return await view_of(bridge, await bridge.bookings.edit(number, asked))


@router.post("/bookings/{number}/prolong", summary="Let it take longer", dependencies=CONTROL)
async def prolong(number: BookingId, body: ProlongBody, bridge: BridgeOf) -> BookingView:
    """Also while it runs."""
    begin_s = body.begin.timestamp() if body.begin is not None else None
    await bridge.bookings.prolong(number, body.minutes * 60, begin_s)
    return await view_of(bridge, await bridge.bookings.get(number))


@router.put("/bookings/{number}/ports", summary="Keep more or fewer ports", dependencies=CONTROL)
async def ports(number: BookingId, body: PortsBody, bridge: BridgeOf) -> BookingView:
    """Also while it runs; refused with the figures where the machine has no such room then."""
    return await view_of(bridge, await bridge.bookings.keep_ports(number, body.ports))


@router.delete("/bookings/{number}", status_code=204, summary="Delete it", dependencies=CONTROL)
async def delete(
    number: BookingId, bridge: BridgeOf, begin: Annotated[ZonedMoment | None, Query()] = None
) -> None:
    """What runs is ended; `begin` names one occurrence."""
    await bridge.bookings.delete(number, begin.timestamp() if begin is not None else None)


@router.get("/taken", summary="Free/busy", dependencies=SEE)
async def taken(
    bridge: BridgeOf,
    principal: PrincipalOf,
    uri: Annotated[list[str], Query(max_length=1000)],
    since: Moment,
    until: Moment,
) -> list[TakenView]:
    """When these sites are taken in that span; by what, is told of one's own conferences."""
    sees = bridge.territory.sees
    found = await bridge.bookings.taken(uri, since.timestamp(), until.timestamp())
    return [
        TakenView(
            uri=one.uri,
            begin=_iso(one.begin_s),
            end=_iso(one.end_s) if one.end_s is not None else None,
            booking=str(one.booking) if sees(principal, str(one.booking)) else "",
            name=one.name if sees(principal, str(one.booking)) else "",
        )
        for one in found
        if not one.gone
    ]


@router.get("/ports", summary="Free ports", dependencies=SEE)
async def free_ports(bridge: BridgeOf, since: Moment, until: Moment) -> PortsView:
    """What bookings leave free of the machine, span after span without a gap; one year at most."""
    since_s, until_s = since.timestamp(), until.timestamp()
    if not 0 < until_s - since_s <= LONGEST_S:
        raise BadInput("until", "after since, by a year at most")
    ports = bridge.bookings.ports
    found = await ports.taken(since_s, until_s) if ports.capacity else []
    spans = [
        FreePortsView(
            begin=_iso(one.begin_s), end=_iso(one.end_s), free=max(0, ports.capacity - one.taken)
        )
        for one in found
    ]
    return PortsView(capacity=ports.capacity, spans=spans)
