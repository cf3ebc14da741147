"""Booking a conference in the console, by role and visible text, until the engine runs it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import browser
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(120)

PATIENCE_MS = 20_000


def test_a_conference_is_booked_and_ended_by_hand(system: System) -> None:
    with browser(system) as people:
        page = people.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{system.url}/bookings")
        page.get_by_role("button", name="Book a conference").click()
        page.get_by_label("Name").fill("Tumour board")
        page.get_by_label("Begins").fill("2020-01-01T08:00")  # past: at once
        page.get_by_label("Sites").fill("ward-1, ward-2")
        page.get_by_role("dialog").get_by_role("button", name="Book a conference").click()
        row = page.locator(".booking", has_text="Tumour board")
        expect(row).to_contain_text("ward-1 · ward-2", timeout=PATIENCE_MS)
        expect(row).to_contain_text("Running", timeout=PATIENCE_MS)
        conference = row.get_attribute("data-booking") or ""
        until(lambda: system.running(conference), 20, "the engine runs it")
        row.get_by_role("button", name="Delete “Tumour board”").click()
        page.get_by_role("button", name="End the conference").click()
        until(lambda: not system.running(conference), 20, "it has ended")
        page.click(".language")
        expect(page.get_by_role("heading", level=1)).to_have_text("会议预约", timeout=PATIENCE_MS)
        expect(row).to_contain_text("已结束", timeout=PATIENCE_MS)
        assert not complaints
