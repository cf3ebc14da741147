"""Routes: which consultations there were, and the report of one (REP-02)."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from control_api.auth.roles import Action
from control_api.rest.calls import AskedOf, loss
from control_api.rest.guard import BridgeOf, may
from control_api.rest.spreadsheet import table
from control_api.services.consultations import SiteCourse
from control_api.services.picture_views import View
from mcu_core.errors import BadInput

router = APIRouter(prefix="/reports", tags=["reports"], dependencies=[Depends(may(Action.REPORTS))])

MOST_DAYS = 31
"""Of a list of consultations, which is made of the records themselves."""


class ConsultationView(View):
    """A conference on a day (20270301), as its call records tell."""

    day: int
    conference: str
    name: str
    sites: int
    begun: str
    over: str
    minutes: float
    loss_percent: float


class SiteCourseView(View):
    """How it went for one site, all its connections together.

    Delays are those of the bridge: of pictures from arrival to the composed one, of sound in its
    buffer. `still_s`: its picture stood still for a fault; `concealed_s`: sound was made up;
    `reduced_s`: pictures gave way to the bridge's load. `left` none: it is there still.
    """

    site: str
    name: str
    organisation: str
    kind: str
    connections: int
    joined: str
    left: str | None
    minutes: float
    picture: str
    codecs: list[str]
    rate_kbps: float
    loss_percent: float
    repaired: int
    picture_delay_ms: float
    sound_delay_ms: float
    still_s: float
    concealed_s: float
    reduced_s: float
    reasons: list[str]


class ReportView(View):
    """A consultation and its sites."""

    conference: str
    name: str
    begun: str
    over: str
    minutes: float
    sites: list[SiteCourseView]


@router.get("/consultations", summary="Which consultations there were")
async def consultations(bridge: BridgeOf, asked: AskedOf) -> list[ConsultationView]:
    """The newest first, at most 500 of at most 31 days; minutes are those of all sites together."""
    if _days(asked.since, asked.until) > MOST_DAYS:
        raise BadInput("since", f"at most {MOST_DAYS} days")
    return [
        ConsultationView(
            day=one.day,
            conference=one.conference,
            name=one.name,
            sites=one.sites,
            begun=_iso(one.begun_s),
            over=_iso(one.over_s),
            minutes=round(one.seconds / 60, 1),
            loss_percent=loss(one.packets, one.lost),
        )
        for one in await bridge.consultations.all(asked)
    ]


Conference = Annotated[str, Query(min_length=1, max_length=64)]


@router.get("/consultation", summary="How one consultation went, site by site")
async def consultation(bridge: BridgeOf, asked: AskedOf, conference: Conference) -> ReportView:
    """Minutes, loss, delay, and what was reduced; of a series name the day."""
    name, sites = await bridge.consultations.sites(asked)
    begun, over = min(one.joined_s for one in sites), max(one.seen_s for one in sites)
    return ReportView(
        conference=conference,
        name=name,
        begun=_iso(begun),
        over=_iso(over),
        minutes=round((over - begun) / 60, 1),
        sites=[_view(one) for one in sites],
    )


@router.get(
    "/consultation.csv", summary="The same for a spreadsheet", response_class=StreamingResponse
)
async def consultation_csv(
    bridge: BridgeOf, asked: AskedOf, conference: Conference
) -> StreamingResponse:
    """A line for each site."""
    _, sites = await bridge.consultations.sites(asked)
    rows = [_view(one).model_dump() for one in sites]
    return table("consultation", SiteCourseView.model_fields, rows)


def _view(one: SiteCourse) -> SiteCourseView:
    kbps = one.bytes * 8 / 1000 / one.seconds if one.seconds > 0 else 0.0
    return SiteCourseView(
        site=one.site,
        name=one.name,
        organisation=one.organisation,
        kind=one.kind,
        connections=one.connections,
        joined=_iso(one.joined_s),
        left=None if one.there else _iso(one.seen_s),
        minutes=round(one.seconds / 60, 1),
        picture=f"{one.width}x{one.height}" if one.width else "",
        codecs=list(one.codecs),
        rate_kbps=round(kbps, 1),
        loss_percent=loss(one.packets, one.lost),
        repaired=one.repaired,
        picture_delay_ms=round(one.picture_delay_ms, 1),
        sound_delay_ms=round(one.sound_delay_ms, 1),
        still_s=round(one.still_s, 1),
        concealed_s=round(one.concealed_s, 1),
        reduced_s=round(one.reduced_s, 1),
        reasons=list(one.reasons),
    )


def _days(since: int, until: int) -> int:
    first, last = (date(day // 10_000, day // 100 % 100, day % 100) for day in (since, until))
    return (last - first).days + 1


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
