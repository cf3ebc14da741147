"""What a chair does over SOAP, and what is booked, changed and told of: read back from the engine.

Beside tests/e2e/test_soap_seen.py, so that each operation of the standard is asked by a stranger's
client of a running engine once.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from control_api.soap.faults import Code
from tests.e2e.system import System, until
from tests.e2e.test_directing_seen import COLORS, Room, living_room
from tests.e2e.test_rtp_sites import attach
from tests.e2e.test_soap_seen import PASSWORD, TONE_HZ, quarters
from tests.e2e.test_sound import listen, strength
from tests.fakes.clips import flat_clip
from tests.fakes.rtp_viewer import rtp_viewer
from tests.fakes.soap_client import SoapCaller

__all__ = ["living_room"]  # the fixture

pytestmark = pytest.mark.timeout(120)
START, STOP = 0, 1
SPRING = datetime(2035, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOP = slice(4, 24)
"""Rows of the picture that a banner lies over."""


@pytest.fixture
def caller(system: System) -> Iterator[SoapCaller]:
    """In the vendor's dialect over SOAP 1.2, logged in."""
    system.request("PUT", "/users/admin/gateway-password", json={"password": PASSWORD})
    with SoapCaller(system.url, vendor=True, version="soap12") as caller:
        assert caller.log_in("admin", PASSWORD) == 0
        yield caller


def test_chair_floor_and_lock_are_seen(living_room: Room, caller: SoapCaller) -> None:
    room, conference = living_room, {"confId": living_room.conference}
    assert caller.log_in("admin", PASSWORD) == 0, "making a room may take longer than a session"
    quarters(room, caller)
    room.sees("abcd")
    floor = {**conference, "siteUri": room.sites["c"]}
    assert caller.ask("setFloor", **floor) == Code.NO_CHAIR
    assert caller.ask("requestConfChair", **conference, chairmanUri=room.sites["a"]) == 0
    assert caller.ask("setFloor", **floor) == 0
    room.sees("cccc")
    (status,) = caller.ask("queryConferencesStatus", confIds=[room.conference]).conferenceStatuses
    assert (status.status, status.chair, status.broadcast) == (3, room.sites["a"], room.sites["c"])
    assert caller.ask("setBroadcastSite", **floor, isBroadcast=STOP) == 0
    assert caller.ask("releaseConfChair", **conference) == 0
    room.sees("abcd")

    watch = {**conference, "siteUri": room.watcher, "videoSourceUri": room.sites["b"]}
    assert caller.ask("setVideoSource", **watch) == 0
    room.sees("bbbb")
    lock = {"siteUri": room.watcher, "operaTypeParam": 1}
    assert caller.ask("setVSAttrCtrl", **conference, wsCtrlSiteCommParams=[lock]) == 0
    assert caller.ask("setBroadcastSite", **floor, isBroadcast=START) == 0
    room.sees("bbbb")
    open_again = {**lock, "operaTypeParam": 0}
    assert caller.ask("setVSAttrCtrl", **conference, wsCtrlSiteCommParams=[open_again]) == 0
    room.sees("cccc")
    assert caller.ask("setBroadcastSite", **floor, isBroadcast=STOP) == 0
    assert caller.ask("setVideoSource", **{**watch, "videoSourceUri": ""}) == 0
    room.sees("abcd")


def test_a_banner_lies_over_the_picture(living_room: Room, caller: SoapCaller) -> None:
    quarters(living_room, caller)
    living_room.sees("abcd")

    def textured() -> bool:
        picture = living_room.viewer.picture
        return picture is not None and float(np.std(picture[0][TOP, 20:300])) > 8

    text = {"confId": living_room.conference, "textType": 0, "content": "会诊开始 " * 6}
    until(lambda: not textured(), what="a pane of one colour")
    assert caller.ask("setConfTextCtrl", **text, action=START) == 0
    until(textured, what="a text over it")
    assert caller.ask("setConfTextCtrl", **text, action=STOP) == 0
    until(lambda: not textured(), what="one colour again")


def test_volume_and_voice_are_heard_and_seen(system: System, caller: SoapCaller) -> None:
    conference = system.conference("Loud", width=320, height=180)
    pattern = {"tone_hz": TONE_HZ, "width": 320, "height": 180}
    speaker = system.site(conference, "speaker", "pattern", pattern=pattern)
    with rtp_viewer() as audience:
        listener = system.site(conference, "listener", "rtp")
        attach(system, conference, listener, audience.offer())

        def heard() -> float:
            assert caller.raw("KeepAlive") == 0
            return strength(listen(audience, 1.0), TONE_HZ)

        until(lambda: heard() > 0.02, what="the speaker is heard")
        volume = {"siteUri": speaker, "volume": 0}
        assert caller.ask("setConfSiteVolume", confId=conference, siteVolumes=[volume]) == 0
        until(lambda: 0 < heard() < 2e-3, 40, "40 dB less")

        def status(site: str) -> Any:
            ask = {"confId": conference, "siteUris": [site]}
            (found,) = caller.ask("queryConfSitesStatus", **ask).siteStatuses
            return found

        assert (status(speaker).status, status(speaker).volume) == (2, 0)
        (source,) = caller.ask("queryVideoOutSrcState", siteUri=speaker).videoSourcesInfos
        assert source.sourcesState == 1, "pictures come"
        assert caller.ask("queryAuxStreamSources", siteUri=listener).auxStreams == []
        (carried,) = caller.ask("queryConfSiteMCU", confId=conference, siteUris=[speaker]).mcus
        assert carried.mcuId == 1
    system.request("DELETE", f"/conferences/{conference}")


def shown_and_recorded(system: System, caller: SoapCaller, conf_id: str) -> None:
    """Live off and on; a recording whose address is told, and its film there."""
    assert caller.ask("stopLiveBroadcast", confId=conf_id) == 0
    assert not system.show(conf_id)["rules"]["live"]
    assert caller.ask("setDirectBroad", siteUri="steered-c", action=START) == 0
    assert system.show(conf_id)["rules"]["live"]
    assert caller.ask("startRecording", confId=conf_id) == 0

    def addresses() -> list[str]:
        found = caller.ask("queryHistoryRecordAddr", confIds=[conf_id]).recordAddrs
        return [one.recordAddr for one in found]

    (address,) = until(addresses, what="a recording")
    until(lambda: system.show(conf_id)["recording"], what="it runs")
    assert caller.ask("stopRecording", confId=conf_id) == 0
    until(lambda: not system.show(conf_id)["recording"], what="it has ended")
    film = system.api.get(address.removeprefix("/api/v1"))
    assert film.is_success
    assert film.content[4:8] == b"ftyp"


def test_a_booking_is_changed_while_it_runs_and_told_of(system: System, caller: SoapCaller) -> None:
    folder = system.data / "media"
    folder.mkdir(exist_ok=True)
    for name in "cd":
        clip = flat_clip(folder / f"steered-{name}.mp4", COLORS[name])
        uri = f"steered-{name}"
        body = {"uri": uri, "name": name, "kind": "file", "file": {"path": str(clip)}}
        system.request("POST", "/sites", json=body)

    def state(uri: str) -> int:
        found = caller.ask("querySites").siteInfos
        return next(int(one.status) for one in found if one.uri == uri)

    sites = [{"uri": "steered-c", "type": 7, "from": 0, "dialingMode": 0}]
    plain = {"mediaEncryptType": 0, "cpResouce": 4, "presentation": 0, "isLiveBroadcast": 1}
    wanted = {"name": "会诊", "duration": HOUR, "sites": sites, "rate": "2M", **plain}
    booked = caller.ask("scheduleConf", scheduleConf=wanted).conferenceInfo
    conf = {"confId": booked.confId}
    system.joined(booked.confId, 1, 60)
    assert [state(f"steered-{name}") for name in "cd"] == [2, 3]
    assert caller.ask("addSiteToConf", **conf, siteInfo={**sites[0], "uri": "steered-d"})
    system.joined(booked.confId, 2, 60)
    assert caller.ask("delSiteFromConf", **conf, siteUri="steered-d") == 0
    until(lambda: len(system.running(booked.confId)["sites"]) == 1, what="it has left")

    assert caller.log_in("admin", PASSWORD) == 0
    span = {"siteUris": ["steered-c"], "beginTime": booked.beginTime, "duration": 3 * HOUR}
    assert caller.ask("prolongScheduledConf", **conf, prolongTime=HOUR) == 0
    (busy,) = caller.ask("querySiteStatus", **span).siteFreeBusyStates
    assert [(one.confId, one.span) for one in busy.states] == [(booked.confId, 2 * HOUR)]

    shown_and_recorded(system, caller, str(booked.confId))
    assert caller.ask("delScheduledConf", **conf) == 0
    until(lambda: not system.running(booked.confId), what="it has ended")
    freed = caller.ask("synchSiteStatus", **span).siteFreeBusyStates[0].states
    assert booked.confId in [one.confId for one in freed]
    asked = {"beginTime": booked.beginTime, "duration": HOUR}
    page = {"pageParam": {"numberPerPage": 9, "currentPage": 1}}

    def calls() -> list[str]:
        told = caller.ask("queryMultiPointCDR", queryConfig={**asked, **page}).cdr
        return [one.siteUri for one in told if one.conferenceId == booked.confId]

    until(lambda: sorted(calls()) == ["steered-c", "steered-d"], 40, "call records")


def test_series_are_booked_and_edited_and_a_session_ends(caller: SoapCaller) -> None:
    plain = {"mediaEncryptType": 0, "cpResouce": 0, "presentation": 0, "sites": []}
    rule = {"frequency": 0, "interval": 1, "weekDay": 0, "monthDay": 0, "count": 3}
    series = {"name": "查房", "beginTime": SPRING, "duration": HOUR, **plain, **rule}
    answer = caller.ask("scheduleRecurrenceConference", scheduleConf=series)
    number = answer.recurrenceConfInfo.confId
    later = {**series, "confId": number, "beginTime": SPRING + HOUR}
    assert caller.ask("editRecurrenceConference", editConf=later).resultCode == 0
    one = {"name": "一次", "beginTime": SPRING, "duration": HOUR, **plain}
    single = caller.ask("scheduleConf", scheduleConf=one).conferenceInfo.confId
    edited = {**one, "confId": single, "beginTime": SPRING + 2 * HOUR}
    assert caller.ask("editScheduledConf", editConf=edited).resultCode == 0
    told = caller.ask("queryConferencesStatus", confIds=[number, single]).conferenceStatuses
    assert [(row.status, row.beginTime) for row in told] == [
        (2, SPRING + HOUR),
        (2, SPRING + 2 * HOUR),
    ]
    for conf_id in (number, single):
        assert caller.ask("delScheduledConf", confId=conf_id) == 0
    assert caller.raw("Logout") == 0
    assert caller.raw("KeepAlive") == Code.NO_SESSION
