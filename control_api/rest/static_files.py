"""The pages and their own files: compressed once, named by version, kept until there is another.

A console must open over 128 kbit/s: text goes as gzip (RFC 9110 8.4.1.3), and who has a file of
this version is sent nothing of it (RFC 8246). Modules name each other as `/static/...`; what is
asked for by version names the others so, too.
"""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Scope

ROOT = "/static/"
TEXTS = {".js", ".css", ".svg"}
LEVEL = 9
MARK = "v-"
KEPT = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"


def version_of(folder: Path) -> str:
    """What changes with any file of a folder: a few letters."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def versioned(text: str, version: str) -> str:
    """A page, a script or a style, naming files by their version."""
    return text.replace(ROOT, f"{ROOT}{MARK}{version}/")


@lru_cache(maxsize=4)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


def packed_json(request: Request, body: bytes) -> Response:
    """JSON that is always the same and holds no secret, by gzip where that is taken."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(body, media_type="application/json")
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(_gzipped(body), headers=headers, media_type="application/json")


class PageFiles(StaticFiles):
    """Files of a folder, also as `v-VERSION/NAME`; there are few, so what was packed is kept."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._packed: dict[str, tuple[str, bytes]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, by gzip where that is taken; 304 where it is known."""
        first, _, rest = path.partition("/")
        version = first.removeprefix(MARK) if rest and first.startswith(MARK) else ""
        response = await super().get_response(rest if version else path, scope)
        response.headers["Cache-Control"] = KEPT if version else ASKED_AGAIN
        response.headers["Vary"] = "Accept-Encoding"
        if isinstance(response, FileResponse) and Path(path).suffix in TEXTS:
            taken = "gzip" in Headers(scope=scope).get("accept-encoding", "")
            return self._text(rest if version else path, version, response, taken)
        return response

    def _text(self, path: str, version: str, whole: FileResponse, taken: bool) -> Response:
        packed = self._pack(path, version, whole)
        headers = {name: whole.headers[name] for name in ("cache-control", "vary", "last-modified")}
        # Another form of the file: its tag is a weak one (RFC 9110 8.8.3).
        headers["ETag"] = f"W/{whole.headers['etag']}"
        if taken:
            headers["Content-Encoding"] = "gzip"
        body = packed if taken else gzip.decompress(packed)
        return Response(body, whole.status_code, headers, whole.media_type)

    def _pack(self, path: str, version: str, whole: FileResponse) -> bytes:
        """One packed form of each file: that of another version takes the place of it."""
        name, state = f"{bool(version)} {path}", f"{version} {whole.headers['etag']}"
        known, packed = self._packed.get(name, ("", b""))
        if known != state:
            text = Path(whole.path).read_text("utf-8")
            if version:
                text = versioned(text, version)
            packed = gzip.compress(text.encode(), LEVEL, mtime=0)
            self._packed[name] = (state, packed)
        return packed
