"""The player: what a monitor said stands over the picture; a phone has room for all buttons."""

from playwright.sync_api import expect

from tests.e2e.web.conftest import Looking

PHONE = (390, 844)
ALL_ON_THE_PAGE = """() => {
  for (const id of ["show", "quality"]) document.getElementById(id).hidden = false;
  const boxes = [...document.querySelectorAll(".control-row > *")]
    .map((one) => one.getBoundingClientRect()).filter((box) => box.width);
  return boxes.length > 5 && boxes.every((box) => box.left >= 0 && box.right <= innerWidth);
}"""
"""In one step: the page hides what a recording does not have."""


def test_what_the_monitor_said_stands_over_the_picture(looking: Looking) -> None:
    with looking.page("/play/r3", language="zh-CN") as page:
        panel = page.locator("#vitals")
        expect(panel.locator("dt")).to_have_text(["心率", "血氧", "pump rate"])
        expect(panel.locator("dd")).to_have_text(["72", "98.33", "4.5"])
        page.locator("#title").click()
        page.keyboard.press("d")
        expect(panel).to_be_hidden()
        expect(page.get_by_role("button", name="显示时间数据")).to_have_attribute(
            "aria-pressed", "false"
        )
    with looking.page("/play/r2") as page:
        expect(page.locator("#data")).to_be_hidden()


def test_on_a_phone_all_buttons_are_on_the_page(looking: Looking) -> None:
    with looking.page("/play/r3", size=PHONE) as page:
        expect(page.locator("#data")).to_be_visible()
        page.wait_for_function(ALL_ON_THE_PAGE)
