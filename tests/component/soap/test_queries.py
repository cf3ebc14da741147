"""What is asked over SOAP about conferences and sites, and what a chair does."""

from datetime import timedelta
from typing import Any

from control_api.soap.faults import Code
from mcu_core.contract.events import SiteChanged, SpeakerChanged
from tests.component.soap.conftest import HOUR, SITES, START, Office
from tests.fakes.engine import FakeEngine
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.waiting import until

CT = "sip:ct@hospital.example"


def rows(answer: Any, vendor: str, standard: str) -> list[Any]:
    """The list of an answer, in whichever dialect."""
    assert answer.resultCode == 0
    found: list[Any] = getattr(answer, vendor, None) or getattr(answer, standard, None) or []
    return found


async def test_a_recurring_conference_keeps_its_hour_across_summer_time(
    office: Office, engine: FakeEngine
) -> None:
    rule = {"frequency": 1, "interval": 1, "weekDays": [1], "count": 6}
    wanted = {"name": "weekly", "beginTime": START + HOUR, "duration": HOUR, "sites": SITES[:1]}
    answer = await office.ask(
        "scheduleRecurrenceConference",
        scheduleConf={**wanted, **rule, "timeZone": "Europe/Berlin"},
    )
    vendor = getattr(answer, "recurrenceConfInfo", None)
    info = vendor or answer.conferenceInfo
    times = info.siteAccessInfos if vendor else info.sitesAccessInfo
    hours = [one.beginTime.astimezone(START.tzinfo).hour for one in times]
    assert hours == [9, 9, 9, 9, 8, 8], "from 29 March on clocks go by summer time"
    await office.pass_to(START + HOUR)
    assert set(engine.conferences) == {info.confId}
    await office.pass_to(START + 2 * HOUR)
    assert engine.conferences == {}
    second = START + HOUR + timedelta(days=7)
    gone = await office.ask("delScheduledConf", confId=info.confId, beginTime=[second])
    assert gone == 0
    await office.pass_to(second)
    assert engine.conferences == {}
    await office.pass_to(second + timedelta(days=7))
    assert set(engine.conferences) == {info.confId}


async def test_bad_rules_have_their_codes(office: Office) -> None:
    wanted = {"name": "x", "beginTime": START + HOUR, "duration": HOUR, "sites": SITES}
    for rule, code in (
        ({"frequency": 0, "interval": 0, "count": 3}, Code.BAD_INTERVAL),
        ({"frequency": 0, "interval": 1, "count": 9999}, Code.TOO_MANY_OCCURRENCES),
        ({"frequency": 3, "interval": 1, "count": 3}, Code.BAD_CONFERENCE_PARAMETER),
        ({"frequency": 0, "interval": 1, "count": 3, "duration": 48 * HOUR}, Code.OVERLAP),
        ({"frequency": 0, "interval": 1, "count": 3, "beginTime": START - HOUR}, Code.PAST),
    ):
        given = {**wanted, **rule}
        answer = await office.ask("scheduleRecurrenceConference", scheduleConf=given)
        assert answer.resultCode == code, rule


async def test_free_and_busy(office: Office) -> None:
    booked = (await office.book(beginTime=START + HOUR)).conferenceInfo.confId
    gone = (await office.book(beginTime=START + 3 * HOUR, name="off")).conferenceInfo.confId
    await office.ask("delScheduledConf", confId=gone)
    span = {"beginTime": START, "duration": timedelta(days=1)}
    uris = {"siteUris": ["010101", "nobody"]}
    busy = rows(await office.ask("querySiteStatus", **uris, **span), "siteFreeBusyStates", "-")
    (one,) = busy[0].states
    assert (busy[0].uri, one.state, one.confId, one.confName) == ("010101", 1, booked, "会诊 1")
    assert (one.startTime, one.span) == (START + HOUR, HOUR)
    assert busy[1].states[0].state == 2
    changes = rows(
        await office.ask("synchSiteStatus", **uris, **span), "siteFreeBusyStates", "freeBusyStates"
    )
    assert [(state.state, state.confId) for state in changes[0].states] == [(1, booked), (0, gone)]


async def test_the_register(office: Office) -> None:
    site = {"uri": "010101", "name": "手术室", "rate": "2M", "videoFormat": 2}
    assert await office.ask("addSiteInfo", siteInfo=site) == 0
    assert await office.ask("addSiteInfo", siteInfo=site) == Code.SITE_THERE
    assert await office.ask("editSiteInfo", siteInfo={**site, "name": "手术室 2"}) == 0
    (found,) = rows(await office.ask("querySites"), "siteInfos", "sites")
    assert (found.uri, found.name, found.rate, found.videoFormat, found.status) == (
        "010101",
        "手术室 2",
        "2048k",
        2,
        3,
    )
    conf_id = (await office.book(sites=SITES[:1])).conferenceInfo.confId
    definition = office.control.bridge.wanted[conf_id].definition
    # 2 is 1080p30 in the standard's list and 720p30 in the vendor's, which begins with Auto.
    assert definition.sites[0].limit.height == (720 if office.vendor else 1080)
    assert await office.ask("deleteSiteInfo", siteUris=["010101", "x"]) == 0
    assert await office.ask("deleteSiteInfo", siteUris=["x"]) == Code.NO_REGISTERED_SITE


async def test_status_says_what_is_so(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book(cpResouce=4)).conferenceInfo.confId
    engine.tell(SiteChanged(conf_id, CT, "joined", "endpoint-1"))
    engine.tell(SpeakerChanged(conf_id, CT))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).speaker == CT, "the speaker is told")
    await office.ask("setSitesMute", confId=conf_id, siteUris=["010101"], isMute=0)
    await office.ask("setAudioSwitch", confId=conf_id, isSwitch=1, switchGate=40)
    answer = await office.ask("queryConferencesStatus", confIds=[conf_id, "999"])
    status, unknown = rows(answer, "conferenceStatuses", "ConferenceStatuss")
    assert (status.status, status.speaking, status.switchGate) == (3, CT, 40)
    assert (status.isAudioSwitch, status.isLock, unknown.status) == (0, 0, 1)
    assert (status.endTime == START + HOUR) is office.vendor
    ask = {"confId": conf_id, "siteUris": []}
    sites = rows(await office.ask("queryConfSitesStatus", **ask), "siteStatuses", "SiteStatuss")
    assert [(one.status, one.isMute, one.isQuiet) for one in sites] == [(3, 1, 0), (2, 0, 0)]
    sources = rows(
        await office.ask("queryVideoOutSrcState", siteUri=CT),
        "videoSourcesInfos",
        "VideoSourcesInfos",
    )
    assert sources[0].sourcesState == 0
    info = await office.ask("getContinuousPresenceInfo", confId=conf_id)
    assert (info.cpResource, info.supportCPModes) == (4, list(range(17)))


async def test_chair_and_floor(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book()).conferenceInfo.confId
    floor = {"confId": conf_id, "siteUri": CT}
    assert await office.ask("setFloor", **floor) == Code.NO_CHAIR
    chair = {"confId": conf_id, "chairmanUri": "010101"}
    assert await office.ask("requestConfChair", **chair) == 0
    assert await office.ask("requestConfChair", **chair) == Code.CHAIR_TAKEN
    assert await office.ask("releaseChair", siteUri=CT) == Code.NOT_CHAIR
    assert await office.ask("setFloor", **floor) == 0
    definition = engine.conferences[conf_id]
    assert (definition.chair, definition.broadcast) == ("010101", CT)
    assert {site.id: site.muted for site in definition.sites} == {"010101": True, CT: False}
    assert await office.ask("releaseConfChair", confId=conf_id) == 0
    assert await office.ask("releaseConfChair", confId=conf_id) == Code.NO_CHAIR


async def test_content_is_locked_and_unlocked(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book()).conferenceInfo.confId
    assert await office.ask("lockPresentation", confId=conf_id, siteUri=CT) == 0
    rules = engine.conferences[conf_id].content
    assert (rules.senders, rules.site) == ("site", CT)
    assert await office.ask("lockPresentation", confId=conf_id) == 0
    assert engine.conferences[conf_id].content.locked
    assert await office.ask("unlockPresentation", confId=conf_id) == 0
    assert engine.conferences[conf_id].content.senders == "anybody"
    assert not engine.conferences[conf_id].content.locked


async def test_texts_over_the_picture(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book()).conferenceInfo.confId
    text = {"confId": conf_id, "textType": 0, "content": "欢迎"}
    assert await office.ask("setConfTextCtrl", **text, action=0) == 0
    assert engine.conferences[conf_id].banner.text == "欢迎"
    assert await office.ask("setConfTextCtrl", **text, action=1) == 0
    assert engine.conferences[conf_id].banner.text == ""


async def test_texts_as_later_clients_send_them(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book()).conferenceInfo.confId

    async def show(**fields: Any) -> Any:
        text = {"opType": 0, "textType": 1, "content": "请安静", "disType": 3, **fields}
        return await office.ask("setConfTextCtrl", confId=conf_id, wsConfTextParam=text)

    assert await show() == 0
    assert engine.conferences[conf_id].caption.text == "请安静"
    assert await show(opType=1) == 0
    assert engine.conferences[conf_id].caption.text == ""
    engine.tell(SiteChanged(conf_id, CT, "joined", "endpoint-1"))
    view = office.control.bridge.conferences
    await until(lambda: view.get(conf_id).sites[1].state == "joined", "it is in")
    assert await show(siteUriList=["010101"]) == Code.NOT_SUPPORTED, "who is there sees it"
    assert await show(siteUriList=[CT]) == 0
    assert await show(textType=2) == Code.NOT_SUPPORTED
    assert await show(textType=3) == Code.OUT_OF_RANGE


async def test_sites_are_called_and_hung_up(office: Office, engine: FakeEngine) -> None:
    bridge = office.control.bridge
    offer = rtp_offer(media_line("video", 5004, 96, "H264/90000", "fmtp:96 packetization-mode=1"))
    room = {"uri": "room", "name": "Room", "kind": "rtp", "offer_sdp": offer}
    await office.control.json("POST", "/sites", json=room)
    pattern = {"uri": "test", "name": "Test", "kind": "pattern", "pattern": {}}
    await office.control.json("POST", "/sites", json=pattern)
    sites = [{"uri": "room"}, {"uri": "test"}, {"uri": "page"}]
    conf_id = (await office.book(sites=sites)).conferenceInfo.confId

    def joined() -> set[str]:
        return {one.id for one in bridge.conferences.get(conf_id).sites if one.state == "joined"}

    await until(lambda: joined() == {"room"}, "the RTP site is called at the beginning")
    both = {"confId": conf_id, "siteUris": ["room", "test", "nobody"]}
    assert await office.ask("disconnectSites", **both) == 0
    await until(lambda: joined() == set(), "hung up")
    assert {site.id for site in engine.conferences[conf_id].sites} == {"room", "page"}
    reader = bridge.feed.subscribe()
    assert await office.ask("connectSites", confId=conf_id, siteUris=["room", "test", "page"]) == 0
    await until(lambda: joined() == {"room"}, "called again")
    assert "test" in {site.id for site in engine.conferences[conf_id].sites}
    rung: list[str] = []
    while not rung or rung[-1] != "ring":
        event = await reader.next()
        assert event is not None
        rung.append(event.name)
    reader.close()
    nobody = {"confId": conf_id, "siteUris": ["nobody"]}
    assert await office.ask("connectSites", **nobody) == Code.NO_SITE
