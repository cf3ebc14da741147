"""Routes: films of recordings, picture and content side by side."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from control_api.auth.roles import Action, Principal, check
from control_api.errors import Forbidden
from control_api.rest.guard import BridgeOf, PrincipalOf, check_recording, may
from control_api.rest.json_body import Body
from control_api.rest.schemas import LONGEST_S
from control_api.rest.track_bytes import blocks_of, stream
from control_api.services.bridge import Bridge
from control_api.services.films import FilmView
from mcu_core.errors import BadInput, NotFound
from recorder.media_files import open_media

router = APIRouter(tags=["recordings"])

PLAY = [Depends(may(Action.PLAY))]
TAKE = [Depends(may(Action.TAKE))]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]


class FilmBody(Body):
    """A part of the recording; without times the whole."""

    from_s: Seconds = 0.0
    to_s: Seconds | None = None


@router.post("/recordings/{rid}/films", status_code=202, summary="Make a film", dependencies=TAKE)
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
async def films(bridge: BridgeOf, principal: PrincipalOf) -> list[FilmView]:
    """Oldest first; they are kept for a day."""
    return [film for film in bridge.films.list() if await _theirs(bridge, principal, film)]


async def _theirs(bridge: Bridge, principal: Principal, film: FilmView) -> bool:
    """Whether its recording is one that the principal may download."""
    try:
        await check_recording(bridge, principal, film.recording, Action.TAKE)
    except (NotFound, Forbidden):
        return False
    return True


async def _film(bridge: Bridge, principal: Principal, film: str) -> FilmView:
    found = bridge.films.get(film)
    if not await _theirs(bridge, principal, found):
        raise NotFound("film", film)
    return found


@router.get("/films/{film}", summary="One film", dependencies=PLAY)
async def get(film: str, bridge: BridgeOf, principal: PrincipalOf) -> FilmView:
    """How far it has come."""
    return await _film(bridge, principal, film)


@router.delete("/films/{film}", status_code=204, summary="Drop a film", dependencies=PLAY)
async def drop(film: str, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """It is made no further, and deleted: by who ordered it, or who may record."""
    if (await _film(bridge, principal, film)).by != principal.name:
        check(principal, Action.RECORD, principal.conference)
    await bridge.films.remove(film)


@router.get(
    "/films/{film}/film.mp4", summary="Its file", dependencies=TAKE, response_class=Response
)
async def download(
    film: str, request: Request, bridge: BridgeOf, principal: PrincipalOf
) -> Response:
    """Takes byte ranges."""
    found = await _film(bridge, principal, film)
    path, title = bridge.films.file(film)
    if "range" not in request.headers:
        await bridge.audience.note(principal.name, "download", found.recording)
    file = await asyncio.to_thread(open_media, path)
    return stream(request, file.size, blocks_of(file), "video/mp4", f"{title}.mp4", file)
