"""Conferences, layouts, panes and sites through REST: what the engine is told, what is answered."""

from typing import Any

import pytest

from mcu_core.contract.commands import CloseConference, PutConference
from mcu_core.contract.definition import Encryption
from mcu_core.contract.events import LayoutShown, SiteChanged, SpeakerChanged
from mcu_core.errors import BadInput
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until


async def test_a_conference_is_made_changed_and_ended(control: Control, engine: FakeEngine) -> None:
    made = await control.json("POST", "/conferences", json={"name": "  示范会诊 ", "fps": 25})
    cid = made["id"]
    assert made["name"] == "示范会诊"
    assert (made["width"], made["height"], made["fps"]) == (1280, 720, 25)
    assert (made["engine"], made["revision"]) == ("engine-0", 1)
    assert made["layout"] == {"mode": None, "own": None, "policy": "equal"}
    assert engine.conferences[cid].name == "示范会诊"

    changed = await control.json("PATCH", f"/conferences/{cid}", json={"show_names": False})
    assert changed["show_names"] is False
    assert changed["revision"] == 2
    assert engine.conferences[cid].show_names is False

    assert [row["id"] for row in await control.json("GET", "/conferences")] == [cid]
    await control.json("DELETE", f"/conferences/{cid}")
    assert isinstance(engine.asked[-1], CloseConference)
    assert (await control.api.get(f"/conferences/{cid}")).status_code == 404


async def test_a_layout_reaches_the_engine(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    shown = await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": 12})
    assert shown["layout"] == {"mode": 12, "own": None, "policy": "equal"}
    assert engine.conferences[cid].layout.mode == 12

    own = {"panes": [{"x": 0, "y": 0, "w": "1/3", "h": 1}, {"x": 0.5, "y": 0, "w": 0.5, "h": 1}]}
    shown = await control.json("PUT", f"/conferences/{cid}/layout", json={"own": own})
    assert shown["layout"]["mode"] is None
    assert shown["layout"]["own"]["panes"][0]["w"] == pytest.approx(1 / 3)
    drawn = engine.conferences[cid].layout.own
    assert drawn is not None
    assert drawn.panes[1].x == 0.5

    await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": None})
    assert engine.conferences[cid].layout.mode is None
    assert engine.conferences[cid].layout.own is None


async def test_the_same_again_is_no_change(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": 7})
    count = len(engine.asked)
    shown = await control.json("PUT", f"/conferences/{cid}/layout", json={"mode": 7})
    assert shown["revision"] == 2
    assert len(engine.asked) == count


OWN_BAD = {"panes": [{"x": 0, "y": 0, "w": 0.1, "h": 1}] * 2 + [{"x": 0, "y": 0, "w": 7, "h": 1}]}


BAD_INPUT: list[tuple[str, str, Any, str]] = [
    ("PUT", "/layout", {"mode": 50}, "mode"),
    ("PUT", "/layout", {"mode": True}, "mode"),
    ("PUT", "/layout", {"mode": "12"}, "mode"),
    ("PUT", "/layout", {}, "mode"),
    ("PUT", "/layout", {"own": "broken"}, "own"),
    ("PUT", "/layout", {"own": OWN_BAD}, "own.panes[2].w"),
    ("PUT", "/layout", {"colour": 3}, "colour"),
    ("PUT", "/panes", [{"kind": "site", "site": "nobody"}], "panes[0].site"),
    ("PUT", "/panes", [{"kind": "auto"}, {"kind": "clock"}], "[1].kind"),
    ("PUT", "/panes/100", {"kind": "empty"}, "k"),
    ("PATCH", "", {"name": " "}, "name"),
    ("PATCH", "", {"name": "a\u202eb"}, "name"),
    ("PATCH", "", {"width": 321}, "width"),
    ("PATCH", "", {"height": 2000}, "height"),
    ("PATCH", "", {"fps": 0}, "fps"),
    ("POST", "/sites", {"name": "x", "kind": "carrier pigeon"}, "kind"),
    ("POST", "/sites", {"name": "x" * 65, "kind": "rtp"}, "name"),
    ("POST", "/sites", {"name": "x", "kind": "file"}, "file"),
    ("POST", "/sites", {"name": "x", "kind": "file", "file": {"path": "a.mp4"}}, "file.path"),
    ("POST", "/sites", {"name": "x", "kind": "file", "file": {"path": "/etc/a.mp4"}}, "file.path"),
    ("POST", "/sites", {"name": "x", "kind": "rtp", "gain_db": 99}, "gain_db"),
]
"""Method, path behind the conference, body, and the field that is to blame."""


async def test_bad_input_names_its_field_and_changes_nothing(
    control: Control, engine: FakeEngine, subtests: pytest.Subtests
) -> None:
    cid = await control.conference()
    count = len(engine.asked)
    for method, path, body, field in BAD_INPUT:
        with subtests.test(path=path, body=body):
            reply = await control.api.request(method, f"/conferences/{cid}{path}", json=body)
            assert reply.status_code == 422, reply.text
            assert reply.headers["content-type"] == "application/problem+json"
            problem = reply.json()
            assert problem["field"] == field
            assert problem["status"] == 422
            assert problem["detail"]
    assert len(engine.asked) == count
    assert (await control.json("GET", f"/conferences/{cid}"))["revision"] == 1


async def test_mode_50_says_which_there_are(control: Control) -> None:
    cid = await control.conference()
    reply = await control.api.put(f"/conferences/{cid}/layout", json={"mode": 50})
    assert "0..49" in reply.json()["detail"]


async def test_what_is_not_json_is_refused(control: Control) -> None:
    cid = await control.conference()
    kind = {"Content-Type": "application/json"}
    for content in (b'{"mode": ', b'{"mode": "\xff\xfe"}', b"\x00"):
        reply = await control.api.put(f"/conferences/{cid}/layout", content=content, headers=kind)
        assert reply.status_code == 400, reply.text
        assert reply.headers["content-type"] == "application/problem+json"


async def test_a_body_over_the_limit_is_refused(control: Control) -> None:
    too_much = b" " * (256 * 1024 + 1)
    kind = {"Content-Type": "application/json"}
    reply = await control.api.post("/conferences", content=too_much, headers=kind)
    assert reply.status_code == 413

    async def in_pieces() -> Any:
        for _ in range(257):
            yield b" " * 1024

    reply = await control.api.post("/conferences", content=in_pieces(), headers=kind)
    assert reply.status_code == 413, reply.text


async def test_sites_are_added_changed_and_removed(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "pattern", pattern={"color": "#ff0000"})
    other = await control.site(cid, "webrtc")
    pattern = engine.conferences[cid].sites[0].pattern
    assert pattern is not None
    assert pattern.color == "#ff0000"

    changed = await control.json("PATCH", f"/conferences/{cid}/sites/{sid}", json={"muted": True})
    assert (changed["muted"], changed["quiet"]) == (True, False)
    assert engine.conferences[cid].sites[0].muted

    panes = [{"kind": "site", "site": sid}, {"kind": "empty"}]
    await control.json("PUT", f"/conferences/{cid}/panes", json=panes)
    body = {"kind": "site", "site": other, "fit": "crop"}
    shown = await control.json("PUT", f"/conferences/{cid}/panes/3", json=body)
    assert [pane["kind"] for pane in shown["panes"]] == ["site", "empty", "auto", "site"]

    await control.json("DELETE", f"/conferences/{cid}/sites/{sid}")
    left = engine.conferences[cid]
    assert [site.id for site in left.sites] == [other]
    assert left.panes[0].kind == "auto"
    gone = await control.api.patch(f"/conferences/{cid}/sites/{sid}", json={"muted": True})
    assert gone.status_code == 404


async def test_what_the_engine_refuses_is_taken_back(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference()

    def refuse(command: object) -> None:
        if isinstance(command, PutConference) and command.definition.layout.mode == 9:
            raise BadInput("layout", "something else")

    engine.refuse = refuse
    reply = await control.api.put(f"/conferences/{cid}/layout", json={"mode": 9})
    assert reply.status_code == 422
    now = await control.json("GET", f"/conferences/{cid}")
    assert now["layout"]["mode"] is None
    assert engine.conferences[cid].revision == now["revision"]


async def test_a_conference_shows_what_its_engine_tells(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    sid = await control.site(cid, "webrtc")
    engine.tell(SiteChanged(cid, sid, "joined", "endpoint-1"))
    engine.tell(SpeakerChanged(cid, sid))
    engine.tell(LayoutShown(cid, 2, 5, (sid, "")))
    engine.tell(SpeakerChanged("unknown", "x"))
    await until(lambda: control.bridge.conferences.get(cid).shown.mode == 5)
    now = await control.json("GET", f"/conferences/{cid}")
    assert now["shown"] == {"mode": 5, "panes": [sid, ""]}
    assert now["speaker"] == sid
    assert now["sites"][0]["state"] == "joined"
    assert now["sites"][0]["speaking"] is True


async def test_layouts_lists_the_fifty_modes(control: Control) -> None:
    modes = await control.json("GET", "/layouts")
    assert [mode["id"] for mode in modes] == list(range(50))
    assert modes[0]["panes"] == [{"x": 0.0, "y": 0.0, "w": 1.0, "h": 1.0, "z": 0}]


async def test_there_are_at_most_fifty_conferences(control: Control) -> None:
    for _ in range(50):
        await control.conference()
    reply = await control.api.post("/conferences", json={"name": "one more"})
    assert reply.status_code == 409


async def test_the_last_minute_of_a_site_can_be_read(control: Control) -> None:
    cid = await control.conference()
    site = await control.json(
        "POST", f"/conferences/{cid}/sites", json={"name": "a", "kind": "webrtc"}
    )
    trace = await control.json("GET", f"/conferences/{cid}/sites/{site['id']}/trace")
    assert (trace["conference"], trace["site"]) == (cid, site["id"])
    assert [second["ago_s"] for second in trace["seconds"]] == [0.0]
    assert trace["seconds"][0]["verdict"] == ""
    missing = await control.api.get(f"/conferences/{cid}/sites/nobody/trace")
    assert missing.status_code == 404


async def test_encryption_is_set_by_hand_or_by_booking(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    changed = await control.json("PATCH", f"/conferences/{cid}", json={"encryption": "forced"})
    assert changed["encryption"] == "forced"
    assert engine.conferences[cid].encryption is Encryption.FORCED
    assert (
        await control.api.patch(f"/conferences/{cid}", json={"encryption": "a bit"})
    ).status_code == 422
    made = await control.json("POST", "/bookings", json={"name": "x", "encryption": "none"})
    assert made["encryption"] == "none"
    await until(lambda: made["id"] in engine.conferences, "it has begun")
    assert engine.conferences[made["id"]].encryption is Encryption.NONE
