"""The pages used by mouse and keyboard, in both languages, before an invented server."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.system import until
from tests.e2e.web.conftest import Looking, fits

PAGES = ("/", "/join/c1", "/recordings", "/play/r3", "/login", "/users")
SIZES = ((390, 844), (820, 1180), (1920, 1080))
KEY = re.compile(
    r"\b(?:site|pane|stage|direct|voice|poll|text|view|lead|mark|marks|tags|call|join|add|record|nav|layout|recordings|export|work|dicom|moments|users)\.[a-z_]+\b"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_speaks_both_languages(looking: Looking, path: str) -> None:
    with looking.page(path) as page:
        english = page.title()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert not KEY.search(page.inner_text("body"))
            fits(page)
        page.click(".language")
        assert CHINESE.search(page.title())
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert not KEY.search(page.inner_text("body"))
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert CHINESE.search(page.title()), "the choice is remembered"
        page.click(".language")
        assert page.title() == english


def panes(looking: Looking) -> list[str]:
    return [pane["site"] or pane["kind"] for pane in looking.conference()["panes"]]


def drag(page: Page, source: str, target: str) -> None:
    page.hover(source)
    page.mouse.down()
    box = page.locator(target).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30, steps=5)
    expect(page.locator(target)).to_have_class(re.compile("drop-over"))
    page.mouse.up()


def test_a_site_is_dragged_into_a_pane_and_a_pane_onto_another(looking: Looking) -> None:
    with looking.page("/") as page:
        drag(page, "[data-site=s5] .site-name", "[data-pane='1']")
        until(lambda: panes(looking)[:2] == ["s3", "s5"], what="the dragged site is fixed")
        expect(page.locator("[data-pane='1']")).to_have_attribute("data-site", "s5")
        drag(page, "[data-pane='1']", "[data-pane='0']")
        until(lambda: panes(looking)[:2] == ["s5", "s3"], what="two panes have changed places")
        assert page.locator(".popover").count() == 0, "a drag is not a click"


def test_a_site_is_placed_by_keyboard(looking: Looking) -> None:
    with looking.page("/") as page:
        page.focus("[data-site=s2] [aria-haspopup]")
        page.keyboard.press("Enter")
        page.focus(".pane-spot:nth-child(3)")
        page.keyboard.press("Enter")
        until(lambda: panes(looking)[2:3] == ["s2"], what="the site is in pane 3")
        assert page.evaluate("document.activeElement.closest('.site').dataset.site") == "s2"
        at = "document.activeElement.closest('.site').dataset.site"
        page.keyboard.press("Enter")
        expect(page.locator(".popover")).to_have_count(1)
        page.keyboard.press("Shift+Tab")
        expect(page.locator(".popover")).to_have_count(0)
        assert page.evaluate(at) == "s2", "back at its button"
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Remove the site").focus()
        page.keyboard.press("Tab")
        expect(page.locator(".popover")).to_have_count(0)
        assert page.evaluate(at) == "s3", "on to the next site"


def test_a_pane_has_a_menu_of_its_own(looking: Looking) -> None:
    with looking.page("/") as page:
        page.focus("[data-pane='0']")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Leave empty").click()
        until(lambda: panes(looking)[0] == "empty", what="the pane is empty")
        page.click("[data-pane='0']")
        page.get_by_role("button", name="Crop", exact=True).click()
        until(lambda: looking.conference()["panes"][0]["fit"] == "crop", what="it crops")


def test_one_press_switches_the_layout_and_arrows_walk(looking: Looking) -> None:
    with looking.page("/") as page:
        page.click("[data-layout=mode-12]")
        expect(page.locator("[data-layout=mode-12]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".pane")).to_have_count(4)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator("[data-layout=mode-13]")).to_have_attribute("aria-pressed", "true")


def test_an_error_in_an_own_layout_is_shown_at_its_place(looking: Looking) -> None:
    with looking.page("/") as page:
        page.click("[data-layout=own]")
        area = page.locator("dialog textarea")
        area.fill(
            '{"panes": [{"x": 0, "y": 0, "w": 1, "h": 1},\n {"x": 0, "y": 0, "w": 7, "h": 1}]}'
        )
        page.click("dialog .primary")
        expect(page.locator("dialog .form-problem")).to_contain_text("Line 2: own.panes[1].w")
        chosen = "(a) => a.value.slice(a.selectionStart, a.selectionEnd)"
        assert area.evaluate(chosen) == "7"
        expect(page.locator(".pane-rect.wrong")).to_have_count(1)
        area.fill('{"panes": [{"x": 0, "y": 0, "w": "1/2", "h": 1}]}')
        page.click("dialog .primary")
        expect(page.locator("dialog")).to_have_count(0)
        expect(page.locator("[data-layout=own]")).to_have_attribute("aria-pressed", "true")


def test_an_rtp_site_gets_an_answer_or_a_reason(looking: Looking) -> None:
    with looking.page("/") as page:
        page.click("#add-site")
        page.get_by_text("RTP", exact=True).click()
        page.fill("dialog [name=name]", "三病区")
        page.fill("dialog [name=sdp]", "hello")
        page.click("dialog .primary")
        expect(page.locator("dialog .note.bad")).to_contain_text("v=0")
        page.fill("dialog [name=sdp]", "v=0\r\n")
        page.click("dialog .primary")
        assert "m=video" in page.locator("dialog textarea[readonly]").input_value()
        expect(page.locator(".site", has_text="三病区")).to_have_count(1)


def test_an_ended_session_leads_to_login_and_back(looking: Looking) -> None:
    with looking.page("/recordings") as page:
        looking.reset(signed_in=False)
        page.reload()
        page.wait_for_url("**/login?next=%2Frecordings")
        page.fill("#user", "admin")
        page.fill("#password", "wrong")
        page.click(".primary")
        expect(page.locator("#problem")).to_contain_text("wrong")
        page.fill("#password", "right")
        page.click(".primary")
        page.wait_for_url("**/recordings")


def test_without_devices_one_is_told_why_and_joins_to_watch(looking: Looking) -> None:
    with looking.page("/join/c1?refuse=audiovideo", language="zh-CN") as page:
        expect(page.locator("#camera-problem")).to_contain_text("未获准使用摄像头")
        expect(page.locator("#mic-problem")).to_contain_text("未获准使用麦克风")
        expect(page.locator("#join-button")).to_contain_text("仅观看和收听")
        page.fill("#name", "喀什")
        page.click("#join-button")
        expect(page.locator("#call-notice")).to_have_attribute("data-state", "live")


def test_a_call_outlives_a_reload_and_tells_of_the_operators_will(looking: Looking) -> None:
    with looking.page("/join/c1") as page:
        page.fill("#name", "喀什")
        page.click("#join-button")
        expect(page.locator("#call-notice")).to_have_attribute("data-state", "live")
        seat = page.evaluate("JSON.parse(sessionStorage['mcu.seat.c1']).site")
        page.reload()
        expect(page.locator("#call-notice")).to_have_attribute("data-state", "live")
        assert page.evaluate("JSON.parse(sessionStorage['mcu.seat.c1']).site") == seat
        looking.tell("site", {"conference": "c1", "site": {"id": seat, "muted": True}})
        expect(page.locator("#told-muted")).to_be_visible()
        expect(page.locator("#told-quiet")).to_be_hidden()
        page.click("#leave")
        expect(page.locator("#left-note")).to_be_visible()


def test_recordings_are_found_and_deleted_after_a_question(looking: Looking) -> None:
    with looking.page("/recordings") as page:
        rows = page.locator("li.recording")
        expect(rows).to_have_count(5)
        expect(page.locator("[data-picture=there] img")).to_have_count(3)
        expect(page.locator("[data-picture=asked] img")).to_have_count(0)
        page.fill("#search", "tumour")
        expect(rows).to_have_count(1)
        rows.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Cancel").click()
        expect(rows).to_have_count(1)
        rows.get_by_role("button", name="Details").click()
        page.get_by_label("Doctor").fill("李医生")
        page.get_by_role("button", name="Save").click()
        expect(rows).to_contain_text("李医生")
        rows.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.locator("#none")).to_be_visible()
