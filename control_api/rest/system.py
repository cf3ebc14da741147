"""Routes: engines, metrics, health."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.rest.metrics import exposition
from control_api.services.picture_views import View
from mcu_core.media.codec_table import codec_table

api = APIRouter(tags=["system"])
root = APIRouter(tags=["system"])
public = APIRouter(tags=["system"])

SEE_SYSTEM = [Depends(may(Action.SEE_SYSTEM))]


@api.get("/engines", summary="Connected media engines", dependencies=SEE_SYSTEM)
async def engines(bridge: BridgeOf) -> list[dict[str, Any]]:
    """A fresh snapshot of each: conferences, sites, encoders, decoders, counters."""
    fleet = bridge.keeper.fleet
    await fleet.refresh_all()
    return [
        msgspec.to_builtins(member.snapshot) | {"restarts": member.restarts}
        for member in fleet.members.values()
        if member.link.up and member.snapshot is not None
    ]


@api.get("/system/codecs", summary="Codecs, and what is missing", dependencies=SEE_SYSTEM)
def codecs() -> list[dict[str, Any]]:
    """One row per codec: whether it is received and sent here, and if not, why."""
    return [asdict(row) for row in codec_table()]


class AlarmView(View):
    """What was wrong with what; `cleared` none: it is so still.

    `kind`: cpu, memory, disk (shares 0..1), loss (of a site: conference/site), engine, recorder.
    """

    number: int
    kind: str
    object: str
    value: float
    raised: str
    cleared: str | None


@api.get("/alarms", summary="What is or was wrong", dependencies=SEE_SYSTEM)
async def alarms(
    bridge: BridgeOf,
    active: Annotated[bool, Query(description="only what is wrong now")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AlarmView]:
    """The newest first; what is wrong now, the oldest first."""
    rows = bridge.alarms.active[:limit] if active else await bridge.alarms.newest(limit)
    return [
        AlarmView(
            number=row.number,
            kind=row.kind,
            object=row.object,
            value=row.value,
            raised=_iso(row.raised_s),
            cleared=_iso(row.cleared_s) if row.cleared_s is not None else None,
        )
        for row in rows
    ]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


@root.get("/metrics", summary="For Prometheus", dependencies=SEE_SYSTEM, response_class=Response)
async def metrics(bridge: BridgeOf) -> Response:
    """Needs a session as everything: give Prometheus a bearer token of a viewer."""
    return Response(exposition(bridge), media_type=CONTENT_TYPE_LATEST)


@public.get("/healthz", summary="Whether control works")
async def healthz(bridge: BridgeOf) -> dict[str, Any]:
    """Says how many engines answer; no login needed."""
    fleet = bridge.keeper.fleet
    return {
        "status": "ok",
        "engines_up": len(fleet.up()),
        "engines": len(fleet.members),
        "recorder_up": bridge.recordings.up,
    }
