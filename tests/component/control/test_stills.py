"""Stills and previews over REST: the picture of that time, and nothing without the right."""

import asyncio
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from mcu_core.contract.commands import StillTaken, TakeStill
from mcu_core.media.clock import NS_PER_SECOND, wall_time
from recorder.files import RecordingFiles
from recorder.journal import Stopped
from recorder.poster import POSTER_NAME
from recorder.stills import PREVIEWS_NAME
from tests.component.control.conftest import Control
from tests.component.control.stored import WALL, stored_clip
from tests.component.control.test_access import logged_in
from tests.fakes.engine import FakeEngine
from tests.fakes.tap import FakeTap, encode_clip
from tests.fakes.waiting import until

WIDTH, HEIGHT, FPS = 320, 180, 30


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RecordingFiles]:
    made = stored_clip(tmp_path / "data")
    yield made
    made.close()


def distance(picture: Image.Image, number: int) -> float:
    """How far the grey of a picture is from the clip's picture of that number, without its rim."""
    rows = np.arange(HEIGHT)[:, None]
    columns = np.arange(WIDTH)[None, :]
    made = (rows * 3 + columns * 2 + number * 5) % 200 + 28
    grey = np.asarray(picture.convert("L"), np.int32)
    return float(np.abs(grey - (made - 16) * 255 / 219).mean())


def shown(data: bytes) -> int:
    """The number of the clip's picture that this is, of 40 (then they repeat)."""
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (WIDTH, HEIGHT)
    return min(range(40), key=lambda number: distance(picture, number))


def stamped(data: bytes) -> tuple[str, datetime]:
    """What the file says that it shows, and when that was, to the millisecond."""
    exif = Image.open(io.BytesIO(data)).getexif()
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    seconds, part, zone = (
        str(taken[tag])
        for tag in (
            ExifTags.Base.DateTimeOriginal,
            ExifTags.Base.SubsecTimeOriginal,
            ExifTags.Base.OffsetTimeOriginal,
        )
    )
    at = datetime.strptime(f"{seconds}.{part}{zone}", "%Y:%m:%d %H:%M:%S.%f%z")
    return str(exif[ExifTags.Base.ImageDescription]), at


async def test_a_still_is_the_picture_of_its_time(control: Control, files: RecordingFiles) -> None:
    for at_s in (0.0, 0.51, 1.0, 3.21, 4.9):
        reply = await control.api.get("/recordings/r1/still.png", params={"at_s": at_s})
        assert reply.headers["content-type"] == "image/png"
        assert shown(reply.content) == int(at_s * FPS) % 40
    late = await control.api.get("/recordings/r1/still.jpg", params={"at_s": 99})
    assert shown(late.content) == (5 * FPS - 1) % 40, "the last one stands"
    begun = (await control.json("GET", "/recordings/r1"))["started_at"]
    for at_s, kind in ((1.25, "jpg"), (1.25, "png")):
        reply = await control.api.get(f"/recordings/r1/still.{kind}", params={"at_s": at_s})
        what, taken = stamped(reply.content)
        assert what == "recording r1, main, 1.250 s"
        assert taken == datetime.fromisoformat(begun) + timedelta(seconds=at_s)
    path = "/recordings/r1/still"
    assert (await control.api.get(f"{path}.gif", params={"at_s": 0})).status_code == 422
    wrong = await control.api.get(f"{path}.png", params={"at_s": 0, "track": "content"})
    assert wrong.status_code == 404
    files.note(Stopped(WALL))
    files.close()
    for at_s in (0.0, 0.51, 1.99, 2.0, 3.21, 4.9, 99.0):  # out of the sidecar now
        reply = await control.api.get("/recordings/r1/still.png", params={"at_s": at_s})
        assert shown(reply.content) == min(int(at_s * FPS), 5 * FPS - 1) % 40
    wrong = await control.api.get(f"{path}.png", params={"at_s": 0, "track": "content"})
    assert wrong.status_code == 404
    told = await control.json("GET", "/audience", params={"of": "r1"})
    assert {(one["user"], one["what"]) for one in told} == {("admin", "still")}
    async with control.client() as stranger:
        assert (await stranger.get(f"{path}.png", params={"at_s": 0})).status_code == 401


async def test_previews_are_made_once_it_has_ended(
    control: Control, files: RecordingFiles, tmp_path: Path
) -> None:
    assert (await control.api.get("/recordings/r1/previews.jpg")).status_code == 409
    files.note(Stopped(WALL))
    files.close()
    first = await control.api.get("/recordings/r1/previews.jpg")
    sheet = Image.open(io.BytesIO(first.content))
    assert sheet.size == (1600, 900)
    cells = [sheet.crop((x, 0, x + 160, 90)) for x in range(0, 1600, 160)]
    assert all(np.asarray(cell).std() > 10 for cell in cells), "pictures, not black"
    kept = tmp_path / "data" / "recordings" / "r1" / PREVIEWS_NAME
    kept.write_bytes(b"kept")
    assert (await control.api.get("/recordings/r1/previews.jpg")).content == b"kept"


async def test_a_poster_stands_for_what_has_ended(
    control: Control, files: RecordingFiles, tmp_path: Path
) -> None:
    path = "/recordings/r1/poster.jpg"
    assert (await control.api.get(path)).status_code == 409
    files.note(Stopped(WALL))
    files.close()
    first = await control.api.get(path)
    assert first.headers["content-type"] == "image/jpeg"
    assert shown(first.content) == int(0.5 * FPS) % 40, "a tenth of five seconds in"
    kept = tmp_path / "data" / "recordings" / "r1" / POSTER_NAME
    assert kept.read_bytes() == first.content
    kept.write_bytes(b"kept")
    assert (await control.api.get(path)).content == b"kept"
    async with control.client() as stranger:
        assert (await stranger.get(path)).status_code == 401
    assert (await control.api.get("/recordings/r2/poster.jpg")).status_code == 404


async def test_a_still_of_now(control: Control, tmp_path: Path) -> None:
    cid = await control.conference()
    clip = encode_clip(1.0)
    tap = FakeTap(tmp_path / "tap.sock", cid, clip.tracks)
    await tap.open()
    control.bridge.keeper.fleet.members["engine-0"].socket = tmp_path / "tap.sock"
    asking = asyncio.create_task(control.api.get(f"/conferences/{cid}/still.png"))
    await until(lambda: tap.readers == 1)
    tap.send(clip.at(NS_PER_SECOND))
    reply = await asking
    assert reply.status_code == 200
    assert shown(reply.content) < 40
    what, taken = stamped(reply.content)
    assert what == f"conference {cid}"
    assert taken.tzinfo is not None
    assert control.bridge.live.viewers == 0
    await tap.close()


async def test_a_still_of_a_conference_that_ends_meanwhile_holds_up_nobody(
    control: Control,
) -> None:
    cid = await control.conference()
    asking = asyncio.create_task(control.api.get(f"/conferences/{cid}/still.png"))
    await until(lambda: control.bridge.live.viewers == 1)
    await control.json("DELETE", f"/conferences/{cid}")
    reply = await asking
    assert reply.status_code == 503
    assert "has ended" in reply.json()["detail"]


async def test_small_pictures_of_now_follow_each_other(control: Control, tmp_path: Path) -> None:
    cid = await control.conference()
    clip = encode_clip(1.0)
    tap = FakeTap(tmp_path / "tap.sock", cid, clip.tracks)
    await tap.open()
    control.bridge.keeper.fleet.members["engine-0"].socket = tmp_path / "tap.sock"
    series = control.bridge.captures.series(cid, "admin", WIDTH // 2, 0.01)

    async def next_one() -> bytes:
        return await anext(series)

    first = asyncio.create_task(next_one())
    await until(lambda: tap.readers == 1)
    tap.send(clip.at(NS_PER_SECOND))
    for data in (await first, await next_one()):
        picture = Image.open(io.BytesIO(data))
        assert (picture.format, picture.size) == ("JPEG", (WIDTH // 2, HEIGHT // 2))
    await series.aclose()
    assert control.bridge.live.viewers == 0
    await tap.close()


async def test_a_still_of_a_site_and_of_the_content(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    site = await control.site(cid, "rtp")
    luma = (np.arange(64 * 36) % 200 + 20).astype(np.uint8).tobytes()
    grey = bytes([128]) * (32 * 18)
    engine.still = StillTaken(64, 36, luma, grey, grey, age_s=2.0)
    before = wall_time()
    path = f"/conferences/{cid}/still.png"
    for asked, what in (
        (TakeStill(cid, site), f"conference {cid}, site {site}"),
        (TakeStill(cid, site, True), f"conference {cid}, site {site}, content"),
        (TakeStill(cid, "", True), f"conference {cid}, content"),
    ):
        params: dict[str, str | bool] = {"site": asked.site, "content": asked.content}
        reply = await control.api.get(path, params=params)
        assert Image.open(io.BytesIO(reply.content)).size == (64, 36)
        told, at = stamped(reply.content)
        assert told == what
        assert abs((at - before).total_seconds() + 2.0) < 30
        assert engine.asked[-1] == asked
    assert (await control.api.get(path, params={"site": "none"})).status_code == 404


async def test_a_site_alone_is_not_for_those_who_only_watch(control: Control) -> None:
    cid = await control.conference()
    site = await control.site(cid, "rtp")
    path = f"/conferences/{cid}/still.png"
    async with logged_in(control, "viewer") as viewer:
        assert (await viewer.get(path, params={"content": True})).status_code == 200
        assert (await viewer.get(path, params={"site": site})).status_code == 403
        await control.json("PATCH", f"/conferences/{cid}/rules", json={"live": False})
        assert (await viewer.get(path, params={"content": True})).status_code == 403
