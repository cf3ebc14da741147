"""Who sits by browser goes along where its seat is moved; a room is opened by its code."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import browser, plays
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(150)
PATIENCE_MS = 30_000
ROOM_CODE = "900100200"


def state(system: System, conference: str, site: str) -> str:
    sites = {one["id"]: one["state"] for one in system.show(conference)["sites"]}
    return str(sites.get(site, "nowhere"))


def test_a_page_goes_with_its_seat_into_another_conference(system: System) -> None:
    first, second = (system.conference(name, layout={"mode": 2}) for name in ("Round", "Board 2"))
    system.site(second, "Theatre", "pattern")
    seat = system.site(first, "Ward", "webrtc")
    invitation = system.request("POST", f"/conferences/{first}/sites/{seat}/invitation")
    with browser(system) as people:
        assert people.browser is not None
        guest = people.browser.new_context(locale="en-GB").new_page()
        failures: list[str] = []
        guest.on("pageerror", lambda error: failures.append(str(error)))
        guest.goto(invitation["url"])
        guest.get_by_role("button", name="Join", exact=True).click()
        plays(guest, "#remote", 10)
        until(lambda: state(system, first, seat) == "joined", what="it sits in the first")
        move_by_console(people.new_page(), system, first)
        guest.wait_for_url(re.compile(f"/join/{second}"), timeout=PATIENCE_MS)
        plays(guest, "#remote", 10)
        until(lambda: state(system, second, seat) == "joined", what="it sits in the second")
        assert state(system, first, seat) == "nowhere"
        expect(guest.locator("#call-conference")).to_have_text("Board 2")
        assert not failures
    for conference in (first, second):
        system.request("DELETE", f"/conferences/{conference}")


def move_by_console(page: Page, system: System, conference: str) -> None:
    """An operator chooses in the site's menu where it goes."""
    page.goto(f"{system.url}/?conference={conference}")
    page.get_by_role("button", name="More for Ward", exact=False).click()
    page.get_by_label("Move to another conference").select_option(label="Board 2")


def test_a_room_is_opened_by_its_code(system: System) -> None:
    with browser(system) as people:
        assert people.browser is not None
        operator = people.new_page()
        operator.goto(f"{system.url}/register")
        operator.get_by_role("button", name="Register a site").click()
        for name, text in (("Name", "Clinic"), ("URI", "clinic"), ("Code of its room", ROOM_CODE)):
            operator.get_by_label(name, exact=True).fill(text)
        operator.get_by_role("dialog").get_by_role("button", name="Register a site").click()
        expect(operator.get_by_text("clinic", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        doctor = people.browser.new_context(locale="en-GB").new_page()
        doctor.goto(f"{system.url}/enter")
        doctor.get_by_label("Access code").fill(ROOM_CODE)
        doctor.get_by_label("Name of your site").fill("Clinic")
        doctor.get_by_role("button", name="Continue").click()
        doctor.get_by_role("button", name="Join", exact=True).click()
        plays(doctor, "#remote", 5)
        conference = doctor.url.partition("/join/")[2].partition("?")[0]
        until(lambda: state(system, conference, "clinic") == "joined", what="the room is open")
        # Who opened it chairs it: the menu asks for no password.
        doctor.get_by_role("button", name="Run the conference").click()
        expect(doctor.get_by_role("button", name="End this conference")).to_be_visible()
    system.request("DELETE", f"/conferences/{conference}")
    system.request("DELETE", "/sites/clinic")
