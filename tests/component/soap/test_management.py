"""Beyond the standard: call records, engines, organisations, recordings and live by conference."""

from datetime import timedelta
from typing import Any

from control_api.persistence.calls import Call, CallRows
from control_api.soap.faults import Code
from tests.component.control.conftest import Control
from tests.component.soap.conftest import HOUR, SITES, START, Office
from tests.component.soap.test_auxiliary import OTHER, PAGE, running, told
from tests.component.soap.test_beyond import pages
from tests.component.soap.test_queries import rows
from tests.fakes.engine import FakeEngine


async def keep_calls(control: Control, *calls: Call) -> None:
    """Records as the bridge writes them."""
    await CallRows(control.bridge._database).put(calls)


def call(number: int, conference: str, site: str, begun_s: float, **more: Any) -> Call:
    fields = {"bill_code": "B1", "kind": "webrtc", "endpoint": "e", "organisation": "", **more}
    return Call(
        number,
        20270301,
        conference,
        "会诊 1",
        site=site,
        site_name=f"{site} room",
        joined_s=begun_s,
        seen_s=begun_s + 100,
        left_s=begun_s + 100,
        bytes=12_500_000,
        **fields,
    )


async def test_call_records_are_told_by_pages(office: Office) -> None:
    conf_id = (await office.book()).conferenceInfo.confId
    begin = START.timestamp()
    await keep_calls(
        office.control,
        call(1, conf_id, "010101", begin + 60),
        call(2, conf_id, "CT", begin + 120),
        call(3, "unbooked", "CT", begin + 180),
        call(4, conf_id, "CT", begin + 7200),
    )

    async def ask(**more: Any) -> Any:
        page = {"pageParam": {"numberPerPage": 2, "currentPage": 1}}
        wanted = {"beginTime": START, "duration": HOUR, **page, **more}
        return await office.ask("queryMultiPointCDR", queryConfig=wanted)

    answer = await ask()
    first, second = rows(answer, "cdr", "cdr")
    assert (first.siteUri, first.siteName, first.siteType) == ("010101", "010101 room", 7)
    assert (first.conferenceId, first.conferenceName) == (conf_id, "会诊 1")
    assert (first.conferenceCreater, first.billCode, first.rate) == ("admin", "B1", "1000k")
    assert first.startTime == START + timedelta(seconds=60)
    assert first.endTime - first.startTime == timedelta(seconds=100)
    assert second.siteUri == "CT"
    info = answer.pageInfo
    assert (info.totalPages, info.currentPage, info.totalRecords) == (2, 1, 3)
    last = await ask(pageParam={"numberPerPage": 2, "currentPage": 2})
    assert [one.conferenceId for one in last.cdr] == ["unbooked"]
    assert (await ask(siteUri="CT")).pageInfo.totalRecords == 2
    for bad in ({"duration": timedelta()}, {"pageParam": {"numberPerPage": 0, "currentPage": 1}}):
        assert (await ask(**bad)).resultCode == Code.OUT_OF_RANGE


async def test_engines_whom_they_carry_and_what_is_free(office: Office, engine: FakeEngine) -> None:
    answer = await office.ask("queryMCUInfo", queryConfig=pages(9, 1))
    (mcu,) = rows(answer, "mcus", "mcus")
    assert (mcu.id, mcu.name, mcu.stutas) == (1, "engine-0", 1)
    named = {"filters": [{"columnIndex": 6, "value": "ENGINE"}]}
    assert len((await office.ask("queryMCUInfo", queryConfig=pages(9, 1, **named))).mcus) == 1

    conf_id = (await office.book()).conferenceInfo.confId
    carried = await office.ask("queryConfSiteMCU", confId=conf_id, siteUris=[])
    assert [(one.siteUri, one.mcuId) for one in carried.mcus] == [
        (site["uri"], 1) for site in SITES
    ]
    gone = await office.ask("queryConfSiteMCU", confId="999", siteUris=[])
    assert gone.resultCode == Code.NO_CONFERENCE

    span = {"beginTime": START, "duration": 4 * HOUR}
    uncounted = await office.ask("queryMCUFutureResource", mcus=[1], **span)
    assert uncounted.resultCode == Code.NOT_SUPPORTED
    office.control.bridge.bookings.ports.capacity = 40
    await office.book(beginTime=START + 2 * HOUR)
    (answer,) = (await office.ask("queryMCUFutureResource", mcus=[1], **span)).mcuResList
    (ports,) = answer.resourceList
    assert [(one.freeCount, one.totalCount, one.duration) for one in ports.resourceStatus] == [
        (36, 40, HOUR),
        (40, 40, HOUR),
        (36, 40, HOUR),
        (40, 40, HOUR),
    ]
    assert ports.resourceStatus[2].beginTime == START + 2 * HOUR
    unknown = await office.ask("queryMCUFutureResource", mcus=[2], **span)
    assert unknown.resultCode == Code.OUT_OF_RANGE


async def test_organisations_and_whose_a_new_site_is(office: Office) -> None:
    able = [{"videoProtocol": 2, "videoFormat": [1, 3]}]
    site = {"uri": "ct", "name": "CT", "type": 7, "videoCapbility": able}
    assert await office.ask("addSiteInfo", orgId="一院/放射科", siteInfo=site) == 0
    assert await office.ask("addSiteInfo", orgId="1", siteInfo={**site, "uri": "lab"}) == 0
    known = await office.control.bridge.register.known(["ct", "lab"])
    assert [known[uri].organisation for uri in ("ct", "lab")] == ["一院/放射科", ""]
    orgs = rows(await office.ask("queryOrganization"), "orgs", "orgs")
    assert [(one.id, one.name) for one in orgs] == [
        ("1", "MCU"),
        ("一院", "一院"),
        ("一院/放射科", "放射科"),
    ]
    listed = await office.ask("querySitesInfo", queryConfig=pages(1, 2))
    (shown,) = rows(listed, "sites", "sites")
    assert (shown.uri, shown.name, listed.pageInfo.totalRecords) == ("lab", "CT", 2)
    # Of what it can do the larger is kept: 720p30 in the standard's list, 1080p30 in the vendor's.
    assert [(one.videoProtocol, one.videoFormat) for one in shown.videoCapbility] == [
        (2, [3 if office.vendor else 1])
    ]
    bad = await office.ask("addSiteInfo", orgId="a//b", siteInfo={**site, "uri": "x"})
    assert bad == Code.OUT_OF_RANGE


async def test_live_and_recording_by_the_conference(office: Office) -> None:
    conf_id = (await office.book(isLiveBroadcast=1)).conferenceInfo.confId
    for name, live in (("stopLiveBroadcast", False), ("startLiveBroadcast", True)):
        assert await office.ask(name, confId=conf_id) == 0
        assert office.control.bridge.wanted[conf_id].rules.live is live
    assert await office.ask("startRecording", confId=conf_id) == Code.BUSY, "there is no recorder"
    assert await office.ask("stopRecording", confId=conf_id) == 0
    without = (await office.book(isLiveBroadcast=0, isRecording=0)).conferenceInfo.confId
    assert await office.ask("startLiveBroadcast", confId=without) == Code.NO_LIVE
    assert await office.ask("startRecording", confId=without) == Code.NO_RECORDING
    assert await office.ask("stopRecording", confId="999") == Code.NO_CONFERENCE


async def test_a_page_is_told_which_inputs_to_send(office: Office, engine: FakeEngine) -> None:
    conf_id = await running(office, engine)
    bridge = office.control.bridge
    bridge.inputs.tell(conf_id, PAGE, ("Front", "Document"))
    mains = (await office.ask("queryMainStreamSources", siteUri=PAGE)).auxStreams
    assert [(one.id, one.name) for one in mains] == [(1, "Front"), (2, "Document")]
    reader = bridge.feed.subscribe(conf_id)

    async def choose(site: str, *mains: int, **aux: int) -> Any:
        fields = {"siteUri": site, "localMainSrcs": list(mains), **aux}
        return await office.ask("setMainAuxStreamSources", **fields)

    assert await choose(PAGE, 2, localAuxSrc=3) == 0
    event = await told(reader, "camera")
    assert (event["action"], event["preset"]) == ("select", 1)
    reader.close()
    for bad in ((1, 2), (3,), (4,)):
        assert await choose(PAGE, *bad) == Code.OUT_OF_RANGE
    assert await choose(PAGE, 1, localAuxSrc=2) == Code.OUT_OF_RANGE
    assert await choose(OTHER, 1) == 0


async def test_conferences_are_found_by_the_vendors_columns(office: Office) -> None:
    booked = []
    for k in range(3):
        made = await office.book(name=f"round {k}", beginTime=START + (k + 1) * HOUR)
        booked.append(made.conferenceInfo.confId)

    async def found(**filters: Any) -> list[str]:
        wanted = pages(9, 1, filters=[filters])
        answer = await office.ask("queryScheduleConferences", queryConfig=wanted)
        return [one.id for one in rows(answer, "confs", "confs")]

    assert await found(columnIndex=9, value="ROUND 1") == [booked[1]]
    assert await found(columnIndex=8, equalTo=booked[2], greaterThan=0, lessThan=0) == booked[2:]
    late = (START + 2 * HOUR).isoformat()
    assert await found(columnIndex=10, greaterThan=late) == booked[2:]
    assert await found(columnIndex=10, lessThan=late) == booked[:1]
    bad = pages(9, 1, filters=[{"columnIndex": 8, "equalTo": "x"}])
    answer = await office.ask("queryScheduleConferences", queryConfig=bad)
    assert answer.resultCode == Code.OUT_OF_RANGE
