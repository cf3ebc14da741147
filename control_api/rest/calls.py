"""Routes: call records (话单), as pages, as CSV, and reports made of them."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from control_api.auth.organisations import within
from control_api.auth.roles import Action
from control_api.persistence.calls import Call
from control_api.persistence.uses import Asked, By, Use
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import LARGEST_INT
from control_api.rest.spreadsheet import MARK, line, sheet, table
from control_api.services.bridge import Bridge
from control_api.services.picture_views import View

router = APIRouter(tags=["reports"], dependencies=[Depends(may(Action.REPORTS))])

MOST_EXPORTED = 1_000_000


class CallView(View):
    """A site was in a conference; `left` none: it is there still. Loss is that of its picture."""

    number: int
    conference: str
    conference_name: str
    bill_code: str
    site: str
    site_name: str
    organisation: str
    kind: str
    joined: str
    left: str | None
    seconds: float
    reason: str
    video_codec: str
    width: int
    height: int
    audio_codec: str
    rate_kbps: float
    loss_percent: float


class UseView(View):
    """A row of a report: of a day (20270301), an organisation or a site."""

    of: str
    calls: int
    hours: float
    loss_percent: float
    gigabytes: float


Day = Annotated[date | None, Query()]
Text = Annotated[str, Query(max_length=200)]


def asked(
    bridge: BridgeOf,
    principal: PrincipalOf,
    since: Day = None,
    until: Day = None,
    organisation: Text = "",
    site: Text = "",
    conference: Text = "",
) -> Asked:
    """Which calls: by the day on which they began, both inclusive; without one the last month."""
    if not within(organisation, principal.organisation):
        organisation = principal.organisation
    first, last = bridge.calls.last_days(31)
    return Asked(
        _number(since) if since is not None else first,
        _number(until) if until is not None else last,
        organisation,
        site,
        conference,
    )


AskedOf = Annotated[Asked, Depends(asked)]


@router.get("/calls", summary="Who was in which conference")
async def calls(
    bridge: BridgeOf,
    asked: AskedOf,
    before: Annotated[
        int, Query(ge=0, le=LARGEST_INT, description="the last number of the page before")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[CallView]:
    """The newest first."""
    return [_view(call) for call in await bridge.calls.page(asked, before, limit)]


@router.get("/calls.csv", summary="The same for a spreadsheet", response_class=StreamingResponse)
async def calls_csv(bridge: BridgeOf, asked: AskedOf) -> StreamingResponse:
    """All of them, the newest first, in UTF-8 with a mark of its order, as spreadsheets like it."""
    return sheet("calls", _lines(bridge, asked))


@router.get("/reports/use", summary="Use and loss per day, organisation or site")
async def use(bridge: BridgeOf, asked: AskedOf, by: By = "day") -> list[UseView]:
    """Days in order; organisations and sites by hours, at most 1000."""
    return [_row(row) for row in await bridge.calls.report(asked, by)]


@router.get(
    "/reports/use.csv", summary="The same for a spreadsheet", response_class=StreamingResponse
)
async def use_csv(bridge: BridgeOf, asked: AskedOf, by: By = "day") -> StreamingResponse:
    """A line for each day, organisation or site."""
    rows = [_row(row).model_dump() for row in await bridge.calls.report(asked, by)]
    return table(f"use-by-{by}", UseView.model_fields, rows)


def _row(row: Use) -> UseView:
    return UseView(
        of=row.of,
        calls=row.calls,
        hours=round(row.seconds / 3600, 2),
        loss_percent=loss(row.packets, row.lost),
        gigabytes=round(row.bytes / 1e9, 3),
    )


async def _lines(bridge: Bridge, asked: Asked) -> AsyncIterator[str]:
    yield MARK + line(CallView.model_fields)
    before = told = 0
    while told < MOST_EXPORTED:
        page = await bridge.calls.page(asked, before)
        if not page:
            return
        yield "".join(line(_view(call).model_dump().values()) for call in page)
        before, told = page[-1].number, told + len(page)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def loss(packets: int, lost: int) -> float:
    """Of what was sent, in percent."""
    return round(100 * lost / (packets + lost), 3) if lost else 0.0


def _view(call: Call) -> CallView:
    seconds = call.seen_s - call.joined_s
    return CallView(
        number=call.number,
        conference=call.conference,
        conference_name=call.conference_name,
        bill_code=call.bill_code,
        site=call.site,
        site_name=call.site_name,
        organisation=call.organisation,
        kind=call.kind,
        joined=_iso(call.joined_s),
        left=_iso(call.left_s) if call.left_s is not None else None,
        seconds=round(seconds, 1),
        reason=call.reason,
        video_codec=call.video_codec,
        width=call.width,
        height=call.height,
        audio_codec=call.audio_codec,
        rate_kbps=round(call.bytes * 8 / 1000 / seconds, 1) if seconds > 0 else 0.0,
        loss_percent=loss(call.packets, call.lost),
    )
