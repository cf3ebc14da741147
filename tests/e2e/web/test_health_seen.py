"""What the console says of trouble: reduced pictures, a pane that stood still, a muted talker."""

from playwright.sync_api import expect

from tests.e2e.web.conftest import Looking, fits


def test_reduced_pictures_are_said_and_explained(looking: Looking) -> None:
    looking.tell("reduced", {"conference": "c1", "step": 1})
    with looking.page("/") as page:
        mark = page.locator("#reduced")
        expect(mark).to_contain_text("Pictures reduced")
        mark.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("half the rate")
        looking.tell("reduced", {"conference": "c1", "step": 5})
        expect(mark).to_have_accessible_name(
            "The machine is busy: pictures come at a third of the rate. Sound is as always."
        )
        looking.tell("reduced", {"conference": "c1", "step": 0})
        expect(mark).to_be_hidden()


def test_why_a_pane_stood_still_is_answered_by_keyboard(looking: Looking) -> None:
    with looking.page("/", language="zh-CN", size=(390, 844)) as page:
        page.focus("[data-site=s2] [aria-haspopup]")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="最近一分钟的画面…").press("Enter")
        dialog = page.locator("dialog")
        expect(dialog.locator(".trace-bars .still")).to_have_count(3)
        expect(dialog.locator(".trace-reasons li")).to_have_count(1)
        expect(dialog).to_contain_text("12 至 9 秒前")
        expect(dialog).to_contain_text("传输中丢包，未能修复。")
        fits(page)
        dialog.get_by_role("button", name="刷新").press("Enter")
        expect(dialog.locator(".trace-bars i")).to_have_count(60)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_a_muted_site_that_talks_is_pointed_out(looking: Looking) -> None:
    looking.tell("muted_talkers", {"conference": "c1", "sites": ["s2"]})
    with looking.page("/") as page:
        row = page.locator(".site[data-site=s2]")
        expect(row).to_contain_text("Talks, but is muted")
        looking.tell("muted_talkers", {"conference": "c1", "sites": []})
        expect(row).not_to_contain_text("Talks, but is muted")


def test_rate_and_loss_of_a_site_are_seen(looking: Looking) -> None:
    line = {"rate_kbps": 1200, "loss_percent": 0.4}
    with looking.page("/") as page:
        row = page.locator(".site[data-site=s2]")
        looking.tell("lines", {"conference": "c1", "lines": {"s2": line}})
        expect(row).to_contain_text("1.2 Mbit/s")
        looking.tell("lines", {"conference": "c1", "lines": {"s2": line | {"loss_percent": 6.5}}})
        expect(row).to_contain_text("6.5 % of its packets are lost")
        row.get_by_role("button", name="More for", exact=False).press("Enter")
        facts = page.locator(".site-facts")
        expect(facts).to_contain_text("1.2 Mbit/s")
        expect(facts).to_contain_text("6.5 %")
