"""Routes: alarms, and that somebody has seen them."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from control_api.auth.roles import Action
from control_api.persistence.alarms import Alarm
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import LARGEST_INT
from control_api.services.picture_views import View
from control_api.services.thresholds import SEVERITIES

router = APIRouter(
    prefix="/alarms", tags=["system"], dependencies=[Depends(may(Action.SEE_SYSTEM))]
)

Kind = Literal["cpu", "memory", "disk", "loss", "engine", "recorder"]
Severity = Literal["critical", "warning"]


class AlarmView(View):
    """What was wrong with what; `cleared` none: it is so still.

    `kind`: cpu, memory, disk (shares 0..1), loss (of a site: conference/site), engine, recorder.
    `seen_by`: who acknowledged it, at `seen`.
    """

    number: int
    kind: str
    severity: str
    object: str
    value: float
    raised: str
    cleared: str | None
    seen_by: str
    seen: str | None


@router.get("", summary="What is or was wrong")
async def alarms(
    bridge: BridgeOf,
    active: Annotated[bool, Query(description="only what is wrong now")] = False,
    kind: Kind | None = None,
    severity: Severity | None = None,
    before: Annotated[
        int, Query(ge=0, le=LARGEST_INT, description="the last number of the page before")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AlarmView]:
    """The newest first; what is wrong now, the oldest first."""
    kinds = {
        one for one, how in SEVERITIES.items() if kind in (None, one) and severity in (None, how)
    }
    if active:
        rows = [alarm for alarm in bridge.alarms.active if alarm.kind in kinds][:limit]
    else:
        rows = await bridge.alarms.newest(limit, kinds, before)
    return [_view(row) for row in rows]


@router.post(
    "/{alarm}/acknowledge",
    summary="Somebody has seen it",
    dependencies=[Depends(may(Action.CONTROL))],
)
async def acknowledge(
    alarm: Annotated[int, Path(ge=1, le=LARGEST_INT)], bridge: BridgeOf, principal: PrincipalOf
) -> AlarmView:
    """The first who did stays; it goes on until it is over."""
    return _view(await bridge.alarms.acknowledge(alarm, principal.name))


def _view(alarm: Alarm) -> AlarmView:
    return AlarmView(
        number=alarm.number,
        kind=alarm.kind,
        severity=SEVERITIES.get(alarm.kind, "warning"),
        object=alarm.object,
        value=alarm.value,
        raised=_iso(alarm.raised_s),
        cleared=_iso(alarm.cleared_s) if alarm.cleared_s is not None else None,
        seen_by=alarm.seen_by,
        seen=_iso(alarm.seen_s) if alarm.seen_s is not None else None,
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
