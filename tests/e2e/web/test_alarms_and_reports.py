"""Pages of alarms and reports: what is wrong is found and acknowledged; use and loss are read."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, Route, expect

from mcu_core.media.clock import wall_time
from tests.e2e.web.conftest import Looking, fits
from tests.fakes.web_data import Json

HEALTH = {
    "version": "1.2.3",
    "database": "SQLite",
    "viewers": 2,
    "up_s": 3700,
    "conferences": 3,
    "sites": 12,
    "machine": {"cpu": 0.95, "memory": 0.4, "disk": 0.5},
    "engines": [{"name": "engine-0", "up": False}],
    "recorder": True,
    "recording": 1,
    "webhooks": [],
}
ENGINE: Json = {
    "number": 7,
    "kind": "engine",
    "severity": "critical",
    "object": "engine-0",
    "value": 1.0,
    "raised": "2026-03-01T08:00:00Z",
    "cleared": None,
    "seen_by": "",
    "seen": None,
}
LOSS: Json = ENGINE | {
    "number": 6,
    "kind": "loss",
    "severity": "warning",
    "object": "c1/s2",
    "value": 0.123,
    "cleared": "2026-03-01T07:00:00Z",
    "seen_by": "wang",
    "seen": "2026-03-01T06:30:00Z",
}
DAYS = [(wall_time() - timedelta(days=count)).strftime("%Y%m%d") for count in (3, 2)]
USE = [
    {"of": DAYS[0], "calls": 4, "hours": 2.5, "loss_percent": 0.2, "gigabytes": 1.5},
    {"of": DAYS[1], "calls": 6, "hours": 7.5, "loss_percent": 0.6, "gigabytes": 4.5},
]
BY_SITE = [{"of": "", "calls": 10, "hours": 10.0, "loss_percent": 0.5, "gigabytes": 6.0}]
ROUND = {
    "conference": "c1",
    "name": "Round 会诊",
    "begun": "2026-03-01T08:00:00Z",
    "over": "2026-03-01T08:45:00Z",
    "sites": 3,
    "loss_percent": 1.25,
}


def answer(page: Page, pattern: str, of: Callable[[dict[str, list[str]]], object]) -> None:
    """What the server says there, by the query."""

    def serve(route: Route) -> None:
        query = parse_qs(urlparse(route.request.url).query)
        route.fulfill(body=json.dumps(of(query)), content_type="application/json")

    page.route(pattern, serve)


def with_alarms(page: Page, alarms: list[Json]) -> None:
    """The page of the system with these alarms."""

    def found(query: dict[str, list[str]]) -> list[Json]:
        rows = [one for one in alarms if "active" not in query or not one["cleared"]]
        return [one for one in rows if one["kind"] in query.get("kind", [one["kind"]])]

    def acknowledge(route: Route) -> None:
        alarms[0] = alarms[0] | {"seen_by": "admin", "seen": "2026-03-01T08:05:00Z"}
        route.fulfill(body=json.dumps(alarms[0]), content_type="application/json")

    answer(page, "**/api/v1/system/health", lambda _: HEALTH)
    answer(page, "**/api/v1/alarms?*", found)
    page.route("**/api/v1/alarms/7/acknowledge", acknowledge)
    page.reload()
    page.wait_for_selector("html[data-ready]")


def test_alarms_are_seen_and_acknowledged(looking: Looking) -> None:
    with looking.page("/health") as page:
        with_alarms(page, [ENGINE, LOSS])
        rows = page.locator("#alarms > li")
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("Media engine does not answer")
        expect(page.locator(".card[data-state=down]")).to_contain_text("It does not answer.")
        expect(page.get_by_role("link", name="Alarms: 1")).to_be_visible()
        page.get_by_role("button", name="Acknowledge").press("Enter")
        expect(rows.first).to_contain_text("admin, 1 Mar 2026")
        page.get_by_label("Show").select_option(label="Also past ones")
        expect(rows).to_have_count(2)
        page.get_by_label("Kind").select_option(label="A site loses packets")
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("c1/s2 · 12.3 %")


def test_where_nothing_is_wrong_the_page_says_so(looking: Looking) -> None:
    with looking.page("/health", language="zh-CN", size=(390, 844)) as page:
        with_alarms(page, [])
        expect(page.locator("#none")).to_be_visible()
        expect(page.get_by_role("link", name="告警", exact=False)).to_have_count(0)
        fits(page)


def test_reports_tell_use_and_loss_and_how_consultations_went(looking: Looking) -> None:
    with looking.page("/reports") as page:
        answer(
            page,
            "**/api/v1/reports/use?*",
            lambda query: BY_SITE if query["by"] == ["site"] else USE,
        )
        answer(page, "**/api/v1/reports/consultations?*", lambda _: [ROUND])
        page.reload()
        sums = page.locator("#sums")
        for text in ("10", "0.5 %", "6"):
            expect(sums).to_contain_text(text)
        expect(page.locator("#plot .hours-bar")).to_have_count(2)
        expect(page.locator("#use tbody tr").first).to_contain_text("7.5")
        expect(page.locator("#consultations")).to_contain_text("Round 会诊")
        expect(page.locator("#consultations")).to_contain_text("45:00")
        expect(page.locator("#consultations .lossy")).to_contain_text("1.25 % lost")
        page.get_by_role("button", name="Site", exact=True).press("Enter")
        expect(page.locator("#use tbody tr")).to_have_count(1)
        expect(page.locator("#use")).to_contain_text("no organisation")
        expect(page.locator("#plot")).to_be_hidden()
        link = page.locator("#csv").get_attribute("href") or ""
        assert parse_qs(urlparse(link).query)["by"] == ["site"]
        page.get_by_role("button", name="7 days").click()
        page.set_viewport_size({"width": 390, "height": 844})
        fits(page)


def test_manage_leads_to_them_by_keyboard(looking: Looking) -> None:
    with looking.page("/recordings") as page:
        page.get_by_role("button", name="Manage").press("Enter")
        page.get_by_role("link", name="Reports").press("Enter")
        page.wait_for_url("**/reports")
        expect(page.get_by_role("button", name="Manage")).to_have_attribute("aria-current", "true")
