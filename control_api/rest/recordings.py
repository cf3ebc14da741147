"""Routes: recording, and the library."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.rest.problems import problem
from control_api.rest.ranges import span_of
from control_api.rest.schemas import RecordingBody
from control_api.services.views import RecordingView

router = APIRouter(tags=["recordings"])

READ_BYTES = 256 * 1024
RECORD = [Depends(may(Action.RECORD))]
PLAY = [Depends(may(Action.PLAY))]

Blocks = Callable[[int, int], Iterator[bytes]]


def _stream(request: Request, size: int, blocks: Blocks, kind: str, name: str = "") -> Response:
    """The asked part of `size` bytes; a file that grows has the size that it has now."""
    headers = {"Accept-Ranges": "bytes"}
    span = span_of(request.headers.get("range"), size)
    if span is None:
        headers["Content-Range"] = f"bytes */{size}"
        detail = f"there are {size} bytes now"
        return problem(416, "Range not satisfiable", detail, "range", headers)
    headers["Content-Length"] = str(span.end - span.start)
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    if name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    status = 206 if span.partial else 200
    return StreamingResponse(blocks(span.start, span.end), status, headers, kind)


def file_blocks(path: Path) -> Blocks:
    """Reads a part of a file in blocks; the file may grow meanwhile."""

    def blocks(start: int, end: int) -> Iterator[bytes]:
        with path.open("rb") as file:
            while start < end:
                block = os.pread(file.fileno(), min(READ_BYTES, end - start), start)
                if not block:
                    return
                start += len(block)
                yield block

    return blocks


@router.post("/conferences/{cid}/recording", status_code=201, summary="Record", dependencies=RECORD)
async def record(cid: str, bridge: BridgeOf, body: RecordingBody | None = None) -> RecordingView:
    """Answers once the first fragment is on disk."""
    return await bridge.recordings.record(cid, body.title if body is not None else "")


@router.delete("/conferences/{cid}/recording", summary="Stop recording", dependencies=RECORD)
async def stop(cid: str, bridge: BridgeOf) -> RecordingView:
    """It is in the library at once."""
    return await bridge.recordings.stop_recording(cid)


@router.get("/recordings", summary="The library", dependencies=PLAY)
async def recordings(bridge: BridgeOf) -> list[RecordingView]:
    """Newest first."""
    return await bridge.recordings.list()


@router.get("/recordings/{rid}", summary="One recording", dependencies=PLAY)
async def recording(rid: str, bridge: BridgeOf) -> RecordingView:
    """Its size and duration grow while it is being made."""
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
    after: Annotated[int, Query(ge=0, description="`next` of an earlier manifest")] = 0,
) -> Response:
    """Tracks, init segments and fragments; with `after` only what is new."""
    # Long ones hold ten thousands of rows: encoded directly, not looked at by pydantic.
    body = msgspec.json.encode(await bridge.recordings.manifest(rid, after))
    return Response(body, media_type="application/json")


@router.get(
    "/recordings/{rid}/tracks/{name}",
    summary="Bytes of a track",
    dependencies=PLAY,
    response_class=Response,
)
async def track(rid: str, name: str, request: Request, bridge: BridgeOf) -> Response:
    """Takes byte ranges, also while the track grows."""
    path = await bridge.recordings.track(rid, name)
    kind = "audio/mp4" if name == "sound" else "video/mp4"
    return _stream(request, path.stat().st_size, file_blocks(path), kind)


@router.get(
    "/recordings/{rid}/download.mp4",
    summary="The whole as MP4",
    dependencies=PLAY,
    response_class=Response,
)
async def download(rid: str, request: Request, bridge: BridgeOf) -> Response:
    """A plain MP4 that every player takes; takes byte ranges."""
    view = await bridge.recordings.get(rid)
    export = await bridge.recordings.export(rid)
    return _stream(request, export.size, export.blocks, "video/mp4", f"{view.title}.mp4")
