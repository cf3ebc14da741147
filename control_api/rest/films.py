"""Routes: films of recordings, picture and content side by side."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from control_api.auth.roles import Action, check
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.json_body import Body
from control_api.rest.recordings import file_blocks, stream
from control_api.rest.schemas import LONGEST_S
from control_api.services.films import FilmView
from mcu_core.errors import BadInput

router = APIRouter(tags=["recordings"])

PLAY = [Depends(may(Action.PLAY))]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]


class FilmBody(Body):
    """A part of the recording; without times the whole."""

    from_s: Seconds = 0.0
    to_s: Seconds | None = None


@router.post("/recordings/{rid}/films", status_code=202, summary="Make a film", dependencies=PLAY)
async def make(
    rid: str, bridge: BridgeOf, principal: PrincipalOf, body: FilmBody | None = None
) -> FilmView:
    """People on the left, content on the right, coded anew, behind all else on the machine."""
    span = None
    if body is not None:
        to_s = body.to_s
        if to_s is None:
            to_s = (await bridge.recordings.get(rid)).duration_s
        if to_s <= body.from_s:
            raise BadInput("to_s", "later than from_s")
        span = (body.from_s, to_s)
    film = await bridge.films.make(rid, span, principal.name)
    await bridge.audience.note(principal.name, "download", rid)
    return film


@router.get("/films", summary="All films", dependencies=PLAY)
async def films(bridge: BridgeOf) -> list[FilmView]:
    """Oldest first; they are kept for a day."""
    return bridge.films.list()


@router.get("/films/{film}", summary="One film", dependencies=PLAY)
async def get(film: str, bridge: BridgeOf) -> FilmView:
    """How far it has come."""
    return bridge.films.get(film)


@router.delete("/films/{film}", status_code=204, summary="Drop a film", dependencies=PLAY)
async def drop(film: str, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """It is made no further, and deleted: by who ordered it, or who may record."""
    if bridge.films.get(film).by != principal.name:
        check(principal, Action.RECORD, principal.conference)
    await bridge.films.remove(film)


@router.get(
    "/films/{film}/film.mp4", summary="Its file", dependencies=PLAY, response_class=Response
)
async def download(film: str, request: Request, bridge: BridgeOf) -> Response:
    """Takes byte ranges."""
    path, title = bridge.films.file(film)
    size = bridge.films.get(film).size_bytes
    return stream(request, size, file_blocks(path), "video/mp4", f"{title}.mp4")
