"""Control and engines die and come back: who is disturbed, who is told, what is sent again."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from control_api.services.feed import Reader
from control_api.services.keeper import KEYS_GONE
from mcu_core.contract.commands import AttachRtp, CloseConference, Command, PutConference
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import ConferenceFailed, KeyPressed, MutedTalkers
from mcu_core.errors import BadInput
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import DEADLINE_S, until

OFFER = "v=0\r\ns=-\r\n"
SDP = {"Content-Type": "application/sdp"}


async def rtp_site(control: Control, cid: str, offer: str = OFFER) -> str:
    """A connected RTP site."""
    sid = await control.site(cid, "rtp")
    reply = await control.api.post(
        f"/conferences/{cid}/sites/{sid}/rtp", content=offer, headers=SDP
    )
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/sdp"
    return sid


def names_of(reader: Reader) -> list[str]:
    """Names of the events that wait for a reader."""
    return [event.name for event in reader._events]


async def test_a_new_control_disturbs_nothing(tmp_path: Path, engine: FakeEngine) -> None:
    data, engines = tmp_path / "data", {"engine-0": engine.socket}
    async with running_control(data, engines) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        cid = await control.conference(layout={"mode": 3})
        sid = await control.site(cid, "webrtc")
        await rtp_site(control, cid)
        body = {"sdp": OFFER, "type": "offer"}
        await control.json("POST", f"/conferences/{cid}/sites/{sid}/webrtc", json=body)
        await control.json("GET", "/engines")  # a fresh snapshot is looked at
        before = await control.json("GET", f"/conferences/{cid}")
    engine.asked.clear()

    async with running_control(data, engines) as control:
        reader = control.bridge.feed.subscribe()
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        await until(lambda: control.bridge.sites.get(cid, sid).state == "joined")
        after = await control.json("GET", f"/conferences/{cid}")
        assert after | {"sites": []} == before | {"sites": []}
        assert [site["state"] for site in after["sites"]] == ["joined", "joined"]
        assert engine.asked == []
        assert "rejoin" not in names_of(reader)
        reader.close()


async def test_a_new_engine_gets_everything_again(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference(layout={"mode": 3})
    browser = await control.site(cid, "webrtc")
    rtp = await rtp_site(control, cid)
    pattern = await control.site(cid, "pattern")
    ports = control.bridge.wanted[cid].rtp[rtp].ports
    before = engine.conferences[cid]
    reader = control.bridge.feed.subscribe()

    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up(), "the loss is noticed")
    assert control.bridge.sites.get(cid, rtp).state == "away"
    engine.forget()
    await engine.open()
    await until(lambda: any(isinstance(c, AttachRtp) for c in engine.asked), "RTP comes back")

    assert engine.asked == [PutConference(before, settled=True), AttachRtp(cid, rtp, OFFER, ports)]
    told = [event.data for event in reader._events if event.name == "rejoin"]
    assert any(f'"site":"{browser}"' in data for data in told)
    assert not any(f'"site":"{pattern}"' in data for data in told)
    await until(lambda: control.bridge.sites.get(cid, rtp).state == "joined")
    assert control.bridge.keeper.fleet.members["engine-0"].restarts == 1
    reader.close()


async def test_a_site_whose_keys_are_gone_is_told_to_offer_anew(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await rtp_site(control, cid, OFFER + "a=crypto:1 AEAD_AES_128_GCM inline:x\r\n")
    reader = control.bridge.feed.subscribe()
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up(), "the loss is noticed")
    engine.forget()
    await engine.open()
    await until(lambda: KEYS_GONE in control.bridge.sites.get(cid, sid).reason)
    assert not any(isinstance(one, AttachRtp) for one in engine.asked)
    told = [event.data for event in reader._events if event.name == "rejoin"]
    assert any(f'"site":"{sid}"' in data for data in told)
    reader.close()
    url = f"/conferences/{cid}/sites/{sid}/rtp"
    reply = await control.api.post(url, content=OFFER, headers=SDP)
    assert reply.status_code == 200
    await until(lambda: control.bridge.sites.get(cid, sid).state == "joined")
    assert control.bridge.sites.get(cid, sid).reason == ""


async def test_a_conference_whose_logo_is_gone_comes_back_without_it(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference(logo={"path": "logo.png"}, layout={"mode": 3})
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up())
    engine.forget()

    def no_such_file(command: Command) -> None:
        if isinstance(command, PutConference) and command.definition.logo is not None:
            raise BadInput("logo.path", "a file that exists")

    engine.refuse = no_such_file
    await engine.open()
    await until(lambda: cid in engine.conferences)
    assert engine.conferences[cid].layout.mode == 3
    after = await control.json("PATCH", f"/conferences/{cid}", json={"show_names": False})
    assert after["logo"] is None


async def test_reduced_pictures_are_told_until_the_engine_is_at_ease(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    reader = control.bridge.feed.subscribe()
    for step in (2, 0):
        engine.overload_step = float(step)
        await control.json("GET", "/engines")  # a fresh snapshot is looked at
        await control.json("GET", "/engines")
        assert (await control.json("GET", f"/conferences/{cid}"))["reduced"] == step
        data = f'{{"conference":"{cid}","step":{step}}}'
        assert [event.data for event in reader._events if event.name == "reduced"][-1] == data
    assert names_of(reader).count("reduced") == 2
    reader.close()


async def test_a_muted_talker_is_told_and_forgotten_with_the_engine(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await rtp_site(control, cid)
    await control.json("PATCH", f"/conferences/{cid}/sites/{sid}", json={"muted": True})
    engine.tell(MutedTalkers(cid, (sid,)))
    await until(lambda: control.bridge.sites.get(cid, sid).talks_muted)
    await control.json("PATCH", f"/conferences/{cid}/sites/{sid}", json={"muted": False})
    assert not control.bridge.sites.get(cid, sid).talks_muted
    await control.json("PATCH", f"/conferences/{cid}/sites/{sid}", json={"muted": True})
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up())
    assert not control.bridge.sites.get(cid, sid).talks_muted


async def test_a_key_pressed_at_a_site_is_told_but_not_to_guests(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await rtp_site(control, cid)
    reader = control.bridge.feed.subscribe(cid)
    engine.tell(KeyPressed(cid, sid, "#"))
    async with asyncio.timeout(DEADLINE_S):
        while (event := await reader.next()) is None or event.name != "key":
            pass
    assert json.loads(event.data) == {"conference": cid, "site": sid, "key": "#"}
    assert "key" not in json.loads(event.public)
    reader.close()


async def test_a_broken_line_to_the_same_engine_disturbs_nothing(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await rtp_site(control, cid)
    engine.asked.clear()
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up())
    await engine.open()
    await until(lambda: control.bridge.sites.get(cid, sid).state == "joined")
    assert engine.asked == []


async def test_changes_made_while_an_engine_is_away_take_effect_later(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    ended = await control.conference()
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up())
    shown = await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": 20})
    assert shown["layout"]["mode"] == 20
    await control.json("DELETE", f"/conferences/{ended}")
    engine.asked.clear()
    await engine.open()
    await until(lambda: len(engine.asked) == 2)
    assert CloseConference(ended) in engine.asked
    assert engine.conferences[cid].layout.mode == 20


async def test_nothing_can_be_joined_while_the_engine_is_away(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up())
    reply = await control.api.post(f"/conferences/{cid}/watch", json={"sdp": OFFER})
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"
    assert (await control.api.post("/conferences", json={"name": "x"})).status_code == 409


async def test_a_failed_conference_is_defined_anew_and_browsers_rejoin(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    reader = control.bridge.feed.subscribe()
    engine.asked.clear()
    engine.tell(ConferenceFailed(cid, "a tick broke"))
    await until(lambda: "rejoin" in names_of(reader))
    assert isinstance(engine.asked[0], PutConference)
    assert any(sid in event.data for event in reader._events if event.name == "rejoin")
    reader.close()


async def test_a_stranger_on_an_engine_is_closed(control: Control, engine: FakeEngine) -> None:
    await engine.close()
    await until(lambda: not control.bridge.keeper.fleet.up())
    engine.conferences["stranger"] = ConferenceDefinition("stranger", "Nobody's")
    await engine.open()
    await until(lambda: CloseConference("stranger") in engine.asked)


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(tmp_path / "engine-1.sock", name="engine-1", pid=200)
    await engine.open()
    yield engine
    await engine.close()


async def test_conferences_are_spread_and_move_away_from_a_dead_engine(
    tmp_path: Path, engine: FakeEngine, second: FakeEngine
) -> None:
    engines = {"engine-0": engine.socket, "engine-1": second.socket}
    async with running_control(tmp_path / "d", engines, engine_patience_s=0.3) as control:
        fleet = control.bridge.keeper.fleet
        await until(lambda: len(fleet.up()) == 2)
        cids = [await control.conference() for _ in range(4)]
        assert (len(engine.conferences), len(second.conferences)) == (2, 2)
        moving = next(iter(engine.conferences))
        rtp = await rtp_site(control, moving)

        await engine.close()
        await until(lambda: set(second.conferences) == set(cids), "all moved")
        await until(lambda: control.bridge.sites.get(moving, rtp).state == "joined")
        assert control.bridge.conferences.get(moving).engine == "engine-1"

        # The old one comes back with what it still runs: that is over.
        second.asked.clear()
        await engine.open()
        await until(lambda: not engine.conferences, "the old engine is emptied")
        assert second.asked == []


async def test_conferences_of_an_engine_that_is_not_configured_any_more_move(
    tmp_path: Path, engine: FakeEngine, second: FakeEngine
) -> None:
    async with running_control(tmp_path / "d", {"engine-0": engine.socket}) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        cid = await control.conference()
    async with running_control(tmp_path / "d", {"engine-1": second.socket}) as control:
        await until(lambda: cid in second.conferences)
        assert control.bridge.conferences.get(cid).engine == "engine-1"


async def test_the_demo_is_made_once_and_left_as_it_is(tmp_path: Path, engine: FakeEngine) -> None:
    demo = tmp_path / "demo"
    demo.mkdir()
    clips = '[{"name": "北京协和医院", "path": "a.mp4"}, {"name": "华西医院", "path": "/b.mp4"}]'
    (demo / "demo.json").write_text(clips)
    data, engines = tmp_path / "data", {"engine-0": engine.socket}
    async with running_control(data, engines, demo=demo) as control:
        await until(lambda: "demo" in engine.conferences)
        await until(lambda: len(engine.conferences["demo"].sites) == 2)
        await control.json("PUT", "/conferences/demo/layout", json={"mode": 5})
        first = engine.conferences["demo"].sites[0]
        assert first.file is not None
        assert (first.name, first.file.path) == ("北京协和医院", str(demo / "a.mp4"))
    async with running_control(data, engines, demo=demo) as control:
        await until(lambda: control.bridge._demo is not None and control.bridge._demo.done())
        assert len(engine.conferences["demo"].sites) == 2
        assert engine.conferences["demo"].layout.mode == 5
