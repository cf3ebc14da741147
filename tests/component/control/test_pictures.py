"""What operators set of pictures, voices and texts reaches the engine, or names what is wrong."""

from typing import Any

import pytest

from mcu_core.contract.definition import (
    Group,
    LayoutChoice,
    Logo,
    Pane,
    PaneFit,
    TextStrip,
    VideoLimit,
    View,
    VoiceSwitching,
)
from tests.component.control.conftest import Control
from tests.fakes.engine import FakeEngine

Three = tuple[str, str, str, str]


async def three(control: Control) -> Three:
    """A conference and its sites."""
    cid = await control.conference()
    a, b, c = [await control.site(cid, "rtp") for _ in range(3)]
    return cid, a, b, c


async def test_the_whole_conference_is_directed(control: Control, engine: FakeEngine) -> None:
    cid, a, b, _ = await three(control)
    body = {
        "broadcast": a,
        "lecturer": b,
        "poll_s": 10,
        "loudest": 3,
        "pan_by_pane": True,
        "voice": {"gate": 40, "to": "broadcast"},
        "banner": {"text": "远程会诊", "color": "#112233"},
        "logo": {"path": "logo.png", "corner": "bottom-left"},
    }
    shown = await control.json("PATCH", f"/conferences/{cid}", json=body)
    now = engine.conferences[cid]
    assert (now.broadcast, now.lecturer, now.poll_s, now.loudest) == (a, b, 10, 3)
    assert now.pan_by_pane
    assert now.voice == VoiceSwitching(gate=40, to="broadcast")
    assert now.banner == TextStrip("远程会诊", color="#112233")
    assert now.logo == Logo("logo.png", "bottom-left")
    assert shown["broadcast"] == a
    assert shown["voice"] == {
        "enabled": True, "gate": 40, "attack_s": 1.5, "hold_s": 2.0, "to": "broadcast"
    }  # fmt: skip
    assert shown["logo"] == {"path": "logo.png", "corner": "bottom-left", "size": 0.08}


async def test_a_part_changes_only_what_it_names(control: Control, engine: FakeEngine) -> None:
    cid, a, _, _ = await three(control)
    path = f"/conferences/{cid}"
    await control.json("PATCH", path, json={"voice": {"gate": 40}, "logo": {"path": "x.png"}})
    await control.json("PATCH", path, json={"voice": {"hold_s": 5}, "caption": {"text": "x"}})
    assert engine.conferences[cid].voice == VoiceSwitching(gate=40, hold_s=5)
    assert engine.conferences[cid].caption == TextStrip("x", "bottom")
    assert engine.conferences[cid].logo == Logo("x.png")
    await control.json("PATCH", path, json={"logo": None, "broadcast": None, "voice": None})
    assert engine.conferences[cid].logo is None
    assert engine.conferences[cid].voice.gate == 40

    site = f"{path}/sites/{a}"
    await control.json("PATCH", site, json={"limit": {"width": 640, "height": 360}})
    shown = await control.json("PATCH", site, json={"limit": {"fps": 15, "width": 0}})
    assert engine.conferences[cid].sites[0].limit == VideoLimit(0, 360, 15)
    sent = {"width": 0, "height": 360, "fps": 15, "bitrate_bps": 0, "rate_bps": 0}
    assert shown["limit"] == sent
    all_sites = await control.json("PATCH", path, json={"limit": {"rate_bps": 768_000}})
    assert all_sites["limit"]["rate_bps"] == 768_000
    assert engine.conferences[cid].limit == VideoLimit(rate_bps=768_000)


async def test_a_new_conference_may_have_everything(control: Control, engine: FakeEngine) -> None:
    cid = await control.conference(
        voice={"enabled": False}, banner={"text": "x"}, logo={"path": "x.png"}, layout={"mode": 4}
    )
    made = engine.conferences[cid]
    assert made.voice == VoiceSwitching(enabled=False)
    assert (made.banner, made.logo) == (TextStrip("x"), Logo("x.png"))
    assert made.layout == LayoutChoice(4)


async def test_panes_follow_voices_and_take_turns(control: Control, engine: FakeEngine) -> None:
    cid, a, b, _ = await three(control)
    poll = {"kind": "poll", "sites": [b, a], "interval_s": 5, "fit": "crop"}
    shown = await control.json(
        "PUT", f"/conferences/{cid}/panes", json=[{"kind": "voice", "sites": [a]}, poll]
    )
    assert engine.conferences[cid].panes == (
        Pane("voice"),
        Pane("poll", fit=PaneFit.CROP, sites=(b, a), interval_s=5),
    )
    assert shown["panes"][1] == {"site": "", **poll}
    await control.json("PUT", f"/conferences/{cid}/panes/0", json={"kind": "poll"})
    assert engine.conferences[cid].panes[0] == Pane("poll")


async def test_a_site_is_directed(control: Control, engine: FakeEngine) -> None:
    cid, a, b, _ = await three(control)
    wanted = {"video_off": True, "auto_gain": True, "noise_gate": True, "watch": b}
    shown = await control.json("PATCH", f"/conferences/{cid}/sites/{a}", json=wanted)
    assert wanted.items() <= shown.items()
    site = engine.conferences[cid].sites[0]
    assert (site.video_off, site.auto_gain, site.noise_gate, site.watch) == (True, True, True, b)
    await control.json("PATCH", f"/conferences/{cid}/sites/{a}", json={"watch": ""})
    assert engine.conferences[cid].sites[0].watch == ""


async def test_a_site_gets_its_own_picture_and_gives_it_back(
    control: Control, engine: FakeEngine
) -> None:
    cid, a, b, c = await three(control)
    path = f"/conferences/{cid}/sites/{a}/view"
    body = {"layout": {"mode": 12}, "panes": [{"kind": "site", "site": b}], "sources": [c]}
    shown = await control.json("PUT", path, json=body)
    assert engine.conferences[cid].sites[0].view == View(LayoutChoice(12), (Pane("site", b),), (c,))
    assert shown["view"]["layout"] == {"mode": 12, "own": None, "policy": "equal"}
    assert shown["view"]["panes"][0]["site"] == b
    await control.json("PUT", path, json={})
    assert engine.conferences[cid].sites[0].view == View()
    shown = await control.json("DELETE", path)
    assert shown["view"] is None
    assert engine.conferences[cid].sites[0].view is None


async def test_an_automatic_layout_may_be_the_speakers(
    control: Control, engine: FakeEngine
) -> None:
    cid = await control.conference()
    path = f"/conferences/{cid}/layout"
    shown = await control.json("PUT", path, json={"mode": None, "policy": "speaker"})
    assert engine.conferences[cid].layout == LayoutChoice(policy="speaker")
    assert shown["layout"] == {"mode": None, "own": None, "policy": "speaker"}
    await control.json("PUT", path, json={"mode": 4, "policy": "speaker"})
    assert engine.conferences[cid].layout == LayoutChoice(4)


async def test_a_group_gets_a_picture_and_takes_its_sites(
    control: Control, engine: FakeEngine
) -> None:
    cid, a, b, c = await three(control)
    path = f"/conferences/{cid}/groups"
    await control.json("PUT", f"{path}/2", json={"sites": [a, b]})
    shown = await control.json("PUT", f"{path}/1", json={"sites": [b, c], "view": {"poll_s": 5}})
    assert engine.conferences[cid].groups == (
        Group(1, (b, c), View(poll_s=5)),
        Group(2, (a,), View()),
    )
    assert [group["id"] for group in shown["groups"]] == [1, 2]
    await control.json("DELETE", f"{path}/2")
    assert [group.id for group in engine.conferences[cid].groups] == [1]
    assert (await control.api.delete(f"{path}/2")).status_code == 404


async def test_a_site_that_is_removed_is_nowhere_any_more(
    control: Control, engine: FakeEngine
) -> None:
    cid, a, b, c = await three(control)
    path = f"/conferences/{cid}"
    polls = [{"kind": "poll", "sites": [a]}, {"kind": "poll", "sites": [a, b]}]
    await control.json("PUT", f"{path}/panes", json=polls)
    await control.json("PATCH", path, json={"broadcast": a, "lecturer": a})
    await control.json("PATCH", f"{path}/sites/{b}", json={"watch": a})
    view = {"panes": [{"kind": "site", "site": a}], "sources": [a, c]}
    await control.json("PUT", f"{path}/sites/{b}/view", json=view)
    await control.json("PUT", f"{path}/groups/0", json={"sites": [a, c], "view": view})

    await control.json("DELETE", f"{path}/sites/{a}")
    left = engine.conferences[cid]
    assert a not in str(left)
    assert left.panes == (Pane(), Pane("poll", sites=(b,)))
    assert left.groups == (Group(0, (c,), View(panes=(Pane(),), sources=(c,))),)


BAD: list[tuple[str, str, Any, str]] = [
    ("PATCH", "", {"broadcast": "nobody"}, "broadcast"),
    ("PATCH", "", {"lecturer": "nobody"}, "lecturer"),
    ("PATCH", "", {"poll_s": 0.5}, "poll_s"),
    ("PATCH", "", {"poll_s": "10"}, "poll_s"),
    ("PATCH", "", {"loudest": -1}, "loudest"),
    ("PATCH", "", {"voice": {"gate": 101}}, "voice.gate"),
    ("PATCH", "", {"voice": {"gate": "15"}}, "voice.gate"),
    ("PATCH", "", {"voice": {"threshold": 15}}, "voice.threshold"),
    ("PATCH", "", {"banner": {"text": "x" * 501}}, "banner.text"),
    ("PATCH", "", {"caption": {"color": "white"}}, "caption.color"),
    ("PATCH", "", {"logo": {"path": "../logo.png"}}, "logo.path"),
    ("PUT", "/panes", [{"kind": "poll", "sites": ["nobody"]}], "panes[0].sites[0]"),
    ("PUT", "/panes/2", {"kind": "poll", "interval_s": 0}, "interval_s"),
    ("PUT", "/panes/2", {"kind": "site", "site": "nobody"}, "site"),
    ("PATCH", "/sites/{a}", {"watch": "{a}"}, "watch"),
    ("PATCH", "/sites/{a}", {"limit": {"width": 5}}, "limit.width"),
    ("PATCH", "/sites/{a}", {"gain_db": -41}, "gain_db"),
    ("PUT", "/sites/{a}/view", {"layout": {"mode": 50}}, "layout.mode"),
    ("PUT", "/layout", {"mode": None, "policy": "fair"}, "policy"),
    ("PUT", "/sites/{a}/view", {"layout": {"own": {"panes": []}}}, "layout.own.panes"),
    ("PUT", "/sites/{a}/view", {"panes": [{"kind": "site", "site": "{a}"}]}, "panes[0].site"),
    ("PUT", "/sites/{a}/view", {"sources": ["nobody"]}, "sources[0]"),
    ("PUT", "/sites/{a}/view", {"poll_s": 9999}, "poll_s"),
    ("PUT", "/groups/10000", {"sites": []}, "number"),
    ("PUT", "/groups/0", {"sites": ["nobody"]}, "sites[0]"),
    ("PUT", "/groups/0", {"sites": ["{a}", "{a}"]}, "sites[1]"),
    ("PUT", "/groups/0", {"sites": [], "view": {"poll_s": -1}}, "view.poll_s"),
    ("PUT", "/groups/0", {"sites": [], "view": {"sources": ["nobody"]}}, "view.sources[0]"),
]
"""Method, path behind the conference, body, and the field that is to blame; {a} is a site."""


def with_site(value: Any, site: str) -> Any:
    """The value with {a} written out."""
    match value:
        case str():
            return value.replace("{a}", site)
        case list():
            return [with_site(one, site) for one in value]
        case dict():
            return {key: with_site(one, site) for key, one in value.items()}
        case _:
            return value


async def test_what_is_wrong_is_named_as_the_caller_named_it(
    control: Control, engine: FakeEngine, subtests: pytest.Subtests
) -> None:
    cid, a, _, _ = await three(control)
    before = engine.conferences[cid]
    for method, path, body, field in BAD:
        with subtests.test(path=path, body=body):
            url = f"/conferences/{cid}{with_site(path, a)}"
            reply = await control.api.request(method, url, json=with_site(body, a))
            assert reply.status_code == 422, reply.text
            assert reply.json()["field"] == field
    assert engine.conferences[cid] == before


async def test_there_is_no_picture_for_a_site_that_is_not_there(control: Control) -> None:
    cid = await control.conference()
    for method in ("PUT", "DELETE"):
        reply = await control.api.request(
            method, f"/conferences/{cid}/sites/nobody/view", json={} if method == "PUT" else None
        )
        assert reply.status_code == 404


async def test_the_description_names_what_can_be_set(control: Control) -> None:
    schemas = (await control.json("GET", "/openapi.json"))["components"]["schemas"]
    assert {"broadcast", "lecturer", "poll_s", "voice", "banner"} <= set(
        schemas["ConferenceChange"]["properties"]
    )
    assert "0..100" in schemas["VoiceChange"]["properties"]["gate"]["description"]
