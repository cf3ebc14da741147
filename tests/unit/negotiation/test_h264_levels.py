"""H.264's levels: the lowest that takes a form, and none below it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.negotiation.h264_levels import HIGHEST, LEVELS, level_for, macroblocks

FORMS = [
    ((1920, 1200, 60), 50),
    ((1920, 1080, 60), 42),
    ((1920, 1080, 30), 40),
    ((1280, 720, 60), 32),
    ((1280, 720, 30), 31),
    ((704, 576, 25), 30),
    ((352, 288, 30), 13),
    ((176, 144, 15), 10),
]


@pytest.mark.parametrize(("form", "level"), FORMS)
def test_the_lowest_level_that_takes_a_form(form: tuple[int, int, int], level: int) -> None:
    assert level_for(*form) == level


@given(st.integers(16, 4096), st.integers(16, 2304), st.integers(1, 120))
def test_a_level_takes_the_form_and_none_below_does(width: int, height: int, fps: int) -> None:
    found = level_for(width, height, fps)

    def takes(number: int) -> bool:
        level = LEVELS[number]
        enough = fps * macroblocks(width, height) <= level.per_second
        return enough and level.holds(width, height)

    assert takes(found) or found == HIGHEST
    assert not any(takes(number) for number in LEVELS if 10 <= number < found)


def test_what_is_long_and_narrow_needs_a_level_of_its_length() -> None:
    assert level_for(2000, 16, 1) > level_for(400, 80, 1)
