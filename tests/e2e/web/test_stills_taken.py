"""Pictures taken away from the live page and the player: of people, content, and of one site."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import Looking, fits

PHONE = (390, 844)


def _taken(page: Page, row: str, kind: str) -> tuple[str, str]:
    """The file's name and what is in it."""
    page.get_by_role("button", name="Take a picture").click()
    line = page.locator(".still-line").filter(has_text=row)
    with page.expect_download() as going:
        line.get_by_role("button", name=kind).click()
    expect(page.locator(".still-list")).to_have_count(0)
    return going.value.suggested_filename, Path(going.value.path()).read_text()


def test_of_what_is_live_and_of_each_site_that_is_there(looking: Looking) -> None:
    sites = [site for site in looking.conference()["sites"] if site["state"] == "joined"]
    with looking.page("/live/c1") as page:
        expect(page.locator("#show")).to_be_visible()  # content is there
        name, what = _taken(page, "People", "PNG")
        assert name.endswith(".png")
        assert what == "c1  False"
        assert _taken(page, "Content", "JPEG")[1] == "c1  True"
        name, what = _taken(page, sites[0]["name"], "JPEG")
        assert what == f"c1 {sites[0]['id']} False"
        assert name.endswith(".jpg")
        assert " " not in name
        page.locator("#title").click()
        page.keyboard.press("c")
        expect(page.locator(".still-line")).to_have_count(2 + len(sites))
        off = page.locator(".still-line").nth(2 + [site["id"] for site in sites].index("s2"))
        off.get_by_role("button", name="PNG").click()
        expect(page.locator(".toast")).to_contain_text("switched off")
        expect(page.locator(".still-list")).to_have_count(1)


def test_of_the_moment_that_a_recording_shows(looking: Looking) -> None:
    with looking.page("/play/r1", size=PHONE) as page:
        expect(page.locator("#still")).to_be_visible()
        name, what = _taken(page, "People", "JPEG")
        assert what.startswith("r1 main ")
        assert name.endswith(".jpg")
        fits(page)
