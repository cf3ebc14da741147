"""Content, camera and live page as a controlling system has them, with what comes of each call."""

import json
from typing import Any

from control_api.services.feed import Reader
from control_api.soap.faults import Code
from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.commands import Command, EndContent, MoveCamera, TakeContent
from mcu_core.contract.events import ContentChanged, SiteChanged
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.errors import Refused
from tests.component.soap.conftest import SITES, Office
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

PAGE, OTHER = "page", "other"
START, STOP = 0, 1


async def running(office: Office, engine: FakeEngine, **fields: Any) -> str:
    """A conference with two pages in it."""
    sites = [{"uri": PAGE}, {"uri": OTHER}]
    conf_id = str((await office.book(sites=sites, **fields)).conferenceInfo.confId)
    for site in (PAGE, OTHER):
        engine.tell(SiteChanged(conf_id, site, "joined", f"endpoint-{site}"))
    bridge = office.control.bridge
    await until(
        lambda: all(site.state == "joined" for site in bridge.conferences.get(conf_id).sites),
        "both are in",
    )
    return conf_id


async def told(reader: Reader, name: str) -> dict[str, Any]:
    """The next event of that name."""
    while True:
        event = await reader.next()
        assert event is not None
        if event.name == name:
            found: dict[str, Any] = json.loads(event.data)
            return found


async def test_content_is_taken_ended_and_asked_about(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine)
    sources = await office.ask("queryAuxStreamSources", siteUri=PAGE)
    found = sources.auxStreams if office.vendor else sources.auxStream
    assert [(one.id, one.name) for one in found] == [(1, "screen")]
    assert (await office.ask("isConnectAuxSource", siteUri=PAGE)).result == 1

    assert await office.ask("setAuxStream", siteUri=PAGE, controlCode=START) == 0
    assert engine.asked[-1] == TakeContent(conf_id, PAGE)
    engine.tell(ContentChanged(conf_id, ContentSnapshot("site", PAGE)))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).content.shown is not None, "it is shown")
    for site, sends in ((PAGE, 1), (OTHER, 0)):
        assert (await office.ask("isSendAuxStream", siteUri=site)).result == sends
        assert (await office.ask("isReceiveRemAuxStrm", siteUri=site)).result == 1 - sends

    assert await office.ask("setAuxStream", siteUri=PAGE, controlCode=STOP) == 0
    assert EndContent(conf_id, PAGE) in engine.asked


async def test_a_page_that_shares_nothing_is_asked_to(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine)

    def refuse(command: Command) -> None:
        if isinstance(command, TakeContent):
            raise Refused("it sends none")

    engine.refuse = refuse
    reader = office.control.bridge.feed.subscribe(conf_id)
    assert await office.ask("setAuxStream", siteUri=PAGE, controlCode=START) == 0
    assert await told(reader, "share") == {"conference": conf_id, "site": PAGE, "on": True}
    assert await office.ask("setAuxStream", siteUri=PAGE, controlCode=STOP) == 0
    assert (await told(reader, "share"))["on"] is False
    reader.close()
    engine.tell(SiteChanged(conf_id, PAGE, "away"))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).sites[0].state == "away", "it has left")
    gone = await office.ask("setAuxStream", siteUri=PAGE, controlCode=START)
    assert gone == Code.NO_TOKEN


async def test_a_camera_is_moved(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine)
    reader = office.control.bridge.feed.subscribe(conf_id)

    async def move(action: int, **fields: int) -> Any:
        wanted = {"camState": 0, "camAction": action, "camSrc": 0, **fields}
        return await office.ask("ctrlCamera", siteUri=PAGE, cameraControl=wanted)

    for number, action in ((0, "pan_right"), (8, "stop"), (5, "zoom_out"), (16, "reset")):
        assert await move(number) == 0
        event = await told(reader, "camera")
        assert (event["site"], event["action"]) == (PAGE, action)
    assert await move(18, camPos=3) == 0
    assert (await told(reader, "camera"))["preset"] == 3
    reader.close()
    assert await move(19) == Code.OUT_OF_RANGE, "a preset has a number"
    assert await move(24) == Code.CONTROL_OUT_OF_RANGE
    assert await move(21) == Code.OUT_OF_RANGE, "no such input"
    assert await move(22) == Code.NOT_SUPPORTED
    engine.tell(SiteChanged(conf_id, PAGE, "away"))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).sites[0].state == "away", "it has left")
    assert await move(0) == Code.SITE_OFFLINE


async def test_the_camera_of_an_rtp_site_is_moved_by_its_line(
    office: Office, engine: FakeEngine
) -> None:
    conf_id = await running(office, engine)
    uri = await office.control.site(conf_id, "rtp")
    engine.tell(SiteChanged(conf_id, uri, "joined", "room"))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).sites[-1].state == "joined", "it is in")

    async def move(action: int, **fields: int) -> Any:
        wanted = {"camState": 0, "camAction": action, "camSrc": 0, **fields}
        return await office.ask("ctrlCamera", siteUri=uri, cameraControl=wanted)

    for number, fields, order in (
        (1, {}, CameraOrder("move", pan=-1)),
        (9, {}, CameraOrder("stop")),
        (19, {"camPos": 3}, CameraOrder("recall", number=3)),
        (21, {"camSrc": 2}, CameraOrder("source", number=2)),
    ):
        assert await move(number, **fields) == 0
        assert engine.asked[-1] == MoveCamera(conf_id, uri, order)
    assert await move(19, camPos=20) == Code.OUT_OF_RANGE
    assert await move(16) == Code.NOT_SUPPORTED

    def refuse(command: Command) -> None:
        if isinstance(command, MoveCamera):
            raise Refused("no line to its camera")

    engine.refuse = refuse
    assert await move(0) == Code.NOT_SUPPORTED


async def test_the_live_page_is_switched(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine, isLiveBroadcast=1)
    api = office.control.api
    info = (await office.ask("queryBroadInfo", siteUri=PAGE)).broadInfo
    assert (info.directBroad, info.directBroadStatus) == (1, 1)
    assert await office.ask("setDirectBroad", siteUri=PAGE, action=STOP) == 0
    assert (await api.get(f"/conferences/{conf_id}/live")).status_code == 409
    info = (await office.ask("queryBroadInfo", siteUri=PAGE)).broadInfo
    assert (info.directBroad, info.directBroadStatus) == (1, 0)
    for _ in range(2):
        assert await office.ask("setDirectBroad", siteUri=PAGE, action=START) == 0
    office.control.bridge.live.admit(conf_id, "x")


async def test_who_watches_live_is_cut_when_it_ends(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine, isLiveBroadcast=1)
    live = office.control.bridge.live
    viewer = live.watch(conf_id, "x")
    assert await office.ask("setDirectBroad", siteUri=PAGE, action=STOP) == 0
    assert viewer.closed
    assert live.viewers == 0


async def test_what_was_not_booked_live_is_not_shown(office: Office) -> None:
    conf_id = (await office.book(sites=SITES[:1], isLiveBroadcast=0)).conferenceInfo.confId
    uri = SITES[0]["uri"]
    assert await office.ask("setDirectBroad", siteUri=uri, action=START) == Code.NO_LIVE
    assert (await office.control.api.get(f"/conferences/{conf_id}/live")).status_code == 409


async def test_live_is_supported_by_default_as_the_standard_has_it(office: Office) -> None:
    await office.book(sites=SITES[:1])
    info = (await office.ask("queryBroadInfo", siteUri=SITES[0]["uri"])).broadInfo
    assert info.directBroad == (0 if office.vendor else 1)


async def test_whether_there_is_a_password(office: Office) -> None:
    for password, there in ((None, 0), ("123456", 1)):
        uri = f"site-{there}"
        await office.book(sites=[{"uri": uri}], chairmanPassword=password)
        assert (await office.ask("queryConfCtrlPwd", siteUri=uri)).result == there
