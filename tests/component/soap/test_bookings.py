"""Booking over SOAP: by the clock, by zeep from the served description, and across restarts."""

from datetime import timedelta
from typing import Any

from control_api.soap.faults import Code
from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import Encryption
from tests.component.control.conftest import running_control
from tests.component.soap.conftest import HOUR, SITES, START, Office
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until


async def test_an_immediate_conference_runs_when_it_is_answered(
    office: Office, engine: FakeEngine
) -> None:
    answer = await office.book(cpResouce=4)
    info = answer.conferenceInfo
    assert (answer.resultCode, info.status) == (0, 3)
    assert [site.uri for site in info.sites] == ["010101", "sip:ct@hospital.example"]
    assert info.accessCode.isdecimal()
    running = engine.conferences[info.confId]
    assert (running.name, running.video_bitrate_bps) == ("会诊 1", 2_048_000)
    assert [site.id for site in running.sites] == ["010101", "sip:ct@hospital.example"]
    assert await office.status(info.confId) == 3
    await office.pass_to(START + HOUR)
    assert engine.conferences == {}
    assert await office.status(info.confId) == 5


async def test_encryption_is_what_was_booked(office: Office, engine: FakeEngine) -> None:
    for number, wanted in enumerate(Encryption):
        info = (await office.book(mediaEncryptType=number)).conferenceInfo
        assert info.mediaEncryptType == number
        assert engine.conferences[info.confId].encryption is wanted


async def test_a_booked_one_begins_and_ends_by_the_clock(
    office: Office, engine: FakeEngine
) -> None:
    answer = await office.book(beginTime=START + HOUR)
    conf_id = answer.conferenceInfo.confId
    assert await office.status(conf_id) == 2
    await office.pass_to(START + HOUR - timedelta(seconds=1))
    assert engine.conferences == {}
    await office.pass_to(START + HOUR)
    assert set(engine.conferences) == {conf_id}
    prolonged = await office.ask(
        "prolongScheduledConf", confId=conf_id, prolongTime=timedelta(minutes=30)
    )
    assert prolonged == 0
    await office.pass_to(START + 2 * HOUR)
    assert set(engine.conferences) == {conf_id}
    await office.pass_to(START + 2.5 * HOUR)
    assert engine.conferences == {}


async def test_one_occurrence_is_not_prolonged_into_the_next(office: Office) -> None:
    daily = {"frequency": 0, "interval": 1, "count": 3, "name": "daily", "sites": SITES}
    begin = START + HOUR
    answer = await office.ask(
        "scheduleRecurrenceConference",
        scheduleConf={**daily, "beginTime": begin, "duration": HOUR},
    )
    info = getattr(answer, "recurrenceConfInfo", None) or answer.conferenceInfo
    prolong = {"confId": info.confId, "beginDate": begin}
    long, short = timedelta(hours=23, minutes=1), timedelta(hours=23)
    assert await office.ask("prolongScheduledConf", **prolong, prolongTime=long) == Code.OVERLAP
    assert await office.ask("prolongScheduledConf", **prolong, prolongTime=short) == 0


async def test_a_permanent_one_stays_until_it_is_deleted(
    office: Office, engine: FakeEngine
) -> None:
    answer = await office.book(duration=None)
    conf_id = answer.conferenceInfo.confId
    await office.pass_to(START + timedelta(days=400))
    assert set(engine.conferences) == {conf_id}
    assert await office.ask("delScheduledConf", confId=conf_id) == 0
    assert engine.conferences == {}


async def test_sites_come_and_go(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book(cpResouce=4)).conferenceInfo.confId
    added = await office.ask("addSiteToConf", confId=conf_id, siteInfo={"uri": "77", "rate": "1M"})
    rows = getattr(added, "siteAccessInfos", None) or added.siteInfo
    assert rows[0].uri == "77"
    assert rows[0].confAccessCode.isdecimal()
    assert [site.id for site in engine.conferences[conf_id].sites][-1] == "77"
    assert engine.conferences[conf_id].sites[-1].limit.bitrate_bps == 1_024_000
    assert await office.ask("delSiteFromConf", confId=conf_id, siteUri="77") == 0
    assert "77" not in [site.id for site in engine.conferences[conf_id].sites]
    gone = await office.ask("delSiteFromConf", confId=conf_id, siteUri="77")
    assert gone == Code.NOT_IN_CONFERENCE


async def test_an_anonymous_place_gets_a_uri(office: Office) -> None:
    answer = await office.book(sites=[{"uri": ""}, {"uri": ""}])
    assert [site.uri for site in answer.conferenceInfo.sites] == ["anonymous-1", "anonymous-2"]


async def test_editing_is_for_what_has_time_left(office: Office, engine: FakeEngine) -> None:
    conf_id = (await office.book(beginTime=START + HOUR)).conferenceInfo.confId
    edit = {"confId": conf_id, "name": "moved", "beginTime": START + 3 * HOUR, "duration": HOUR}
    answer = await office.ask("editScheduledConf", editConf={**edit, "sites": SITES})
    assert (answer.resultCode, answer.conferenceInfo.name) == (0, "moved")
    await office.pass_to(START + HOUR)
    assert engine.conferences == {}
    await office.pass_to(START + 3 * HOUR - timedelta(minutes=2))
    late = await office.ask("editScheduledConf", editConf={**edit, "sites": SITES})
    assert late.resultCode == Code.STARTS_SOON
    await office.pass_to(START + 3 * HOUR)
    assert engine.conferences[conf_id].name == "moved"
    running = await office.ask("editScheduledConf", editConf={**edit, "sites": SITES})
    assert running.resultCode == Code.RUNNING


async def test_without_booked_panes_there_is_no_presence(office: Office) -> None:
    conf_id = (await office.book()).conferenceInfo.confId
    ask = {"confId": conf_id, "target": "0"}
    assert await office.ask("setContinuousPresence", **ask, presenceMode=11) == Code.NO_PRESENCE
    conf_id = (await office.book(cpResouce=4)).conferenceInfo.confId
    ask = {"confId": conf_id, "target": "0"}
    assert await office.ask("setContinuousPresence", **ask, presenceMode=11) == 0
    assert await office.ask("setContinuousPresence", **ask, presenceMode=35) == Code.BAD_RESOURCE
    assert await office.ask("setContinuousPresence", **ask, presenceMode=50) == Code.BAD_LAYOUT


async def test_the_booked_presentation_mode_decides_about_content(
    office: Office, engine: FakeEngine
) -> None:
    for mode, wanted in (
        (0, ContentRules()),
        (1, ContentRules(motion=True, several=True)),
        (2, ContentRules(senders="nobody")),
    ):
        conf_id = (await office.book(presentation=mode)).conferenceInfo.confId
        assert engine.conferences[conf_id].content == wanted


async def test_bad_bookings_have_their_codes(office: Office) -> None:
    for wrong, code in (
        ({"name": " "}, Code.NAME_EMPTY),
        ({"password": "12345"}, Code.PASSWORD_UNREADABLE),
        ({"rate": "fast"}, Code.BAD_RATE),
        ({"cpResouce": 30}, Code.BAD_RESOURCE),
        ({"mediaEncryptType": 3}, Code.BAD_CONFERENCE_PARAMETER),
        ({"sites": [{"uri": "a/b"}]}, Code.SITE_UNKNOWN),
    ):
        assert (await office.book(**wrong)).resultCode == code, wrong
    assert await office.ask("delScheduledConf", confId="4711") == Code.NO_CONFERENCE


async def test_a_booking_and_a_running_one_outlive_a_restart(
    office: Office, engine: FakeEngine
) -> None:
    running = (await office.book()).conferenceInfo.confId
    booked = (await office.book(beginTime=START + HOUR / 2)).conferenceInfo.confId
    await office.control.bridge.close()
    sent = len(engine.asked)
    data, sockets = office.control.settings.data, {"engine-0": engine.socket}
    async with running_control(data, sockets, wall_s=office.clock) as again:
        await until(lambda: again.bridge.keeper.engine_ready.is_set(), "engine is ready")
        await again.bridge.timetable.look()
        assert len(engine.asked) == sent, "what runs is not touched"
        office.clock.now = START + HOUR / 2
        await again.bridge.timetable.look()
        assert set(engine.conferences) == {running, booked}
        office.clock.now = START + HOUR
        await again.bridge.timetable.look()
        assert set(engine.conferences) == {booked}


async def test_one_occurrence_of_a_series_is_moved(office: Office, engine: FakeEngine) -> None:
    rule = {"frequency": 0, "interval": 1, "count": 3}
    series = {"name": "daily", "beginTime": START + HOUR, "duration": HOUR, "sites": SITES[:1]}
    booked = await office.ask("scheduleRecurrenceConference", scheduleConf={**series, **rule})
    conf_id = (getattr(booked, "recurrenceConfInfo", None) or booked.conferenceInfo).confId
    day = timedelta(days=1)
    second = START + HOUR + day
    moved = {**series, **rule, "confId": conf_id, "beginTime": second + 3 * HOUR, "sites": SITES}

    async def edit(**fields: Any) -> int:
        wanted = {"editConf": {**moved, **fields}, "beginTime": second}
        answer = await office.ask("editRecurrenceConference", **wanted)
        return int(answer.resultCode)

    if not office.vendor:
        begin = {"begin": second.isoformat()}
        sites = [{"uri": site["uri"]} for site in SITES]
        body = {"name": "daily", "minutes": 60, "sites": sites}
        fresh = (second + 3 * HOUR).isoformat()
        path = f"/bookings/{conf_id}"
        await office.control.json("PUT", path, params=begin, json={**body, "begin": fresh})
    else:
        assert await edit(beginTime=second + day) == Code.OVERLAP
        assert await edit() == 0
        assert await edit() == Code.NO_OCCURRENCE, "it does not begin then any more"
    times = await office.control.bridge.bookings.occurrences(int(conf_id))
    going = [one.begin_s for one in times if one.state == "booked"]
    hours = [(moment - START.timestamp()) / 3600 for moment in going]
    assert hours == [1, 28, 49]
    await office.pass_to(second + 3 * HOUR)
    assert {site.id for site in engine.conferences[conf_id].sites} == {one["uri"] for one in SITES}
