"""Whom the conference shows, directed in the console by mouse and keyboard."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.system import until
from tests.e2e.web.conftest import Looking, fits

IS_ON_THE_PAGE = """() => {
  const box = document.querySelector(".popover").getBoundingClientRect();
  const { top, left, right, bottom } = box;
  return top >= 0 && left >= 0 && right <= innerWidth && bottom <= innerHeight;
}"""


def site(looking: Looking, sid: str) -> Any:
    return next(one for one in looking.conference()["sites"] if one["id"] == sid)


def panel(page: Page, sid: str) -> None:
    page.focus(f"[data-site={sid}] [aria-haspopup]")
    page.keyboard.press("Enter")
    expect(page.locator(".site-panel")).to_be_visible()


def test_a_site_is_broadcast_named_and_released(looking: Looking) -> None:
    with looking.page("/") as page:
        panel(page, "s2")
        page.get_by_label("Broadcast: everyone sees it in full").press("Space")
        until(lambda: looking.conference()["broadcast"] == "s2", what="it is broadcast")
        page.keyboard.press("Escape")
        expect(page.locator("#lead")).to_contain_text("County Hospital")
        expect(page.locator(".pane")).to_have_count(1)
        expect(page.locator("[data-site=s2] [data-mark=broadcast]")).to_have_count(1)
        page.focus("#lead")
        page.keyboard.press("Enter")
        until(lambda: looking.conference()["broadcast"] == "", what="it is released")
        expect(page.locator("#lead")).to_be_hidden()
        expect(page.locator(".pane")).to_have_count(6)
        assert looking.conference()["panes"][0]["site"] == "s3", "panes are as they were"


def test_a_lecturer_is_chosen_and_voices_switch(looking: Looking) -> None:
    with looking.page("/") as page:
        page.focus("#direct")
        page.keyboard.press("Enter")
        page.get_by_label("Lecturer").select_option("s5")
        until(lambda: looking.conference()["lecturer"] == "s5", what="it lectures")
        page.get_by_role("button", name="In full by all").click()
        gate = page.get_by_label("Gate")
        gate.focus()
        gate.press("ArrowRight")
        page.get_by_label("Polling").select_option("15")
        page.get_by_label("Heard at once").select_option("3")
        page.get_by_label("Sound from where the pane stands").check()

        def sent() -> bool:
            now = looking.conference()
            voice = (now["voice"]["to"], now["voice"]["gate"], now["voice"]["attack_s"])
            rest = (now["poll_s"], now["loudest"], now["pan_by_pane"])
            return (voice, rest) == (("broadcast", 16, 1.5), (15, 3, True))

        until(sent, what="all is sent")


def test_the_automatic_layout_may_be_the_speakers(looking: Looking) -> None:
    with looking.page("/") as page:
        page.click("[data-layout=auto-speaker]")
        chosen = page.locator("[data-layout=auto-speaker]")
        expect(chosen).to_have_attribute("aria-pressed", "true")
        expect(page.locator("[data-layout=mode-21]")).to_have_class(re.compile("in-effect"))
        until(lambda: looking.conference()["layout"]["policy"] == "speaker", what="it is sent")
        page.click("[data-layout=auto]")
        expect(chosen).to_have_attribute("aria-pressed", "false")


def test_texts_are_written_over_the_picture(looking: Looking) -> None:
    with looking.page("/") as page:
        page.click("#texts")
        page.get_by_label("Banner").fill("北京协和医院 远程会诊")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Bottom").first.click()
        page.get_by_label("Caption").fill("Dr Li speaks")
        page.get_by_label("Logo file", exact=True).fill("/etc/logo.png")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("within the media folder")
        page.get_by_label("Logo file", exact=True).fill("logo.png")
        page.keyboard.press("Enter")
        page.get_by_label("Corner").select_option("bottom-left")
        logo = {"path": "logo.png", "corner": "bottom-left", "size": 0.08}
        banner = ("北京协和医院 远程会诊", "bottom", "#00000099")

        def sent() -> bool:
            now = looking.conference()
            over = tuple(now["banner"][field] for field in ("text", "position", "background"))
            return (now["logo"], over, now["caption"]["text"]) == (logo, banner, "Dr Li speaks")

        until(sent, what="all is sent")


def test_a_pane_follows_voices_or_takes_turns(looking: Looking) -> None:
    def pane() -> Any:
        return looking.conference()["panes"][1]

    with looking.page("/") as page:
        page.focus("[data-pane='1']")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Voice: who has the floor").press("Enter")
        until(lambda: len(looking.conference()["panes"]) > 1, what="the pane is set")
        assert pane()["kind"] == "voice"
        expect(page.locator("[data-pane='1'] .pane-how")).to_have_text("voice")

        page.click("[data-pane='1']")
        page.get_by_role("button", name="Polling: in turns").click()
        until(lambda: pane()["kind"] == "poll", what="it polls")
        page.get_by_label("Changes").select_option("30")
        page.get_by_role("checkbox", name="Room 204").check()
        page.get_by_role("checkbox", name="Mobile unit 7").check()
        turns = (["s4", "s7"], 30)
        until(lambda: (pane()["sites"], pane()["interval_s"]) == turns, what="two take turns")


def test_a_site_sees_what_is_chosen_for_it(looking: Looking) -> None:
    with looking.page("/") as page:
        panel(page, "s1")
        page.get_by_label("Sees", exact=True).select_option("s4")
        until(lambda: site(looking, "s1")["watch"] == "s4", what="it watches")
        expect(page.locator("[data-site=s1] [data-mark=watch]")).to_have_count(1)

        page.get_by_label("Sees", exact=True).select_option("own")
        page.locator("dialog [data-layout=mode-12]").click()
        page.focus("dialog [data-spot='1']")
        page.keyboard.press("Enter")
        assert page.locator(".popover").get_by_text("北京协和医院").count() == 0, "not itself"
        page.get_by_role("button", name="Room 204", exact=True).click()
        expect(page.locator("dialog [data-spot='1']")).to_contain_text("Room 204")
        page.get_by_text("Only some sites").click()
        page.locator(".sources").get_by_label("County Hospital · ICU 2").check()
        page.click("#use-view")
        expect(page.locator("dialog")).to_have_count(0)

        def own() -> Any:
            now = site(looking, "s1")
            return now["view"] if now["watch"] == "" else None

        view = until(own, what="its own picture it is")
        assert view["layout"] == {"mode": 12, "own": None, "policy": "equal"}
        assert view["panes"][1]["site"] == "s7"
        assert view["sources"] == ["s2"]

        panel(page, "s1")
        page.get_by_label("Sees", exact=True).select_option("")
        until(lambda: site(looking, "s1")["view"] is None, what="it is given back")


def test_a_site_is_closed_evened_out_and_limited(looking: Looking) -> None:
    with looking.page("/") as page:
        panel(page, "s2")
        page.get_by_label("Picture off for the others").check()
        page.get_by_label("Even out the volume").check()
        page.get_by_label("Noise gate").check()
        page.get_by_label("Sent at most").select_option("640x360")

        def sent() -> bool:
            now = site(looking, "s2")
            closed = now["video_off"] and now["auto_gain"] and now["noise_gate"]
            return bool(closed) and now["limit"]["width"] == 640

        until(sent, what="all is sent")
        expect(page.locator("[data-site=s2] [data-mark=video_off]")).to_have_count(1)


def test_escape_closes_the_menu_and_not_the_dialog_beneath(looking: Looking) -> None:
    with looking.page("/") as page:
        panel(page, "s1")
        page.get_by_label("Sees", exact=True).select_option("own")
        page.locator("dialog [data-layout=mode-11]").click()
        page.click("dialog [data-spot='0']")
        page.keyboard.press("Escape")
        expect(page.locator(".popover")).to_have_count(0)
        expect(page.locator("dialog")).to_be_visible()
        assert page.evaluate("document.activeElement.dataset.spot") == "0"
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)


def test_panels_stay_on_the_page_of_a_phone(looking: Looking) -> None:
    with looking.page("/", size=(390, 844)) as page:
        for opener in ("#direct", "#texts", "[data-site=s2] [aria-haspopup]", "[data-pane='1']"):
            page.click(opener)
            if opener.startswith("[data-pane"):
                page.get_by_role("button", name="Polling: in turns").click()
                expect(page.locator(".polling")).to_be_visible()
            page.wait_for_function(IS_ON_THE_PAGE)
            page.keyboard.press("Escape")
        fits(page)
