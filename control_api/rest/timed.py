"""Routes: timed data of recordings."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, StrictStr

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import LARGEST_INT, Body
from mcu_core.errors import BadInput

router = APIRouter(tags=["recordings"])

TYPES = {"jsonl": "application/jsonl", "vtt": "text/vtt"}


class DatumBody(Body):
    """One value: `kind` such as `vitals`, `value` any JSON of at most 2 KB."""

    kind: Annotated[StrictStr, Field(max_length=32, examples=["vitals"])]
    value: Any = Field(examples=[{"heart_rate": 72, "spo2": 98}])
    ago_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = Field(
        0.0, description="how long ago it held"
    )


class DataBody(Body):
    """Values that hold now, or held just now."""

    items: Annotated[list[DatumBody], Field(min_length=1, max_length=100)]


def _json(value: Any, field: str) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise BadInput(field, "JSON") from error


@router.post(
    "/conferences/{cid}/recording/data",
    status_code=204,
    summary="Timed data",
    dependencies=[Depends(may(Action.RECORD))],
)
async def add(cid: str, body: DataBody, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """Stored in the running recording, on its clock; 50 values a second at most."""
    values = [
        (one.kind, _json(one.value, f"items[{k}].value"), one.ago_s * 1000)
        for k, one in enumerate(body.items)
    ]
    await bridge.timed.add(cid, values, principal.name)


@router.get(
    "/recordings/{rid}/data",
    summary="Timed data",
    dependencies=[Depends(may(Action.PLAY))],
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
async def page(
    rid: str,
    bridge: BridgeOf,
    after: Annotated[
        int, Query(ge=0, le=LARGEST_INT, description="`next` of an earlier answer")
    ] = 0,
) -> Response:
    """Some of it in the order in which it came; ask again with `after` until nothing is new."""
    body = msgspec.json.encode(await bridge.timed.page(rid, after))
    return Response(body, media_type="application/json")


@router.get(
    "/recordings/{rid}/data.{form}",
    summary="Timed data as a file",
    dependencies=[Depends(may(Action.PLAY))],
    response_class=Response,
)
async def download(
    rid: str,
    form: Literal["jsonl", "vtt"],
    bridge: BridgeOf,
    principal: PrincipalOf,
) -> Response:
    """JSON lines, or a metadata track for players (WebVTT)."""
    view = await bridge.recordings.get(rid)
    await bridge.audience.note(principal.name, "download", rid)
    name = quote(f"{view.title}.{form}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    lines = await bridge.timed.lines(rid, form)
    return StreamingResponse(lines, headers=headers, media_type=TYPES[form])
