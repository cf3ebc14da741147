"""Bar 7: who has never seen the console books, runs, lays out, records and ends a conference.

Found by role and visible text alone, in at most 15 clicks; on the way every page is asked by axe.
"""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import browser, plays
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(240)

MOST_CLICKS = 15
PATIENCE_MS = 30_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GRAVE = {"serious", "critical"}
SETTLED = """async () => {
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let k = 0; k < 3; k += 1) await drawn();
  await Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition)
    .map((one) => one.finished.catch(() => {})));
}"""
"""Until a change of colours has been drawn."""

SHOTS = os.environ.get("MCU_SCREENSHOTS", "")
"""A folder for pictures of the pages, for people to look at."""


class Newcomer:
    """Presses what it reads, and counts; looks at each page as axe and a camera do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.failures: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.failures.append(str(error)))

    def press(
        self, kind: Any, name: str, within: Locator | None = None, exact: bool = True
    ) -> None:
        place = self.page if within is None else within
        place.get_by_role(kind, name=name, exact=exact).first.click()
        self.clicks += 1

    def write(self, name: str, text: str) -> None:
        self.page.get_by_label(name, exact=True).fill(text)

    def look(self, name: str) -> None:
        """As it is by day and by night: nothing that axe calls serious."""
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.wait_for_selector(f"html[data-theme={scheme}]")
            self.page.evaluate(SETTLED)
            found = Axe().run(self.page).response["violations"]
            grave = {
                one["id"]: [node["html"][:160] for node in one["nodes"]]
                for one in found
                if one["impact"] in GRAVE
            }
            assert not grave, f"{name}, {scheme}: {grave}"
            if SHOTS:
                self.page.screenshot(path=str(Path(SHOTS) / f"{name}-{scheme}.png"))


def register(system: System, *names: str) -> None:
    """Sites that the hospital has: test patterns stand for rooms."""
    known = {one["uri"] for one in system.request("GET", "/sites")}
    for name in names:
        if name not in known:
            site = {"uri": name, "name": name.title(), "kind": "pattern", "pattern": {}}
            system.request("POST", "/sites", json=site)


def test_a_newcomer_runs_a_conference_from_booking_to_end(system: System) -> None:
    register(system, "theatre", "radiology")
    with browser(system) as people:
        someone = Newcomer(people.new_page())
        page = someone.page
        page.goto(system.url)
        someone.press("link", "Bookings")
        someone.press("button", "Book a conference")
        someone.write("Name", "Tumour board")
        someone.write("Sites", "theatre radiology")
        someone.press("checkbox", "Begins at once")
        someone.look("booking-form")
        someone.press("button", "Book a conference", page.get_by_role("dialog"))
        expect(page.get_by_text("Running").first).to_be_visible(timeout=PATIENCE_MS)
        someone.press("link", "Open “Tumour board” in the console")
        plays(page, "#picture", 20)
        conference = page.url.partition("conference=")[2]
        system.joined(conference, 2)
        someone.press("button", "Mode 2, 2 panes")
        until(lambda: system.running(conference)["mode"] == 2, what="the engine has the layout")
        someone.press("button", "Record")
        until(lambda: system.show(conference)["recording"], what="it is recorded")
        recording = system.show(conference)["recording"]["id"]

        def stored_s() -> float:
            return float(system.request("GET", f"/recordings/{recording}")["duration_s"])

        until(lambda: stored_s() > 1, what="a second is stored")
        someone.press("button", "Stop", exact=False)
        until(lambda: not system.show(conference)["recording"], what="the recording has ended")
        someone.press("button", "Tumour board", exact=False)
        someone.press("button", "End this conference")
        someone.press("button", "End it")
        until(lambda: not system.running(conference), what="it has ended")
        assert someone.clicks <= MOST_CLICKS
        page.goto(f"{system.url}/live/{conference}")
        expect(page.get_by_text("The conference is not running.")).to_be_visible()
        assert system.request("GET", f"/recordings/{recording}")["state"] == "done"
        assert not someone.failures


def test_no_page_is_closed_to_anybody(system: System) -> None:
    register(system, "theatre", "radiology")
    conference = system.conference("Round 会诊", layout={"mode": 2})
    for name in ("Theatre", "Radiology"):
        system.site(conference, name, "pattern")
    system.joined(conference, 2)
    with browser(system) as people:
        someone = Newcomer(people.new_page())
        page = someone.page
        for name, path in (
            ("console", f"/?conference={conference}"),
            ("month", "/bookings?view=month"),
            ("live", f"/live/{conference}"),
            ("recordings", "/recordings"),
            ("enter", "/enter"),
            ("check", "/check"),
            ("login", "/login"),
            ("lobby", f"/join/{conference}"),
        ):
            page.goto(system.url + path)
            page.wait_for_selector("html[data-ready]")
            someone.look(name)
        someone.write("Name of your site", "Ward")
        someone.press("button", "Join")
        plays(page, "#remote", 10)
        someone.look("call")
        for menu in ("What you see", "Run the conference"):
            someone.press("button", menu)
            someone.look(menu.replace(" ", "-").lower())
            page.keyboard.press("Escape")
        page.set_viewport_size({"width": 390, "height": 844})
        someone.look("call-phone")
        page.goto(f"{system.url}/?conference={conference}")
        plays(page, "#picture", 5)
        someone.look("console-phone")
        page.get_by_role("button", name="Who may come in").click()
        someone.look("door-phone")
        assert not someone.failures
    system.request("DELETE", f"/conferences/{conference}")


def test_no_page_of_who_looks_after_the_system_is_closed(system: System) -> None:
    register(system, "theatre", "radiology")
    with browser(system) as people:
        someone = Newcomer(people.new_page())
        for name, path in (
            ("register", "/register"),
            ("users", "/users"),
            ("reports", "/reports"),
            ("health", "/health"),
            ("nowhere", "/join/nowhere"),
        ):
            someone.page.goto(system.url + path)
            someone.page.wait_for_selector("html[data-ready]")
            someone.look(name)
        assert not someone.failures
