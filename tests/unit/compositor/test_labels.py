"""Names on pictures and on placeholders."""

import pytest

from mcu_core.compositor import fonts, labels, lettering, placeholder
from mcu_core.compositor.fonts import FontChoice

AWKWARD = ["\ud800 lone", "\u202eright to left", "👩‍⚕️ 😀", "a\nb\tc", "x" * 5000, "ß", "\u0301"]


def test_this_machine_writes_chinese() -> None:
    choice = fonts.chosen()
    assert choice.chinese, "install fonts-noto-cjk"
    # A font without them would draw the same box for both.
    assert bytes(fonts.font(20).getmask("会")) != bytes(fonts.font(20).getmask("诊"))


def test_plates_are_even_and_inside_the_pane() -> None:
    for width, height in ((1920, 1080), (640, 360), (213, 121), (64, 48)):
        plate = labels.label("省人民医院远程会诊中心", width, height)
        assert plate is not None
        assert plate.width % 2 == plate.height % 2 == 0
        assert plate.width + 2 * labels.margin(width, height) <= width
        assert plate.alpha.max() > 240
        assert plate.alpha[0, 0] < 40  # round corners


@pytest.mark.parametrize("size", [(64, 1080), (68, 480), (90, 1200), (1920, 48)])
def test_oblong_panes_hold_their_names(size: tuple[int, int]) -> None:
    for name in ("县医院", "W", "省人民医院远程会诊中心"):
        plate = labels.label(name, *size)
        assert plate is not None
        assert plate.width + 2 * labels.margin(*size) <= size[0]
        assert plate.height + 2 * labels.margin(*size) <= size[1]
        card = placeholder.placeholder("camera-off", name, *size)
        assert card is not None
        assert card.width <= size[0]
        assert card.height <= size[1]


def test_panes_with_letters_of_one_size_share_the_drawing() -> None:
    assert labels.label("急诊手术室", 320, 180) is labels.label("急诊手术室", 256, 144)
    assert labels.label("急诊手术室", 320, 180) is not labels.label("急诊手术室", 640, 360)


def test_long_names_end_in_an_ellipsis() -> None:
    assert lettering.shortened("abc", 20, 500) == "abc"
    short = lettering.shortened("名" * 50, 20, 200)
    assert short.endswith("…")
    assert lettering.text_width(short, 20) <= 200


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_name_no_plate(text: str) -> None:
    assert labels.label(text, 640, 360) is None
    assert placeholder.placeholder("no-video", text, 640, 360) is None


def test_tiny_panes_carry_no_name() -> None:
    assert labels.label("name", 40, 30) is None
    assert placeholder.placeholder("no-video", "name", 16, 16) is None


@pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
def test_no_text_is_too_awkward(text: str) -> None:
    for width, height in ((640, 360), (64, 48)):
        for drawn in (
            labels.label(text, width, height),
            placeholder.placeholder("no-video", text, width, height),
        ):
            assert drawn is not None
            assert drawn.width <= width
            assert drawn.height <= height


def test_a_machine_without_fonts_draws_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "chosen", lambda: FontChoice(None, 0, False))
    fonts.font.cache_clear()
    labels.label.cache_clear()
    labels._plate.cache_clear()
    try:
        plate = labels.label("会诊 room", 640, 360)
    finally:
        fonts.font.cache_clear()
        labels.label.cache_clear()
        labels._plate.cache_clear()
    assert plate is not None


def test_the_lists_of_fonts_lead_to_files_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", ())
    fonts.chosen.cache_clear()
    try:
        assert fonts.chosen() == FontChoice(None, 0, False)
    finally:
        fonts.chosen.cache_clear()
