"""The register of sites: what its form shows and changes, and what stays as it was."""

from tests.component.control.conftest import Control
from tests.component.control.test_organisations import operator

PATTERN = {"width": 640, "height": 360, "fps": 25, "color": "#7a4b1f", "tone_hz": 500.0}


async def test_one_site_is_shown_with_what_it_plays_and_its_room(control: Control) -> None:
    site = {"uri": "hall", "name": "Hall", "kind": "pattern", "pattern": PATTERN}
    await control.json("POST", "/sites", json=site)
    shown = await control.json("GET", "/sites/hall")
    assert (shown["pattern"], shown["file"], shown["room_code"]) == (PATTERN, None, "")
    await control.json("POST", "/sites", json={"uri": "ward", "name": "Ward"})
    await control.json("PUT", "/sites/ward/room", json={"code": "900100200"})
    assert (await control.json("GET", "/sites/ward"))["room_code"] == "900100200"
    assert (await control.api.get("/sites/nobody")).status_code == 404


async def test_a_change_keeps_what_it_does_not_name(control: Control) -> None:
    site = {"uri": "hall", "name": "Hall", "kind": "pattern", "pattern": PATTERN}
    await control.json("POST", "/sites", json=site)
    renamed = {"uri": "hall", "name": "Great hall", "kind": "pattern", "rate_kbps": 768}
    await control.json("PUT", "/sites/hall", json=renamed)
    shown = await control.json("GET", "/sites/hall")
    assert (shown["name"], shown["rate_kbps"], shown["pattern"]) == ("Great hall", 768, PATTERN)
    other = PATTERN | {"color": "#206080"}
    await control.json("PUT", "/sites/hall", json=renamed | {"pattern": other})
    assert (await control.json("GET", "/sites/hall"))["pattern"] == other
    browser = {"uri": "hall", "name": "Hall", "kind": "webrtc"}
    await control.json("PUT", "/sites/hall", json=browser)
    assert (await control.json("GET", "/sites/hall"))["pattern"] is None


async def test_another_organisations_site_is_neither_seen_nor_taken(control: Control) -> None:
    far = {"uri": "far", "name": "Far", "organisation": "二院"}
    await control.json("POST", "/sites", json=far)
    taken = {"uri": "far", "name": "Ours", "organisation": "一院"}
    async with operator(control, "one", "一院") as one:
        assert (await one.get("/sites/far")).status_code == 404
        assert (await one.put("/sites/far", json=taken)).status_code == 404
        assert (await one.put("/sites/far/room", json={"code": "900100200"})).status_code == 404
        assert (await one.delete("/sites/far")).status_code == 404
    assert (await control.json("GET", "/sites/far"))["name"] == "Far"
