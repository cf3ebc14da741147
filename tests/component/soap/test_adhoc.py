"""Ad hoc conferences: kept over SOAP or REST, begun at the door by whoever gives their code."""

from datetime import timedelta
from typing import Any

from control_api.soap.faults import Code
from tests.component.control.test_door import reason
from tests.component.soap.conftest import HOUR, START, Office
from tests.component.soap.test_beyond import pages
from tests.component.soap.test_queries import rows
from tests.fakes.engine import FakeEngine

CODE = "88001234"


def template(office: Office, **fields: Any) -> dict[str, Any]:
    sites = [{"uri": "ward", "type": 7, "from": 0, "dialingMode": 0}]
    return {"name": "急会诊", "accessCode": CODE, "duration": HOUR, "sites": sites, **fields}


async def knock(office: Office, **given: str) -> Any:
    async with office.control.client() as person:
        return await person.post("/door", json={"name": "Nurse", "code": CODE, **given})


async def test_who_gives_its_code_begins_it(office: Office, engine: FakeEngine) -> None:
    assert reason(await knock(office)) == "code"
    wanted = template(office, cpResource=4, password="471147", chairmanPassword="112233")
    made = await office.ask("addAdhocConfTemplate", orgId="1", adhocConfTemplate=wanted)
    assert (made.resultCode, made.adhocConfTemplateId) == (0, "急会诊")
    assert reason(await knock(office)) == "password"
    assert engine.conferences == {}, "before the password is right nothing begins"
    first = (await knock(office, password="471147")).json()
    cid = first["conference"]
    definition = engine.conferences[cid]
    assert definition.name == "急会诊"
    assert definition.sites[0].id == "ward"
    chair = (await knock(office, chair_password="112233")).json()
    assert (chair["conference"], chair["chair"]) == (cid, True), "the same, not another one"

    span = {"beginTime": START - HOUR, "duration": 4 * HOUR}
    busy = await office.ask("queryAdhocConfFreeBusy", confAccessCodes=[CODE], **span)
    (state,) = busy.freebusy[0].freebusys
    assert (state.state, state.confId, state.startTime, state.span) == (1, cid, START, HOUR)
    await office.pass_to(START + 2 * HOUR)
    assert engine.conferences == {}
    again = (await knock(office, password="471147")).json()["conference"]
    assert again != cid


async def test_they_are_listed_changed_and_forgotten(office: Office) -> None:
    add = {"adhocConfTemplate": template(office)}
    assert (await office.ask("addAdhocConfTemplate", **add)).resultCode == 0
    assert (await office.ask("addAdhocConfTemplate", **add)).resultCode == Code.BAD_NAME
    taken = {"adhocConfTemplate": template(office, name="other")}
    assert (await office.ask("addAdhocConfTemplate", **taken)).resultCode == Code.BOOKING_FAILED
    short = {"adhocConfTemplate": template(office, name="other", accessCode="1234")}
    assert (await office.ask("addAdhocConfTemplate", **short)).resultCode != 0
    answer = await office.book(accessCode=CODE, beginTime=START + HOUR)
    assert answer.resultCode == Code.BOOKING_FAILED, "the code is not for others"

    named = {"adhocConfTemplateId": "急会诊", "name": "会诊 2", "maxSitesCount": 5}
    edit = {"adhocConfTemplate": template(office, **named)}
    assert await office.ask("editAdhocConfTemplate", **edit) == 0
    listed = await office.ask("queryAdhocConfTemplateList", queryConfig=pages(9, 1))
    (one,) = rows(listed, "adhocConferences", "-")
    assert (one.adhocConfTemplateId, one.name, one.accessCode) == ("急会诊", "会诊 2", CODE)
    assert (one.duration, one.maxSitesCount, one.password) == (HOUR, 5, None)
    short_list = await office.ask("queryAdhocConferences", queryConfig=pages(9, 1))
    assert [(row.name, row.confAccessCode) for row in short_list.adhocConferences] == [
        ("会诊 2", CODE)
    ]
    free = await office.ask(
        "queryAdhocConfFreeBusy", confAccessCodes=[CODE], beginTime=START, duration=HOUR
    )
    assert [state.state for state in free.freebusy[0].freebusys] == [0]
    unknown = {"confAccessCodes": ["1"], "beginTime": START, "duration": timedelta(hours=1)}
    assert (await office.ask("queryAdhocConfFreeBusy", **unknown)).resultCode != 0
    assert await office.ask("delAdhocConfTemplate", adhocConfTemplateId="急会诊") == 0
    gone = await office.ask("delAdhocConfTemplate", adhocConfTemplateId="急会诊")
    assert gone == Code.NO_SUCH_CONFERENCE
    assert reason(await knock(office)) == "code"


async def test_the_same_by_rest(office: Office, engine: FakeEngine) -> None:
    api = office.control
    body = {"name": "Emergency", "minutes": 30, "access_code": CODE, "sites": [{"uri": "ward"}]}
    await api.json("PUT", "/adhoc-conferences/emergency", json=body)
    (kept,) = await api.json("GET", "/adhoc-conferences")
    assert (kept["name"], kept["title"], kept["access_code"]) == ("emergency", "Emergency", CODE)
    clash = await api.api.put("/adhoc-conferences/other", json=body)
    assert clash.status_code == 409
    assert (await knock(office)).is_success
    await api.json("DELETE", "/adhoc-conferences/emergency")
    assert await api.json("GET", "/adhoc-conferences") == []
