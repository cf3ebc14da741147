"""Routes: engines, metrics, health."""

from dataclasses import asdict
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.rest.metrics import exposition
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
