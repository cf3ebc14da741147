"""Operations beyond the standard: locked sources, other conferences, lists by pages, inputs."""

from typing import Any

import pytest

from control_api.soap.binding import read_flag
from control_api.soap.faults import Code
from mcu_core.contract.events import SiteChanged, SpeakerChanged
from tests.component.soap.conftest import HOUR, START, Office
from tests.component.soap.test_auxiliary import OTHER, PAGE, running, told
from tests.component.soap.test_queries import rows
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until


def pages(each: int, number: int, **more: Any) -> dict[str, Any]:
    return {"pageParam": {"numberPerPage": each, "currentPage": number}, **more}


async def test_a_locked_source_stays_when_the_picture_is_forced(
    office: Office, engine: FakeEngine
) -> None:
    conf_id = await running(office, engine)
    choice = {"confId": conf_id, "siteUri": PAGE, "videoSourceUri": OTHER}
    assert await office.ask("setVideoSource", **choice) == 0

    async def lock(uri: str, value: int) -> Any:
        params = [{"siteUri": uri, "operaTypeParam": value}]
        return await office.ask("setVSAttrCtrl", confId=conf_id, wsCtrlSiteCommParams=params)

    assert await lock(f"({PAGE})", 1) == 0
    assert await lock("nobody", 1) == Code.NO_SITE
    assert await lock(PAGE, 2) == Code.OUT_OF_RANGE
    for value, seen in ((1, OTHER), (0, "")):
        assert await lock(PAGE, value) == 0
        force = {"confId": conf_id, "isBroadcast": 0}
        assert await office.ask("setBroadcastContinuousPresence", **force) == 0
        assert engine.conferences[conf_id].sites[0].watch == seen


async def test_the_type_and_the_source_of_a_site_are_told_as_they_are(
    office: Office, engine: FakeEngine
) -> None:
    register = {"uri": "telephone", "name": "Telephone", "type": 5}
    assert await office.ask("addSiteInfo", siteInfo=register) == 0
    sites = [{"uri": "room", "type": 4}, {"uri": "telephone", "type": 1}, {"uri": "x", "type": 1}]
    conf_id = (await office.book(sites=sites)).conferenceInfo.confId
    ask = {"confId": conf_id, "siteUris": []}

    async def status(field: str) -> list[Any]:
        answer = await office.ask("queryConfSitesStatus", **ask)
        return [getattr(one, field) for one in rows(answer, "siteStatuses", "SiteStatuss")]

    assert await status("type") == [4, 5, 7], "as booked, as registered, else SIP"
    await office.ask("setAudioSwitch", confId=conf_id, isSwitch=1)
    engine.tell(SiteChanged(conf_id, "room", "joined", "e"))
    engine.tell(SpeakerChanged(conf_id, "room"))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).speaker == "room", "the speaker is told")
    assert await status("videoSource") == [None, "room", "room"], "by voice, but not itself"
    await office.ask("setVideoSource", confId=conf_id, siteUri="x", videoSourceUri="x")
    assert (await status("videoSource"))[2] == "x"
    await office.ask("setBroadcastSite", confId=conf_id, siteUri="telephone", isBroadcast=0)
    assert await status("videoSource") == ["telephone", "room", "telephone"]


async def test_a_site_moves_to_another_conference(office: Office) -> None:
    one, two = [
        (await office.book(sites=[{"uri": uri}])).conferenceInfo.confId for uri in ("a", "b")
    ]
    assert await office.ask("moveSite", confId=one, siteUri="a", destConfId=two) == 0
    definition = office.control.bridge.wanted[two].definition
    assert [site.id for site in definition.sites] == ["b", "a"]
    moved = {"confId": one, "siteUri": "a", "destConfId": two}
    assert await office.ask("moveSite", **moved) == Code.NOT_IN_CONFERENCE
    gone = {"confId": two, "siteUri": "a", "destConfId": "999"}
    assert await office.ask("moveSite", **gone) == Code.NO_CONFERENCE


async def test_sites_come_by_pages(office: Office) -> None:
    for k, name in enumerate(("Ward 2", "Lab", "ward 1")):
        site = {"uri": f"0{k}", "name": name, "type": 7}
        assert await office.ask("addSiteInfo", siteInfo=site) == 0

    async def page(config: dict[str, Any]) -> tuple[list[str], int]:
        answer = await office.ask("querySitesByCondition", queryConfig=config)
        found = [site.name for site in rows(answer, "siteInfos", "sites")]
        return found, answer.pageInfo.totalRecords

    upwards = {"sortItems": [{"sort": 0, "itemIndex": 1}]}
    assert await page(pages(2, 1, **upwards)) == (["Lab", "Ward 2"], 3)
    assert await page(pages(2, 2, **upwards)) == (["ward 1"], 3)
    wards = {"filters": [{"columnIndex": 1, "value": "WARD"}]}
    down = {"sortItems": [{"sort": 1, "itemIndex": 0}]}
    assert await page(pages(9, 1, **wards, **down)) == (["ward 1", "Ward 2"], 2)
    for bad in (
        pages(0, 1),
        pages(1, 0),
        pages(1, 1, sortItems=[{"sort": 0, "itemIndex": 9}]),
        pages(1, 1, filters=[{"columnIndex": -1, "value": ""}]),
        pages(1, 1, filters=[{"columnIndex": 0, "value": ""}] * 17),
        pages(1, 1, sortItems=[{"sort": 0, "itemIndex": 0}] * 17),
    ):
        answer = await office.ask("querySitesByCondition", queryConfig=bad)
        assert answer.resultCode == Code.OUT_OF_RANGE


async def test_conferences_come_by_pages(office: Office) -> None:
    booked = []
    for k in range(3):
        made = await office.book(name=f"round {k}", beginTime=START + (3 - k) * HOUR)
        booked.append(made.conferenceInfo.confId)
    await office.ask("delScheduledConf", confId=booked[1])
    unbooked = (await office.control.json("POST", "/conferences", json={"name": "now"}))["id"]
    by_begin = {"sortItems": [{"sort": 0, "itemIndex": 2}]}
    answer = await office.ask("queryScheduleConferences", queryConfig=pages(2, 1, **by_begin))
    found = rows(answer, "confs", "-")
    assert [(one.id, one.status) for one in found] == [(unbooked, 3), (booked[2], 2)]
    info = answer.pageInfo
    assert (info.totalPages, info.currentPage, info.totalRecords) == (2, 1, 3)


async def test_another_camera_is_chosen_by_its_number(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine)
    bridge = office.control.bridge
    bridge.inputs.tell(conf_id, PAGE, ("Front", "Document"))
    sources = await office.ask("queryVideoOutSrcState", siteUri=PAGE)
    found = rows(sources, "videoSourcesInfos", "VideoSourcesInfos")
    named = [(one.sourcesState, one.sourcesName) for one in found]
    assert named == [(1, "Front"), (1, "Document"), (1, "screen")]
    reader = bridge.feed.subscribe(conf_id)

    async def select(source: int) -> Any:
        wanted = {"camState": 0, "camAction": 21, "camSrc": source}
        return await office.ask("ctrlCamera", siteUri=PAGE, cameraControl=wanted)

    assert await select(2) == 0
    event = await told(reader, "camera")
    assert (event["action"], event["preset"]) == ("select", 1)
    reader.close()
    assert await select(3) == 0
    assert await select(4) == Code.OUT_OF_RANGE


def test_a_boolean_text_is_true_if_it_begins_with_one() -> None:
    assert [read_flag(text) for text in ("1", "1true", " 1 ", "0", "true", "yes")] == [
        *[True] * 3,
        *[False] * 3,
    ]
    for text in ("", " "):
        with pytest.raises(ValueError, match=r"^\s*$"):
            read_flag(text)
