"""Routes: pushing a conference to platforms by RTMP or SRT."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field, StrictStr

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.rest.json_body import Body
from control_api.services.push_address import LONGEST
from control_api.services.pushes import PushView

router = APIRouter(prefix="/conferences/{cid}/pushes", tags=["live"])

CONTROL = [Depends(may(Action.CONTROL))]


class PushBody(Body):
    """Where to push what."""

    url: Annotated[
        StrictStr,
        Field(max_length=LONGEST, examples=["rtmp://live.example.org/app/key", "srt://host:9000"]),
    ]
    picture: Literal["main", "content"] = "main"


@router.get("", summary="Where it is pushed to", dependencies=CONTROL)
async def pushes(cid: str, bridge: BridgeOf) -> list[PushView]:
    """How each of them stands, and why it does not push; keys are never told."""
    return bridge.pushes.all(cid)


@router.post("", status_code=201, summary="Push", dependencies=CONTROL)
async def push(cid: str, body: PushBody, bridge: BridgeOf) -> PushView:
    """Picture and sound as the live page has them, nothing encoded again, until it is ended.

    It begins again by itself after failures, ever more seldom, and is given up after 20 in a row.
    """
    return await bridge.pushes.add(cid, body.url, body.picture)


@router.delete("/{pid}", status_code=204, summary="Push no more", dependencies=CONTROL)
async def end(cid: str, pid: str, bridge: BridgeOf) -> None:
    """The connection is closed then."""
    await bridge.pushes.remove(cid, pid)
