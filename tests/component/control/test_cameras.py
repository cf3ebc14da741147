"""Cameras over REST: an RTP site's by its engine, a browser's by its page."""

import json
from typing import Any

from control_api.services.cameras import MOVES, words_of
from control_api.services.feed import Reader
from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.commands import MoveCamera
from mcu_core.contract.events import CameraWanted, SiteChanged
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until


async def told(reader: Reader) -> dict[str, Any]:
    """The next order to a page."""
    while True:
        event = await reader.next()
        assert event is not None
        if event.name == "camera":
            found: dict[str, Any] = json.loads(event.data)
            return found


async def test_cameras_are_moved_by_the_way_that_each_has(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    room, page, clip = [await control.site(cid, kind) for kind in ("rtp", "webrtc", "pattern")]

    async def move(site: str, **order: object) -> int:
        path = f"/conferences/{cid}/sites/{site}/camera"
        return int((await control.api.post(path, json=order)).status_code)

    assert await move(room, what="stop") == 409, "it is not there"
    for site in (room, page, clip):
        engine.tell(SiteChanged(cid, site, "joined", f"endpoint-{site}"))
    sites = control.bridge.conferences
    await until(lambda: {one.state for one in sites.get(cid).sites} == {"joined"}, "all are in")

    assert await move(room, what="move", pan=1, tilt=-1) == 204
    assert engine.asked[-1] == MoveCamera(cid, room, CameraOrder("move", pan=1, tilt=-1))
    assert await move(clip, what="stop") == 409
    assert await move(room, what="move", pan=2) == 422
    assert await move(room, what="dance") == 422
    assert await move("nobody", what="stop") == 404

    reader = control.bridge.feed.subscribe(cid)
    assert await move(page, what="move", pan=1, tilt=-1) == 204
    assert (await told(reader))["action"] == "pan_right tilt_down"
    assert await move(page, what="store", number=4) == 204
    assert await told(reader) == {"conference": cid, "site": page, "action": "store", "preset": 4}
    assert await move(page, what="source", number=2) == 409
    engine.tell(CameraWanted(cid, page, room, CameraOrder("move", zoom=1)))
    assert await told(reader) == {"conference": cid, "site": page, "action": "zoom_in", "preset": 0}
    reader.close()


def test_each_movement_has_its_word() -> None:
    assert all(words_of(order) == word for word, order in MOVES.items())
    assert words_of(CameraOrder("move")) == "stop"
