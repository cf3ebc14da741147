"""Somebody without an account: in by access code, sees what it wants, is rung, takes the chair."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import browser, plays
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(150)
CODE, PASSWORD, CHAIR = "77001234", "246810", "135790"
PATIENCE_MS = 30_000
NAME, WARD = "Door 门", "County hospital"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def write(page: Page, name: str, text: str) -> None:
    page.get_by_role("textbox", name=name).fill(text)


def enter(page: Page, system: System) -> None:
    """By a wrong code, the right one, and the password that is asked for then."""
    page.goto(f"{system.url}/enter")
    write(page, "Access code", "77001235")
    write(page, "Name of your site", WARD)
    press(page, "Continue")
    expect(page.get_by_text("No conference that is running has this access code.")).to_be_visible(
        timeout=PATIENCE_MS
    )
    write(page, "Access code", CODE)
    press(page, "Continue")
    write(page, "Password of the conference", PASSWORD)
    press(page, "Continue")
    press(page, "Join")
    plays(page, "#remote", 15)


def choose(page: Page, system: System, conference: str, own: str, other: str) -> None:
    """Raise the hand, and see another in full."""
    press(page, "Raise your hand")
    until(lambda: system.show(conference)["hands"] == [own], what="the hand is seen")
    press(page, "What you see")
    press(page, "Theatre")

    def seen() -> bool:
        views = system.running(conference)["views"]
        return any((view["kind"], view["name"]) == ("full", other) for view in views)

    until(seen, what="the engine shows it that site in full")


def run(page: Page, system: System, conference: str, other: str) -> None:
    """Take the chair by its password, mute and lock."""
    press(page, "Run the conference")
    write(page, "Chair's password", CHAIR)
    press(page, "Continue")
    press(page, "Mute microphone of Theatre")

    def muted() -> list[str]:
        return [one["id"] for one in system.running(conference)["sites"] if one["muted"]]

    until(lambda: muted() == [other], what="the chair has muted it")
    press(page, "Run the conference")
    press(page, "Lock the conference")
    until(lambda: system.show(conference)["rules"]["locked"], what="it is locked")


def test_a_stranger_comes_in_by_code_and_runs_the_conference(system: System) -> None:
    conference = system.conference(NAME, layout={"mode": 2})
    rules = {"access_code": CODE, "password": PASSWORD, "chair_password": CHAIR}
    system.request("PATCH", f"/conferences/{conference}/rules", json=rules)
    other = system.site(conference, "Theatre", "pattern")
    with browser(system) as people:
        assert people.browser is not None
        page = people.browser.new_context(locale="en-GB").new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        enter(page, system)
        own = {one["name"]: one["id"] for one in system.show(conference)["sites"]}[WARD]
        choose(page, system, conference, own, other)
        run(page, system, conference, other)
        page.reload()
        plays(page, "#remote", 15)  # who is in comes back, locked or not
        press(page, "Leave")

        def state() -> str:
            return str(system.request("GET", f"/conferences/{conference}/sites/{own}")["state"])

        until(lambda: state() == "away", what="it has left")
        system.request("POST", f"/conferences/{conference}/sites/{own}/ring")
        expect(page.get_by_text(f"You are called into “{NAME}”.")).to_be_visible(
            timeout=PATIENCE_MS
        )
        page.get_by_role("dialog").get_by_role("button", name="Join").click()
        plays(page, "#remote", 15)
        press(page, "Run the conference")
        press(page, "End this conference")
        press(page, "End it")
        until(lambda: not system.running(conference), what="it has ended")
        assert not failures


def test_a_place_is_checked_and_the_report_written(system: System) -> None:
    with browser(system) as people:
        page = people.new_page()
        page.goto(f"{system.url}/check")
        press(page, "Begin the check")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the report").click(timeout=40_000)
        lines = Path(download.value.path()).read_text("utf-8")
        for name in ("Camera", "The bridge is reached: in order", "Rate there", "Delay there"):
            assert name in lines, lines
        assert "Rate back: 0 " not in lines
        assert "Check this place" not in {
            one["name"] for one in system.request("GET", "/conferences")
        }
