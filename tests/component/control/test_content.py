"""Content through the API: images are checked, kept, shown and withdrawn."""

import io
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from mcu_core.contract.commands import Command, EndContent, PutConference, TakeContent
from mcu_core.contract.events import ContentChanged
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.errors import BadInput
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

PNG, JPEG = {"content-type": "image/png"}, {"content-type": "image/jpeg"}


def image(color: str = "red", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(out, kind)
    return out.getvalue()


def kept(control: Control) -> list[Path]:
    return sorted((control.settings.data / "content").glob("*"))


async def put(control: Control, cid: str, data: bytes, headers: Any = PNG) -> httpx.Response:
    path = f"/conferences/{cid}/content/still"
    return await control.api.put(path, content=data, headers=headers, params={"name": "CT 胸部"})


async def test_an_image_is_shown_and_withdrawn(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    assert (await put(control, cid, image())).status_code == 200
    still = engine.conferences[cid].content.still
    assert still is not None
    assert [Path(still.path)] == [path.resolve() for path in kept(control)]
    assert still.name == "CT 胸部"
    with Image.open(still.path) as kept_image:
        assert kept_image.size == (64, 48)

    assert (await put(control, cid, image("blue", "JPEG"), JPEG)).status_code == 200
    after = engine.conferences[cid].content.still
    assert after is not None
    assert after.path != still.path
    assert len(kept(control)) == 1, "the image before it is gone"

    await control.json("DELETE", f"/conferences/{cid}/content/still")
    assert engine.conferences[cid].content.still is None
    assert kept(control) == []


async def test_what_is_shown_is_told(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    engine.tell(ContentChanged(cid, ContentSnapshot("still", "", "CT", 64, 48)))

    async def shown() -> Any:
        return (await control.json("GET", f"/conferences/{cid}"))["content"]["shown"]

    wanted = {"kind": "still", "site": "", "name": "CT", "width": 64, "height": 48}
    await until(lambda: control.bridge.conferences.get(cid).content.shown is not None)
    assert await shown() == wanted
    engine.tell(ContentChanged(cid, None))
    await until(lambda: control.bridge.conferences.get(cid).content.shown is None)


async def test_what_the_engine_refuses_is_not_kept(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    await put(control, cid, image())
    before = engine.conferences[cid].content

    def refuse(command: Command) -> None:
        if isinstance(command, PutConference) and command.definition.content != before:
            raise BadInput("content.still.path", "another")

    engine.refuse = refuse
    assert (await put(control, cid, image("blue"))).status_code == 422
    assert engine.conferences[cid].content == before
    assert len(kept(control)) == 1


async def test_images_go_with_their_conference(control: Control) -> None:
    cid = await control.conference()
    await put(control, cid, image())
    await control.json("DELETE", f"/conferences/{cid}")
    assert kept(control) == []


async def test_images_that_nobody_shows_are_removed_at_the_start(control: Control) -> None:
    cid = await control.conference()
    await put(control, cid, image())
    stray = control.settings.data / "content" / "stray.png"
    stray.write_bytes(b"")
    await control.bridge.contents.tidy()
    assert len(kept(control)) == 1
    assert not stray.exists()


async def test_refusals(control: Control) -> None:
    cid = await control.conference()
    assert (await put(control, cid, b"no image")).status_code == 422
    assert (await put(control, cid, image(), {"content-type": "image/gif"})).status_code == 415
    assert (await put(control, "none", image())).status_code == 404
    assert (await put(control, cid, bytes(20_000_001))).status_code == 413
    assert kept(control) == []
    async with control.client() as stranger:
        path = f"/conferences/{cid}/content/still"
        reply = await stranger.put(path, content=image(), headers=PNG)
        assert reply.status_code == 401


async def test_who_may_send_is_a_setting(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "rtp")
    path = f"/conferences/{cid}"
    await control.json("PATCH", path, json={"content": {"senders": "site", "site": sid}})
    view = await control.json("PATCH", path, json={"content": {"locked": True}})
    fields = {"motion": False, "several": False, "share": 0.5, "shown": None}
    wanted = {"senders": "site", "site": sid, "locked": True, **fields}
    assert view["content"] == wanted
    assert engine.conferences[cid].content.site == sid
    bad = await control.api.patch(path, json={"content": {"senders": "site", "site": ""}})
    assert bad.status_code == 422
    assert bad.json()["field"] == "content.site"
    await control.json("PATCH", path, json={"chair": sid})
    await control.json("DELETE", f"{path}/sites/{sid}")
    view = await control.json("GET", path)
    assert (view["content"]["senders"], view["content"]["site"], view["chair"]) == (
        "anybody",
        "",
        "",
    )


async def test_a_sites_content_is_given_and_ended(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "rtp")
    path = f"/conferences/{cid}/sites/{sid}/content"
    await control.json("PUT", path)
    await control.json("DELETE", path)
    assert engine.asked[-2:] == [TakeContent(cid, sid), EndContent(cid, sid)]
    assert (await control.api.put(f"/conferences/{cid}/sites/none/content")).status_code == 404
