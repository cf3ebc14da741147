"""Joining and watching through REST, WHIP and WHEP."""

import pytest

from mcu_core.contract.commands import (
    AnswerRtp,
    AttachRtp,
    AttachWebRtc,
    Command,
    Detach,
    OfferRtp,
    Reoffer,
)
from mcu_core.errors import MalformedInput
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

OFFER = "v=0\r\ns=-\r\n"
SDP = {"Content-Type": "application/sdp"}


async def test_a_browser_joins_and_leaves(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    body = {"sdp": OFFER, "type": "offer"}
    answer = await control.json("POST", f"/conferences/{cid}/sites/{sid}/webrtc", json=body)
    assert answer["type"] == "answer"
    assert answer["sdp"].startswith("v=0")
    await until(lambda: control.bridge.sites.get(cid, sid).state == "joined")
    await control.json("DELETE", f"/conferences/{cid}/endpoints/{answer['endpoint']}")
    joined_and_left = [AttachWebRtc(cid, sid, OFFER), Detach(cid, answer["endpoint"])]
    assert engine.asked[-2:] == joined_and_left
    await until(lambda: control.bridge.sites.get(cid, sid).reason == "left")


async def test_an_rtp_site_keeps_its_ports_until_it_hangs_up(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "rtp")
    path = f"/conferences/{cid}/sites/{sid}/rtp"
    first = await control.api.post(path, content=OFFER, headers=SDP)
    ports = control.bridge.wanted[cid].rtp[sid].ports
    assert all(ports)
    again = await control.api.post(path, content=OFFER + "t=0 0\r\n", headers=SDP)
    assert engine.asked[-1] == AttachRtp(cid, sid, OFFER + "t=0 0\r\n", ports)
    location = again.headers["location"]
    assert location != first.headers["location"]
    await until(lambda: control.bridge.sites.get(cid, sid).state == "joined")
    reply = await control.api.delete(f"http://control{location}")
    assert reply.status_code == 204
    assert control.bridge.wanted[cid].rtp == {}


async def test_a_site_answers_our_offer(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "rtp")
    path = f"/conferences/{cid}/sites/{sid}/rtp"
    offered = await control.api.post(f"{path}/offer")
    assert (offered.status_code, engine.asked[-1]) == (200, OfferRtp(cid, sid, "admin"))
    assert offered.text.startswith("v=0")
    answered = await control.api.post(f"{path}/answer", content=OFFER, headers=SDP)
    assert (answered.status_code, engine.asked[-1]) == (204, AnswerRtp(cid, sid, OFFER))
    assert control.bridge.wanted[cid].rtp[sid].sdp == OFFER
    await until(lambda: control.bridge.sites.get(cid, sid).state == "joined")
    eid = answered.headers["location"].rsplit("/", 1)[1]
    assert control.bridge.observed.site_of(cid, eid) == sid
    webrtc = await control.site(cid, "webrtc")
    wrong = await control.api.post(f"/conferences/{cid}/sites/{webrtc}/rtp/offer")
    assert wrong.status_code == 409


async def test_another_offer_within_a_call_is_answered_and_kept(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "rtp")
    first = await control.api.post(
        f"/conferences/{cid}/sites/{sid}/rtp", content=OFFER, headers=SDP
    )
    eid = first.headers["location"].rsplit("/", 1)[1]
    await until(lambda: control.bridge.observed.site_of(cid, eid) == sid)
    path, other = f"/conferences/{cid}/endpoints/{eid}/offer", OFFER + "a=sendonly\r\n"
    reply = await control.api.post(path, content=other, headers=SDP)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/sdp")
    assert engine.asked[-1] == Reoffer(cid, eid, other)
    assert control.bridge.wanted[cid].rtp[sid].sdp == other


@pytest.mark.parametrize("root", ["http://control/api/v1", "http://control"])
async def test_whip_and_whep(control: Control, engine: FakeEngine, root: str) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    for path, site in ((f"/whip/{cid}/{sid}", sid), (f"/whep/{cid}", "")):
        reply = await control.api.post(root + path, content=OFFER, headers=SDP)
        assert reply.status_code == 201, reply.text
        assert reply.headers["content-type"] == "application/sdp"
        assert engine.asked[-1] == AttachWebRtc(cid, site, OFFER)
        location = reply.headers["location"]
        assert f"http://control{location}".startswith(root + path + "/")
        assert (await control.api.delete(f"http://control{location}")).status_code == 200
        assert isinstance(engine.asked[-1], Detach)
        options = await control.api.options(root + path)
        assert options.headers["accept-post"] == "application/sdp"


async def test_who_may_only_watch_does_not_hang_up_for_sites(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    joined = await control.json(
        "POST", f"/conferences/{cid}/sites/{sid}/webrtc", json={"sdp": OFFER}
    )
    await until(lambda: control.bridge.observed.site_of(cid, joined["endpoint"]) == sid)
    reply = await control.api.delete(f"/whep/{cid}/{joined['endpoint']}")
    assert reply.status_code == 403
    assert not any(isinstance(command, Detach) for command in engine.asked)


NO_SDP: list[tuple[bytes, str, int]] = [
    (b"hello", "application/sdp", 422),
    (b"", "application/sdp", 422),
    (b"v=0\r\n\xff\xfe", "application/sdp", 422),
    (b"v=0\r\n" + b"a=x\r\n" * 20_000, "application/sdp", 413),
    (OFFER.encode(), "text/plain", 415),
    (OFFER.encode(), "", 415),
]


async def test_what_is_no_sdp_is_refused(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    sids = [await control.site(cid, kind) for kind in ("webrtc", "rtp")]
    count = len(engine.asked)
    for path in (f"/whip/{cid}/{sids[0]}", f"/conferences/{cid}/sites/{sids[1]}/rtp"):
        for content, kind, status in NO_SDP:
            reply = await control.api.post(path, content=content, headers={"Content-Type": kind})
            assert reply.status_code == status, reply.text
            assert "sdp" in reply.text.lower()
    assert len(engine.asked) == count


async def test_what_the_engine_cannot_read_is_the_callers_fault(
    control: Control, engine: FakeEngine
) -> None:
    def refuse(command: Command) -> None:
        if isinstance(command, AttachRtp):
            raise MalformedInput("m=video", "a port of 0..65535")

    engine.refuse = refuse
    cid = await control.conference()
    sid = await control.site(cid, "rtp")
    path = f"/conferences/{cid}/sites/{sid}/rtp"
    reply = await control.api.post(path, content=OFFER, headers=SDP)
    assert reply.status_code == 422
    assert reply.json()["field"] == "m=video"
    assert control.bridge.wanted[cid].rtp == {}


async def test_a_site_is_joined_through_its_own_door_only(control: Control) -> None:
    cid = await control.conference()
    rtp, webrtc = await control.site(cid, "rtp"), await control.site(cid, "webrtc")
    body = {"sdp": OFFER}
    wrong = await control.api.post(f"/conferences/{cid}/sites/{rtp}/webrtc", json=body)
    assert wrong.status_code == 409
    wrong = await control.api.post(
        f"/conferences/{cid}/sites/{webrtc}/rtp", content=OFFER, headers=SDP
    )
    assert wrong.status_code == 409
    nobody = await control.api.post(f"/conferences/{cid}/sites/nobody/webrtc", json=body)
    assert nobody.status_code == 404


async def test_metrics_and_engines_tell_what_runs(control: Control) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    await control.json("POST", f"/conferences/{cid}/sites/{sid}/webrtc", json={"sdp": OFFER})
    (engine,) = await control.json("GET", "/engines")
    assert (engine["name"], engine["pid"]) == ("engine-0", 100)
    assert engine["conferences"][0]["id"] == cid
    text = (await control.api.get("http://control/metrics")).text
    assert "mcu_conferences 1.0" in text
    assert "mcu_sites_joined 1.0" in text
    assert 'mcu_engine_up{engine="engine-0"} 1.0' in text
    fps = f'mcu_site_fps{{conference="{cid}",engine="engine-0",site="{sid}"}} 25.0'
    assert fps in text
