"""Booking a conference in the console, by role and visible text, until the engine runs it."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from mcu_core.media.clock import wall_time_s
from tests.e2e.browser import browser
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(120)

PATIENCE_MS = 20_000
DAY_S = 86_400


def test_a_conference_is_booked_and_ended_by_hand(system: System) -> None:
    with browser(system) as people:
        page = people.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{system.url}/bookings")
        page.get_by_role("button", name="Book a conference").click()
        page.get_by_label("Name").fill("Tumour board")
        page.get_by_label("Begins", exact=True).fill("2020-01-01T08:00")  # past: at once
        page.get_by_label("Sites").fill("ward-1, ward-2")
        page.get_by_role("dialog").get_by_role("button", name="Book a conference").click()
        row = page.locator(".booking", has_text="Tumour board").first
        expect(row).to_contain_text("ward-1 · ward-2", timeout=PATIENCE_MS)
        expect(row).to_contain_text("Running", timeout=PATIENCE_MS)
        conference = row.get_attribute("data-booking") or ""
        until(lambda: system.running(conference), what="the engine runs it")
        row.get_by_role("button", name="Delete “Tumour board”").click()
        page.get_by_role("button", name="End the conference").click()
        until(lambda: not system.running(conference), what="it has ended")
        page.click(".language")
        expect(page.get_by_role("heading", level=1)).to_have_text("会议预约", timeout=PATIENCE_MS)
        expect(row).to_contain_text("已结束", timeout=PATIENCE_MS)
        assert not complaints


def test_a_booking_is_made_like_a_past_one_and_changed(system: System) -> None:
    with browser(system) as people:
        page = people.new_page()
        page.set_default_timeout(PATIENCE_MS)
        past = {"name": "Round", "minutes": 45, "sites": [{"uri": "ward-1"}], "rate_kbps": 768}
        number = system.request("POST", "/bookings", json=past)["id"]
        system.request("DELETE", f"/bookings/{number}")
        page.goto(f"{system.url}/bookings")
        page.get_by_role("button", name="Round", exact=True).first.click()
        page.get_by_role("button", name="Book again").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Sites")).to_have_value("ward-1", timeout=PATIENCE_MS)
        expect(dialog.get_by_label("Minutes")).to_have_value("45", timeout=PATIENCE_MS)
        dialog.get_by_label("Name", exact=True).fill("Second round")
        dialog.get_by_label("Begins", exact=True).fill(tomorrow())
        dialog.get_by_role("button", name="Book a conference").click()
        page.get_by_role("button", name="Second round", exact=True).first.click()
        page.get_by_role("button", name="Change", exact=True).click()
        dialog.get_by_label("Sites").fill("ward-1 ward-2")
        dialog.get_by_role("button", name="Save").click()
        row = page.locator(".booking", has_text="Second round").first  # midnight makes two
        expect(row).to_contain_text("ward-1 · ward-2", timeout=PATIENCE_MS)
        booked = system.request("GET", f"/bookings/{row.get_attribute('data-booking')}")
        assert booked["rate_kbps"] == 768
        assert [one["state"] for one in booked["occurrences"]] == ["booked"]
        day = tomorrow().partition("T")[0]
        page.goto(f"{system.url}/bookings?view=month&day={day}")
        cell = page.locator("td", has=page.locator(f"[data-day='{day}']"))
        expect(cell.locator(".month-entry").first).to_be_visible()
        cell.locator(".month-day").press("Enter")
        expect(page.locator("#days .booking", has_text="Second round").first).to_be_visible()
        system.request("DELETE", f"/bookings/{booked['id']}")


def test_an_ad_hoc_conference_is_kept_changed_and_deleted(system: System) -> None:
    with browser(system) as people:
        page = people.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{system.url}/bookings")
        page.get_by_role("button", name="Ad hoc", exact=True).click()
        page.get_by_role("button", name="New ad hoc conference").click()
        dialog = page.get_by_role("dialog")
        code = dialog.get_by_label("Access code").input_value()
        dialog.get_by_label("Name", exact=True).fill("Stroke 卒中")
        dialog.get_by_label("Encryption").select_option("forced")
        dialog.get_by_role("button", name="New ad hoc conference").click()
        row = page.locator(".adhoc", has_text="Stroke 卒中")
        expect(row).to_contain_text(code)
        row.get_by_role("button", name="Change “Stroke 卒中”").click()
        dialog.get_by_label("Minutes").fill("30")
        dialog.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("30 minutes")
        (kept,) = system.request("GET", "/adhoc-conferences")
        assert (kept["access_code"], kept["encryption"]) == (code, "forced")
        row.get_by_role("button", name="Delete “Stroke 卒中”").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(row).to_have_count(0)
        assert not system.request("GET", "/adhoc-conferences")


def tomorrow() -> str:
    """As an input of kind datetime-local has it."""
    return datetime.fromtimestamp(wall_time_s() + DAY_S, UTC).strftime("%Y-%m-%dT%H:%M")
