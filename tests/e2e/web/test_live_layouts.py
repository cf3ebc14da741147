"""The live page: how picture and content stand, ways to watch elsewhere, and old iPhones."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import LAPTOP, Looking, fits

PHONE = (390, 844)
SIZES = """() => Object.fromEntries(["video", "content", "player"].map((id) => {
  const { x, y, width, height } = document.getElementById(id).getBoundingClientRect();
  return [id, { x, y, width, height }];
}))"""
ON_TOP = """([x, y]) => {
  const box = document.querySelector(".screens").getBoundingClientRect();
  return document.elementFromPoint(box.x + x * box.width, box.y + y * box.height).id;
}"""
MOVES = """(id) => new Promise((resolve) => {
  const screen = document.getElementById(id);
  screen.requestVideoFrameCallback(() => screen.requestVideoFrameCallback(() => resolve(true)));
})"""

STANDS = {
    "beside": ("video", "content"),
    "large": ("content", "content"),
    "corner": ("content", "video"),
    "inset": ("video", "content"),
    "content": ("content", "content"),
    "main": ("video", "video"),
}
"""What is seen in the middle of the left half, and in the right corner at the bottom."""


def _choose(page: Page, show: str, by_key: bool) -> None:
    if by_key:
        page.locator("#title").click()
        page.keyboard.press(str(list(STANDS).index(show) + 1))
    else:
        page.select_option("#show", show)
    expect(page.locator("#player")).to_have_attribute("data-show", show)


@pytest.mark.parametrize("by_key", [False, True], ids=["by list", "by key"])
def test_the_six_ways_in_which_live_pictures_stand(looking: Looking, by_key: bool) -> None:
    with looking.page("/live/c1") as page:
        expect(page.locator("#show")).to_be_visible()
        for show, (left, corner) in STANDS.items():
            _choose(page, show, by_key)
            sizes = page.evaluate(SIZES)
            main, content = sizes["video"]["width"], sizes["content"]["width"]
            if show == "large":
                assert content > 2 * main > 100
                assert page.evaluate(ON_TOP, [0.1, 0.1]) == "video"
                assert page.evaluate(ON_TOP, [0.6, 0.5]) == "content"
            else:
                assert page.evaluate(ON_TOP, [0.25, 0.5]) == left, show
                assert page.evaluate(ON_TOP, [0.97, 0.93]) == corner, show
            if show == "beside":
                assert abs(main - content) < 2
            assert f"show={show}" in page.url
            shown = {"main": ["video"], "content": ["content"]}.get(show, ["video", "content"])
            assert all(page.evaluate(MOVES, one) for one in shown), show
        page.reload()
        expect(page.locator("#player")).to_have_attribute("data-show", "main")


def test_on_a_phone_nothing_lies_beside_the_page(looking: Looking) -> None:
    with looking.page("/live/c1", size=PHONE) as page:
        expect(page.locator("#show")).to_be_visible()
        for show in STANDS:
            _choose(page, show, by_key=False)
            fits(page)


def test_the_page_names_the_ways_to_watch_elsewhere(looking: Looking) -> None:
    with looking.page("/live/c1", language="zh-CN", size=LAPTOP) as page:
        page.get_by_role("button", name="其他观看方式").click()
        panel = page.get_by_role("dialog")
        expect(panel.get_by_label("WHEP")).to_have_value(f"{looking.url}/whep/c1")
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)


def test_a_stopped_live_page_fetches_nothing_and_begins_again(looking: Looking) -> None:
    with looking.page("/live/c1") as page:
        expect(page.locator("#show")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#notice")).to_have_text("Stopped. Press play to watch again.")
        assert page.evaluate("window.livePlayer.closed") is True
        page.keyboard.press("Tab")
        page.locator("#title").click()
        page.keyboard.press("k")
        expect(page.locator("#player")).to_have_attribute("data-state", "playing")
        expect(page.locator("#notice")).to_be_hidden()


def test_without_media_sources_the_recording_is_followed_and_the_page_says_so(
    looking: Looking,
) -> None:
    with looking.page("/live/c1", before="delete window.MediaSource") as page:
        expect(page.locator("#delay")).to_have_text(
            "Some seconds behind: this browser follows the recording."
        )
        source = page.locator("#video").get_attribute("src") or ""
        assert source.endswith("/hls/index.m3u8")
        page.goto(f"{looking.url}/live/c2")
        expect(page.locator("#notice")).to_contain_text("only while it is recorded")
