"""The pages' files: small on the way, kept by browsers, and never an old one after an upgrade."""

import gzip
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from control_api.rest.static_files import PageFiles, version_of, versioned

SCRIPT = "// a page\n" + "export const answer = 42;\n" * 200
PACKED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def files(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "page.js").write_text(SCRIPT)
    (tmp_path / "film.mp4").write_bytes(bytes(1000))
    app = FastAPI()
    app.mount("/static", PageFiles(tmp_path))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://control/static", headers=PACKED
    )


async def test_text_goes_compressed_to_who_takes_it(files: httpx.AsyncClient) -> None:
    packed = await files.get("/page.js")
    assert packed.text == SCRIPT
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9))
    assert packed.headers["vary"] == "Accept-Encoding"
    plain = await files.get("/page.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == SCRIPT
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in (await files.get("/film.mp4")).headers


async def test_a_known_file_is_not_sent_again_and_a_changed_one_is(
    files: httpx.AsyncClient, tmp_path: Path
) -> None:
    first = await files.get("/page.js")
    assert first.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    again = await files.get("/page.js", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    (tmp_path / "page.js").write_text("// upgraded")
    changed = await files.get("/page.js", headers=known)
    assert (changed.status_code, changed.text) == (200, "// upgraded")
    assert changed.headers["etag"] != first.headers["etag"]


async def test_files_of_a_version_are_kept_for_ever_and_name_others_so(
    files: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.js").write_text('import { t } from "/static/page.js";')
    version = version_of(tmp_path)
    page = versioned('<script src="/static/texts/en.js">', version)
    assert page == f'<script src="/static/v-{version}/texts/en.js">'
    script = await files.get(f"/v-{version}/texts/en.js")
    assert script.text == f'import {{ t }} from "/static/v-{version}/page.js";'
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await files.get(f"/v-{version}/page.js")).text == SCRIPT
    assert (await files.get(f"/v-{version}/nothing.js")).status_code == 404
    (tmp_path / "page.js").write_text("// upgraded")
    assert version_of(tmp_path) != version


async def test_what_is_not_there_is_not_found(files: httpx.AsyncClient) -> None:
    assert (await files.get("/nothing.js")).status_code == 404
