"""People at their browsers: join, see each other, one encode for all, layout, record, play."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import browser, camera_file, microphone_file, pixel, plays
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(150)

GREEN_YUV = (145, 54, 34)
GREEN = (0, 255, 0)


def join(page: Page, system: System, conference: str, name: str) -> None:
    """Go through the lobby into the call."""
    page.goto(f"{system.url}/join/{conference}")
    page.wait_for_selector("body[data-view=lobby] #name")
    page.fill("#name", name)
    page.click("#join-button")
    plays(page, "#remote", 15)


def near(seen: tuple[int, int, int] | None, wanted: tuple[int, int, int], by: int = 40) -> bool:
    """Whether a colour is about what it should be."""
    return seen is not None and all(abs(a - b) <= by for a, b in zip(seen, wanted, strict=True))


def readers(system: System, conference: str) -> list[int]:
    """How many receive each picture that is encoded."""
    return [output["readers"] for output in system.running(conference)["video_outputs"]]


def keyframes(system: System, conference: str) -> list[int]:
    """How many each picture that is encoded had."""
    return [output["keyframes"] for output in system.running(conference)["video_outputs"]]


def test_three_browsers_on_one_view_cost_one_encode(system: System, tmp_path: Path) -> None:
    conference = system.conference("三个浏览器", layout={"mode": 12})
    camera = camera_file(tmp_path, GREEN_YUV)
    flags = [
        f"--use-file-for-fake-video-capture={camera}",
        f"--use-file-for-fake-audio-capture={microphone_file(tmp_path)}",
    ]
    with browser(system, *flags) as people:
        pages = [people.new_page() for _ in range(3)]
        for k, page in enumerate(pages):
            join(page, system, conference, f"浏览器 {k}")
        system.joined(conference, 3)
        # A browser that is short of time at first reports a narrow path; it comes back by itself.
        until(lambda: readers(system, conference) == [3], 60, "one picture for all three")
        # The pane of the first site shows what its camera sees, in the page of another.
        until(lambda: near(pixel(pages[2], "#remote", 0.25, 0.3), GREEN), what="green is seen")
        # Everybody's microphone is heard.
        until(
            lambda: all(s["level_dbov"] > -50 for s in system.running(conference)["sites"]),
            what="three levels",
        )

        def relaid_without_keyframe() -> bool:
            """A browser that is short of time asks for one now and then: not at every switch."""
            before = keyframes(system, conference)
            mode = 14 - system.running(conference)["mode"]  # 12 or 2
            system.request("PUT", f"/conferences/{conference}/layout", json={"mode": mode})
            for page in pages:
                plays(page, "#remote", 10)
            return keyframes(system, conference) == before

        until(relaid_without_keyframe, 60, "a relayout costs no keyframe")
    system.request("DELETE", f"/conferences/{conference}")


def test_a_reload_keeps_seat_pane_and_mute(system: System) -> None:
    conference = system.conference("Reload", layout={"mode": 12})
    with browser(system) as people:
        page = people.new_page()
        join(page, system, conference, "喀什地区医院")
        site = system.show(conference)["sites"][0]["id"]
        panes = [{"kind": "empty"}, {"kind": "site", "site": site}]
        system.request("PUT", f"/conferences/{conference}/panes", json=panes)
        system.request("PATCH", f"/conferences/{conference}/sites/{site}", json={"muted": True})
        first = system.running(conference)["sites"][0]["endpoint"]
        page.reload()
        plays(page, "#remote", 15)
        until(
            lambda: system.running(conference)["sites"][0]["endpoint"] not in ("", first),
            what="a new connection",
        )
        until(lambda: system.running(conference)["panes"][1] == site, what="in its pane")
        running = system.running(conference)
        assert [s["id"] for s in running["sites"]] == [site]
        assert running["sites"][0]["muted"]
    system.request("DELETE", f"/conferences/{conference}")


def test_the_console_shows_the_picture_and_switches_the_layout(system: System) -> None:
    older = system.conference("Older")  # comes first in the feed, and must not be taken for it
    conference = system.conference("Console", layout={"mode": 1})
    for name in ("北京", "上海", "广州", "成都"):
        system.site(conference, name, "pattern")
    system.joined(conference, 4)
    with browser(system) as people:
        page = people.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(f"{system.url}/?conference={conference}")
        plays(page, "#picture", 20)
        expect(page.locator(".layout-choice[data-layout^='mode-']")).to_have_count(50)
        page.click("[data-layout='mode-12']")
        until(lambda: system.running(conference)["mode"] == 12, what="the engine has mode 12")
        page.wait_for_selector("[data-layout='mode-12'][aria-pressed='true']")
        # Mute from the console reaches the engine.
        row = page.locator(".site").first
        row.locator("button.mute").click()
        until(
            lambda: any(s["muted"] for s in system.running(conference)["sites"]),
            what="one is muted",
        )
        assert not failures
    system.request("DELETE", f"/conferences/{conference}")
    system.request("DELETE", f"/conferences/{older}")


def test_record_stop_and_play_in_the_page(system: System) -> None:
    conference = system.conference("Recorded", layout={"mode": 2}, width=1280, height=720)
    system.site(conference, "A", "pattern")
    system.site(conference, "B", "pattern")
    system.joined(conference, 2)
    path = f"/conferences/{conference}/recording"
    recording = system.request("POST", path, json={"title": "远程会诊"})["id"]

    def stored_s() -> float:
        return float(system.request("GET", f"/recordings/{recording}")["duration_s"])

    with browser(system) as people:
        page = people.new_page()
        until(lambda: stored_s() > 1, what="a second is stored")
        page.goto(f"{system.url}/play/{recording}")
        plays(page, "video", 10)  # while it is still being written
        until(lambda: stored_s() > 3, what="three seconds are stored")
        system.request("DELETE", path)
        listed = {r["id"]: r for r in system.request("GET", "/recordings")}
        assert listed[recording]["state"] == "done"
        page.goto(f"{system.url}/play/{recording}")
        plays(page, "video", 10)
        assert page.evaluate("document.querySelector('video').videoWidth") == 1280
        page.goto(f"{system.url}/recordings")
        page.wait_for_selector("text=远程会诊")
    film = system.api.get(f"/recordings/{recording}/download.mp4")
    assert film.status_code == 200
    assert film.content[4:8] == b"ftyp"
    system.request("DELETE", f"/conferences/{conference}")


def test_the_live_page_shows_what_happens_now(system: System) -> None:
    conference = system.conference("直播", layout={"mode": 2})
    system.site(conference, "A", "pattern")
    system.site(conference, "B", "pattern")
    system.joined(conference, 2)
    with browser(system) as people:
        page = people.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(f"{system.url}/live/{conference}")
        plays(page, "#video", 60)
        page.wait_for_selector("#player[data-state=playing]")
        assert page.evaluate("document.querySelector('#video').videoWidth") == 640
        assert page.text_content("#title") == "直播"
        system.request("DELETE", f"/conferences/{conference}")
        page.wait_for_selector("#player[data-state=refused]")  # it has ended, and the page says so
        assert not failures
