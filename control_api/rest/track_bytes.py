"""Bytes of recordings, in front of all other routes.

Players ask for them hundreds of times a second, and most of what that cost was the way through two
hundred routes and their dependencies.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.applications import Starlette

from control_api.rest.file_span import FileSpan
from control_api.rest.guard import bridge_of, player_of
from control_api.rest.problems import problem
from control_api.rest.ranges import span_of
from control_api.services.bridge import Bridge
from recorder.media_files import MediaFile

READ_BYTES = 256 * 1024
QUICK_ROUTES = (
    "/api/v1/recordings/{rid}/tracks/{name}",
    "/api/v1/recordings/{rid}/hls/{name}.mp4",
)
"""As rest/recordings.py has and documents them."""

Blocks = Callable[[int, int], Iterator[bytes]]


def put_in_front(app: Starlette) -> None:
    """Let an application that has no routes yet answer these first."""
    for path in QUICK_ROUTES:
        app.add_route(path, _track, methods=["GET"], include_in_schema=False)


async def _track(request: Request) -> Response:
    bridge = await bridge_of(request)
    await player_of(request, bridge)
    return await part_of_track(request, bridge, **request.path_params)


async def part_of_track(request: Request, bridge: Bridge, rid: str, name: str) -> Response:
    """The asked part of a track, for who was let in; raises NotFound."""
    file = await bridge.recordings.open_track(rid, name)
    kind = "audio/mp4" if name == "sound" else "video/mp4"
    return stream(request, file.size, blocks_of(file), kind, file=file)


def stream(
    request: Request,
    size: int,
    blocks: Blocks,
    kind: str,
    name: str = "",
    file: MediaFile | None = None,
) -> Response:
    """The asked part of `size` bytes; a file that grows has the size that it has now.

    `file`: where they lie as they are. The answer closes it.
    """
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
    if file is not None and FileSpan.fits(request.scope, file):
        return FileSpan(file, (span.start, span.end), status, headers, kind)
    return StreamingResponse(blocks(span.start, span.end), status, headers, kind)


def blocks_of(file: MediaFile) -> Blocks:
    """Reads a part of a file in blocks, and closes it."""

    def blocks(start: int, end: int) -> Iterator[bytes]:
        with closing(file):
            while start < end:
                block = file.pread(min(READ_BYTES, end - start), start)
                if not block:
                    return
                start += len(block)
                yield block

    return blocks
