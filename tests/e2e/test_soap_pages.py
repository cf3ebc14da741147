"""What a controlling system wants of somebody at a browser: the screen, the camera, a call."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import browser, plays
from tests.e2e.system import System, until
from tests.fakes.soap_client import SoapCaller

pytestmark = pytest.mark.timeout(120)
PASSWORD = "Passw0rd!demo"
PATIENCE_MS = 30_000
START, STOP = 0, 1
NEARER, NEAR_ENOUGH, RESET = 6, 14, 16
FOCUS = """document.querySelector('#self').srcObject.getVideoTracks()[0]
  .getSettings().focusDistance"""
"""What Chromium's invented camera can move."""


def joined(page: Page, system: System, conference: str) -> str:
    """Somebody in the conference; the site's URI."""
    page.goto(f"{system.url}/join/{conference}")
    page.get_by_label("Name of your site").fill("Clinic")
    page.get_by_role("button", name="Join", exact=True).click()
    plays(page, "#remote", 10)
    return str(system.show(conference)["sites"][0]["id"])


def moved(caller: SoapCaller, site: str, action: int) -> None:
    wanted = {"camState": 0, "camAction": action, "camSrc": 0}
    assert caller.ask("ctrlCamera", siteUri=site, cameraControl=wanted) == 0


def test_a_page_shares_moves_its_camera_and_is_hung_up(system: System) -> None:
    system.request("PUT", "/users/admin/gateway-password", json={"password": PASSWORD})
    conference = system.conference("Driven")
    with browser(system, "--auto-select-desktop-capture-source=Entire screen") as people:
        page = people.new_page()
        site = joined(page, system, conference)
        with SoapCaller(system.url) as caller:
            assert caller.log_in("admin", PASSWORD) == 0
            assert caller.ask("setAuxStream", siteUri=site, controlCode=START) == 0
            page.get_by_role("button", name="Share…").click()

            def sends() -> bool:
                return bool(caller.ask("isSendAuxStream", siteUri=site).result)

            until(sends, what="the engine shows its content")
            assert caller.ask("setAuxStream", siteUri=site, controlCode=STOP) == 0
            until(lambda: not sends(), what="its content has ended")
            expect(page.get_by_role("button", name="Share screen")).to_be_visible(
                timeout=PATIENCE_MS
            )

            first = page.evaluate(FOCUS)
            moved(caller, site, NEARER)
            until(lambda: page.evaluate(FOCUS) < first, what="the camera looks nearer")
            moved(caller, site, NEAR_ENOUGH)
            moved(caller, site, RESET)
            until(lambda: page.evaluate(FOCUS) == first, what="the camera is where it began")

            named = {"confId": conference, "siteUris": [site]}
            assert caller.ask("disconnectSites", **named) == 0
            expect(page.get_by_text("You were disconnected.")).to_be_visible(timeout=PATIENCE_MS)
            until(lambda: system.show(conference)["sites"][0]["state"] == "away", what="hung up")
            assert caller.ask("connectSites", **named) == 0
            page.get_by_role("dialog").get_by_role("button", name="Join").click()
            plays(page, "#remote", 10)
    system.request("DELETE", f"/conferences/{conference}")
