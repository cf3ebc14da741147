"""Result codes that callers meet where something is not as they think (docs/soap.md)."""

from datetime import timedelta
from pathlib import Path

from control_api.soap.faults import Code
from control_api.soap.gateway import Gateway
from mcu_core.contract.events import SiteChanged
from tests.component.control.conftest import Control, running_control
from tests.component.soap.conftest import HOUR, PASSWORD, START, Office
from tests.component.soap.test_messages import Talk, log_in, logged_in, request
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until


async def test_the_first_step_of_a_login_opens_nothing_else(control: Control) -> None:
    talk = Talk(Gateway(control.bridge))
    await talk.send(request("LoginRequest", "<userName>admin</userName>"))
    assert await talk.code(request("KeepAlive")) == Code.SESSION_INCORRECT
    assert await talk.code(request("querySites")) == Code.SESSION_INCORRECT


async def test_a_second_login_where_one_is_allowed(tmp_path: Path) -> None:
    async with running_control(tmp_path / "data", {}, soap_single_login=True) as control:
        await control.bridge.digests.set("admin", PASSWORD)
        gateway = Gateway(control.bridge)
        first = await logged_in(Talk(gateway))
        assert await log_in(Talk(gateway)) == Code.ALREADY_LOGGED_IN
        assert await first.code(request("Logout")) == 0
        assert await log_in(Talk(gateway)) == 0


async def test_an_empty_uri_and_an_unknown_group(office: Office) -> None:
    conf_id = (await office.book(cpResouce=4)).conferenceInfo.confId
    assert await office.ask("setRecordBroad", siteUri="", action=0) == Code.URI_EMPTY
    shown = {"confId": conf_id, "presenceMode": 11}
    assert await office.ask("setContinuousPresence", **shown, target="7") == Code.NO_SUCH_GROUP
    nobody = await office.ask("setContinuousPresence", **shown, target="nobody")
    assert nobody == Code.NOT_IN_CONFERENCE


async def test_a_site_does_not_move_where_it_is_already(office: Office, engine: FakeEngine) -> None:
    one, two = [
        (await office.book(sites=[{"uri": uri} for uri in uris])).conferenceInfo.confId
        for uris in (("a", "b"), ("b",))
    ]
    engine.tell(SiteChanged(two, "b", "joined", "endpoint-1"))
    view = office.control.bridge.conferences
    await until(lambda: view.get(two).sites[0].state == "joined", "it is in the other one")
    moved = await office.ask("moveSite", confId=one, siteUri="b", destConfId=two)
    assert moved == Code.SITE_IN_CONFERENCE


async def test_what_has_no_such_time_is_not_prolonged(office: Office) -> None:
    later = START + 2 * HOUR
    conf_id = (await office.book(beginTime=later)).conferenceInfo.confId
    for length in (timedelta(seconds=1), timedelta(days=2)):
        prolonged = await office.ask("prolongScheduledConf", confId=conf_id, prolongTime=length)
        assert prolonged == Code.EXTENSION
    other = {"confId": conf_id, "beginDate": later + HOUR, "prolongTime": HOUR}
    assert await office.ask("prolongScheduledConf", **other) == Code.NO_OCCURRENCE
