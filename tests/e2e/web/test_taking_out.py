"""What is made of recordings, and found in them: films, the archive, moments; by mouse and keys."""

import re
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.system import until
from tests.e2e.web.conftest import Looking


def asked(looking: Looking, what: str) -> Any:
    """What the server has by now."""
    return httpx.get(f"{looking.url}/api/v1/{what}").json()


def looked_for(page: Page, words: str) -> None:
    page.fill("#search", words)
    expect(page.locator("#moments .moment").first).to_be_visible()


def test_words_of_slides_lead_to_their_second_in_the_player(looking: Looking) -> None:
    with looking.page("/recordings") as page:
        looked_for(page, "angiogram")
        rows = page.locator("#moments .moment")
        expect(rows).to_have_count(2)
        expect(rows.first.locator("mark")).to_have_text("angiogram")
        page.focus("#search")
        page.keyboard.press("Tab")
        rows.first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/play/r3\?at=640"))
        expect(page.get_by_label("Search slides and marks")).to_have_value("angiogram")
        found = page.locator(".mark-found .moment")
        expect(found).to_have_count(1)
        found.click()
        assert page.evaluate("window.soughtTo") == 640
        page.get_by_label("Search slides and marks").fill("")
        expect(page.locator(".mark-rows")).to_be_visible()


def test_every_kind_of_mark_is_listed_and_jumps(looking: Looking) -> None:
    with looking.page("/play/r3") as page:
        rows = page.locator(".mark-row")
        expect(rows).to_have_count(8)
        kinds = [str(row.get_attribute("data-kind")) for row in rows.all()]
        told = ["join", "speaker", "slide", "operator", "chat", "pause", "continue", "layout"]
        assert kinds == told, "in the order of time"
        for kind, time in (("slide", 95), ("chat", 700), ("layout", 1900)):
            page.locator(f".mark-row[data-kind={kind}]").click()
            assert page.evaluate("window.soughtTo") == time
        assert page.locator("#ticks i").count() == 8


def test_stop_goes_back_to_the_beginning_and_stands(looking: Looking) -> None:
    with looking.page("/play/r3") as page:
        page.locator(".mark-row[data-kind=chat]").click()
        page.get_by_role("button", name="Stop").click()
        assert page.evaluate("window.soughtTo") == 0
        assert page.evaluate("document.querySelector('#video').paused") is True
        expect(page.locator("#play")).to_have_attribute("aria-label", "Play")


def test_a_film_is_ordered_followed_and_dropped(looking: Looking) -> None:
    with looking.page("/play/r3") as page:
        page.click("#clip")
        page.get_by_role("button", name="Film side by side").click()
        row = page.locator(".work")
        expect(row).to_contain_text("Ready, 48.2 MB", timeout=15_000)
        expect(row.get_by_role("link", name="Download the film")).to_have_attribute(
            "href", re.compile(r"/api/v1/films/f\d+/film\.mp4")
        )
        row.get_by_role("button", name="Drop it").click()
        expect(row).to_have_count(0)


def test_a_part_goes_to_the_archive_and_is_tried_again(looking: Looking) -> None:
    with looking.page("/play/r3") as page:
        page.click("#clip")
        page.get_by_role("button", name="A part").click()
        page.get_by_role("button", name="To the archive").click()
        form = page.locator("dialog")
        form.get_by_label("Archive").select_option("away")
        form.get_by_role("button", name="Does it answer?").click()
        expect(form).to_contain_text("OLD does not answer")
        form.get_by_label("Archive").select_option("main")
        form.get_by_label("Name").fill("Wang^XiaoDong=王^小东")
        form.get_by_label("Born").fill("1970-01-31")
        form.get_by_label("Sex").select_option("M")
        form.get_by_role("button", name="Send").click()
        expect(form).to_have_count(0)
        (job,) = asked(looking, "dicom-jobs")
        assert (job["asked"]["from_s"], job["asked"]["to_s"]) == (0, 1)
        study = job["asked"]["study"]
        assert (study["patient_name"], study["birth_date"], study["sex"]) == (
            "Wang^XiaoDong=王^小东",
            "19700131",
            "M",
        )
    with looking.page("/recordings", language="zh-CN") as page:
        page.click("#works")
        row = page.locator(".work")
        expect(row).to_contain_text("已尝试 2 次")
        expect(row).to_contain_text("ORTHANC does not answer")
        row.get_by_role("button", name="立即重试").click()
        expect(row).to_contain_text("正在发送")
        row.get_by_role("button", name="放弃").click()
        expect(row).to_contain_text("已取消")


def test_a_group_is_made_and_its_rights_are_changed_by_keys(looking: Looking) -> None:
    with looking.page("/users") as page:
        page.get_by_role("button", name="New group").click()
        page.get_by_label("Name of the group").fill("外科")
        page.keyboard.press("Enter")
        card = page.locator("[data-group='外科']")
        card.get_by_label("Add somebody to").select_option("nurse")
        right = card.get_by_label("What nurse may do")
        expect(right).to_have_value("watch")
        right.select_option("download")
        group = {"name": "外科", "members": {"nurse": "download"}}
        until(lambda: group in asked(looking, "groups"), what="the right is sent")
        expect(page.locator("[data-user=nurse]")).to_contain_text("心内科 Cardiology, 外科")
        page.get_by_label("Role of nurse").select_option("archivist")
        expect(page.get_by_label("Role of nurse")).to_have_value("archivist")
        until(lambda: asked(looking, "users")[2]["role"] == "archivist", what="the role is sent")
        page.get_by_role("button", name="Give nurse a new password").click()
        page.get_by_label("Password", exact=True).fill("Passw0rd!demo")
        page.keyboard.press("Enter")
        expect(page.get_by_text("nurse has a new password.")).to_be_visible()
        page.get_by_role("button", name="Remove nurse").click()
        page.locator("dialog").get_by_role("button", name="Remove the user").click()
        expect(page.locator("[data-user=nurse]")).to_have_count(0)
        expect(right).to_have_count(0)


def test_a_role_is_made_of_rights_and_given_to_a_user(looking: Looking) -> None:
    with looking.page("/users") as page:
        page.get_by_role("button", name="New role").click()
        page.get_by_label("Name of the role").fill("night shift")
        page.keyboard.press("Enter")
        card = page.locator("[data-role='night shift']")
        card.get_by_label("see system and alarms").check()
        expect(card.get_by_label("see conferences")).to_be_checked()
        page.get_by_label("Role of nurse").select_option("night shift")
        expect(page.get_by_label("Role of nurse")).to_have_value("night shift")
        role = {"name": "night shift", "rights": ["see", "see_system"]}
        until(lambda: role in asked(looking, "roles"), what="its rights are sent")


def test_who_joins_a_recorded_conference_is_told_before_and_while(looking: Looking) -> None:
    with looking.page("/join/c1") as page:
        expect(page.locator("#lobby-recorded")).to_be_visible()
        looking.tell("conference", {**looking.conference(), "recording": None})
        expect(page.locator("#lobby-recorded")).to_be_hidden()
    with looking.page("/join/c2") as page:
        expect(page.locator("#lobby-conference")).to_have_text("Teaching hour")
        expect(page.locator("#lobby-recorded")).to_be_hidden()
