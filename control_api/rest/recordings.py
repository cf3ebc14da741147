"""Routes: recording, and the library."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from control_api.auth.roles import Action, allowed
from control_api.persistence.library import Search
from control_api.rest.guard import BridgeOf, PrincipalOf, may, member_of, player_of
from control_api.rest.json_body import LARGEST_INT, Moment, changes_of
from control_api.rest.schemas import (
    LONGEST_S,
    ConsentBody,
    MarkAtBody,
    MarkBody,
    PlaceBody,
    RecordingBody,
    TagsBody,
)
from control_api.rest.track_bytes import part_of_track, stream
from control_api.services.audience import WatchedView
from control_api.services.views import ConferenceView, RecordingView
from mcu_core.errors import BadInput
from recorder.export import Span

router = APIRouter(tags=["recordings"])

HLS_TYPE = "application/vnd.apple.mpegurl"
RECORD = [Depends(may(Action.RECORD))]
PLAY = [Depends(may(Action.PLAY))]
TAKE = [Depends(may(Action.TAKE))]
PLAYERS = [Depends(player_of)]
FromS = Annotated[
    float, Query(ge=0, le=LONGEST_S, description="A clip's beginning, to the picture")
]
ToS = Annotated[float | None, Query(gt=0, le=LONGEST_S, description="The clip's end")]


@router.post("/conferences/{cid}/recording", status_code=201, summary="Record", dependencies=RECORD)
async def record(cid: str, bridge: BridgeOf, body: RecordingBody | None = None) -> RecordingView:
    """Answers once the first fragment is on disk."""
    if body is not None and body.picture is not None:
        await bridge.conferences.change(cid, {"recorded": body.picture.changes()})
    view = await bridge.recordings.record(cid, body.title if body is not None else "")
    if body is not None and body.group:
        return await bridge.recordings.tag(view.id, {"group": body.group})
    return view


@router.put(
    "/conferences/{cid}/recording/consent",
    summary="Agree",
    dependencies=[Depends(may(Action.RUN))],
)
async def consent(cid: str, body: ConsentBody, bridge: BridgeOf) -> ConferenceView:
    """The chair's word, where the conference asks for it; without it a running recording ends."""
    return await bridge.consents.agree(cid, body.agreed)


@router.delete("/conferences/{cid}/recording", summary="Stop recording", dependencies=RECORD)
async def stop(cid: str, bridge: BridgeOf) -> RecordingView:
    """It is in the library at once."""
    return await bridge.recordings.stop_recording(cid)


@router.post("/conferences/{cid}/recording/pause", summary="Pause", dependencies=RECORD)
async def pause(cid: str, bridge: BridgeOf) -> RecordingView:
    """Nothing is written until `continue`; the recording's clock runs on."""
    return await bridge.recordings.pause(cid, True)


@router.post("/conferences/{cid}/recording/continue", summary="Continue", dependencies=RECORD)
async def continue_(cid: str, bridge: BridgeOf) -> RecordingView:
    """It goes on at the next keyframe, which the encoder is asked for."""
    return await bridge.recordings.pause(cid, False)


@router.post(
    "/conferences/{cid}/recording/marks", status_code=204, summary="Mark", dependencies=RECORD
)
async def mark(cid: str, body: MarkBody, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """What happens now is found again by this mark."""
    await bridge.recordings.mark(cid, body.kind, body.text, principal.name)


@router.post("/recordings/{rid}/marks", status_code=204, summary="Mark", dependencies=RECORD)
async def mark_at(rid: str, body: MarkAtBody, bridge: BridgeOf, principal: PrincipalOf) -> None:
    """A mark at a time of a recording, running or ended."""
    await bridge.recordings.mark_at(rid, body.at_s, body.kind, body.text, principal.name)


@router.get("/recordings", summary="The library", dependencies=PLAY)
async def recordings(
    bridge: BridgeOf,
    principal: PrincipalOf,
    response: Response,
    q: Annotated[str, Query(max_length=200, description="Words that all occur")] = "",
    since: Annotated[Moment | None, Query(description="Begun then or later")] = None,
    until: Annotated[Moment | None, Query(description="Begun before")] = None,
    state: Annotated[Literal["", "recording", "done", "failed"], Query()] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[RecordingView]:
    """Newest first; X-Total-Count and X-Total-Bytes tell of all that fit, on every page."""
    times = [moment.timestamp() if moment else 0.0 for moment in (since, until)]
    words, theirs = tuple(q.split()[:8]), principal.organisation
    member = member_of(bridge, principal)
    search = Search(words, times[0], times[1], state, limit, skip, theirs, member)
    views, found = await bridge.recordings.find(search, allowed(principal, Action.PATIENT))
    response.headers["X-Total-Count"] = str(found.total)
    response.headers["X-Total-Bytes"] = str(found.size_bytes)
    return [bridge.user_groups.shown(principal, view) for view in views]


@router.get("/audience", summary="Who watched what", dependencies=[Depends(may(Action.USERS))])
async def audience(
    bridge: BridgeOf,
    of: Annotated[str, Query(max_length=64, description="A recording or a conference")] = "",
    user: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> list[WatchedView]:
    """Newest first; the last million are kept."""
    return await bridge.audience.find(of, user, limit)


@router.get("/recordings/{rid}", summary="One recording", dependencies=PLAY)
async def recording(rid: str, bridge: BridgeOf, principal: PrincipalOf) -> RecordingView:
    """Its size and duration grow while it is being made."""
    view = await bridge.recordings.get(rid, allowed(principal, Action.PATIENT))
    return bridge.user_groups.shown(principal, view)


@router.patch("/recordings/{rid}", summary="Tags", dependencies=RECORD)
async def tag(rid: str, body: TagsBody, bridge: BridgeOf) -> RecordingView:
    """What is named is changed; what is on hold is deleted by nobody until it is let go."""
    return await bridge.recordings.tag(rid, changes_of(body))


@router.put("/recordings/{rid}/place", summary="To the archive, or back", dependencies=RECORD)
async def place(rid: str, body: PlaceBody, bridge: BridgeOf) -> RecordingView:
    """Answers when it is there; it can be watched all the while."""
    await bridge.archiver.move(rid, body.archived)
    return await bridge.recordings.get(rid)


@router.delete(
    "/recordings/{rid}", status_code=204, summary="Delete a recording", dependencies=RECORD
)
async def delete(rid: str, bridge: BridgeOf) -> None:
    """Its files are gone then."""
    await bridge.recordings.delete(rid)


@router.get(
    "/recordings/{rid}/manifest",
    summary="What a player needs",
    dependencies=PLAY,
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
async def manifest(
    rid: str,
    bridge: BridgeOf,
    principal: PrincipalOf,
    after: Annotated[
        int, Query(ge=0, le=LARGEST_INT, description="`next` of an earlier manifest")
    ] = 0,
) -> Response:
    """Tracks, init segments and fragments; with `after` only what is new."""
    if not after:
        await bridge.audience.note(principal.name, "play", rid)
    return Response(await bridge.recordings.manifest(rid, after), media_type="application/json")


@router.get(
    "/recordings/{rid}/hls/{name}.m3u8",
    summary="For HLS players",
    dependencies=PLAY,
    response_class=Response,
    responses={200: {"content": {HLS_TYPE: {}}}},
)
async def playlist(rid: str, name: str, bridge: BridgeOf, principal: PrincipalOf) -> Response:
    """`index.m3u8` names the others; from the beginning on, also while it is being recorded."""
    if name == "index":
        await bridge.audience.note(principal.name, "play", rid)
    return Response(await bridge.recordings.playlist(rid, name), media_type=HLS_TYPE)


@router.get(
    "/recordings/{rid}/tracks/{name}",
    summary="Bytes of a track",
    dependencies=PLAYERS,
    response_class=Response,
)
@router.get(
    "/recordings/{rid}/hls/{name}.mp4",
    summary="Bytes of a track, for HLS",
    dependencies=PLAYERS,
    response_class=Response,
)
async def track(rid: str, name: str, request: Request, bridge: BridgeOf) -> Response:
    """Takes byte ranges, also while the track grows. HLS players want an extension."""
    return await part_of_track(request, bridge, rid, name)  # rather by its QUICK_ROUTES


@router.get(
    "/recordings/{rid}/download.mp4",
    summary="The whole as MP4",
    dependencies=TAKE,
    response_class=Response,
)
async def download(
    rid: str,
    request: Request,
    bridge: BridgeOf,
    principal: PrincipalOf,
    from_s: FromS = 0,
    to_s: ToS = None,
    small: Annotated[
        bool, Query(description="The picture's small coding, if there is one")
    ] = False,
) -> Response:
    """A plain MP4 that every player takes, nothing encoded again; takes byte ranges. What a clip's
    first picture needs to be decoded, two seconds at most, is in it as well, and not shown."""
    view = await bridge.recordings.get(rid)
    span = _span(from_s, to_s, view.duration_s)
    export = await bridge.recordings.export(rid, span, small=small)
    if "range" not in request.headers:
        await bridge.audience.note(principal.name, "download", rid)
    return stream(request, export.size, export.blocks, "video/mp4", f"{view.title}.mp4")


@router.get(
    "/recordings/{rid}/package.zip",
    summary="To be watched without a server",
    dependencies=TAKE,
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
async def package(
    rid: str, bridge: BridgeOf, principal: PrincipalOf, from_s: FromS = 0, to_s: ToS = None
) -> StreamingResponse:
    """A ZIP: the films, marks, slides and timed data, and a page that plays them where it is
    unpacked, in any browser. Nothing in it names the patient."""
    view = await bridge.recordings.get(rid)
    made = await bridge.recordings.library.package(rid, _span(from_s, to_s, view.duration_s))
    await bridge.audience.note(principal.name, "download", rid)
    name = quote(f"{view.title}.zip", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return StreamingResponse(made.blocks(), 200, headers, "application/zip")


def _span(from_s: float, to_s: float | None, length_s: float) -> Span | None:
    """The part that is asked for, None for the whole; raises BadInput."""
    if to_s is not None and to_s <= from_s:
        raise BadInput("to_s", "later than from_s")
    return (from_s, to_s or length_s) if from_s or to_s is not None else None
