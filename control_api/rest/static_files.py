"""The pages' own files, compressed once, and asked for again only when they have changed.

A console must open over 128 kbit/s: text goes as gzip (RFC 9110 8.4.1.3), and a browser keeps what
it has, asking by ETag whether it is still that (RFC 9110 13.1.2).
"""

import gzip
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Scope

TEXTS = {".js", ".css", ".svg"}
LEVEL = 9


class PageFiles(StaticFiles):
    """Files of a folder; there are few of them, so what was compressed is kept."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._packed: dict[str, tuple[str, bytes]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, by gzip where that is taken; 304 where it is known."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        wanted = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if wanted and isinstance(response, FileResponse) and Path(path).suffix in TEXTS:
            return self._compressed(path, response)
        return response

    def _compressed(self, path: str, whole: FileResponse) -> Response:
        etag = whole.headers["etag"]
        known, packed = self._packed.get(path, ("", b""))
        if known != etag:
            packed = gzip.compress(Path(whole.path).read_bytes(), LEVEL, mtime=0)
            self._packed[path] = (etag, packed)
        headers = {name: whole.headers[name] for name in ("cache-control", "vary", "last-modified")}
        # Another form of the same: its tag is a weak one (RFC 9110 8.8.3).
        headers |= {"ETag": f"W/{etag}", "Content-Encoding": "gzip"}
        return Response(packed, whole.status_code, headers, whole.media_type)
