"""Content at browsers: one shares its screen, another sees it beside the people, a viewer in it."""

import io

import pytest
from PIL import Image
from playwright.sync_api import FilePayload

from tests.e2e.browser import browser, frames, pixel, plays
from tests.e2e.system import System, until
from tests.e2e.test_browser import join, near

pytestmark = pytest.mark.timeout(120)
PURPLE = (160, 32, 160)


def test_a_shared_screen_stands_beside_the_people(system: System) -> None:
    conference = system.conference("Slides 幻灯片", layout={"mode": 2})
    with browser(system) as people:
        one, other = people.new_page(), people.new_page()
        join(one, system, conference, "Presenter")
        join(other, system, conference, "Audience")
        system.joined(conference, 2)
        assert not other.is_visible("#content")
        one.click("#share")
        one.wait_for_selector("#share[aria-pressed=true]")
        until(
            lambda: (system.running(conference)["content"] or {}).get("width"), what="it is shown"
        )
        plays(other, "#content", 5)
        plays(other, "#remote", 15)
        assert other.is_visible("#content")
        assert not one.is_visible("#content"), "who shares sees the people"

        def people_seen() -> bool:
            views = {view["kind"]: view for view in system.running(conference)["views"]}
            return len(views["conference"]["watched_by"]) == 2

        until(people_seen, what="no slides in the picture of these")
        one.click("#share")
        other.wait_for_selector("#content", state="hidden")
        until(lambda: system.running(conference)["content"] is None, what="it is over")
    system.request("DELETE", f"/conferences/{conference}")


def test_an_image_pushed_at_the_console_is_seen_by_browsers_and_viewers(system: System) -> None:
    conference = system.conference("CT", layout={"mode": 1})
    system.site(conference, "A", "pattern")
    out = io.BytesIO()
    Image.new("RGB", (800, 600), PURPLE).save(out, "PNG")
    with browser(system) as people:
        page, console = people.new_page(), people.new_page()
        join(page, system, conference, "Ward")
        console.goto(f"{system.url}/?conference={conference}")
        plays(console, "#picture", 10)
        console.click("#content-button")
        file: FilePayload = {
            "name": "ct.png",
            "mimeType": "image/png",
            "buffer": out.getvalue(),
        }
        console.set_input_files("#content-file", files=[file])
        until(lambda: near(pixel(page, "#content", 0.5, 0.5), PURPLE), what="beside the people")
        until(lambda: near(pixel(console, "#picture", 0.4, 0.5), PURPLE), what="in the picture")
        assert frames(page, "#content") < 200, "a still image is not sent thirty times a second"
        assert system.running(conference)["content"]["name"] == "ct.png"
        console.keyboard.press("Escape")
        console.click("#content-button[aria-pressed=true]")
        console.click("#content-end")
        page.wait_for_selector("#content", state="hidden")
    system.request("DELETE", f"/conferences/{conference}")
