"""Cutting beforehand and composing gives the bits of composing at once."""

from fractions import Fraction

import numpy as np
import pytest

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.scene import plan
from mcu_core.contract.definition import PaneFit
from mcu_core.layouts.catalogue import mode
from mcu_core.media.color import CANVAS_COLOR, Color, Matrix, Range
from mcu_core.media.picture import Picture
from mcu_core.offline.cutting import READY, Cut, cut

SIZE = (640, 360)


def picture_of(width: int, height: int, color: Color, aspect: Fraction, rotation: int) -> Picture:
    random = np.random.default_rng(width * height)
    y, u, v = (
        random.integers(0, 256, shape, np.uint8)
        for shape in ((height, width), *[((height + 1) // 2, (width + 1) // 2)] * 2)
    )
    return Picture(y, u, v, 7, 3, color, aspect, rotation)


@pytest.mark.parametrize("fit", list(PaneFit))
@pytest.mark.parametrize(
    ("width", "height", "aspect", "rotation"),
    [
        (640, 360, Fraction(1), 0),
        (1280, 720, Fraction(1), 0),
        (352, 288, Fraction(12, 11), 0),
        (212, 120, Fraction(1), 0),
        (33, 25, Fraction(1), 0),
        (640, 360, Fraction(1), 90),
        (500, 90, Fraction(1), 180),
    ],
)
@pytest.mark.parametrize("number", [35, 5, 28])
def test_the_canvas_is_the_same(
    number: int, width: int, height: int, aspect: Fraction, rotation: int, fit: PaneFit
) -> None:
    color = CANVAS_COLOR if width % 2 else Color(Matrix.BT601, Range.LIMITED)
    picture = picture_of(width, height, color, aspect, rotation)
    layout = mode(number)
    forms = [Cut(rect.w, rect.h, fit) for rect in plan(layout, *SIZE)]
    whole = [PaneView("1", picture, fit, "name", k == 1) for k in range(len(forms))]
    ready = [
        PaneView("1", cut(picture, form), READY, "name", k == 1) for k, form in enumerate(forms)
    ]
    one = Canvas(*SIZE).compose(Scene(layout, tuple(whole)))
    other = Canvas(*SIZE).compose(Scene(layout, tuple(ready)))
    for plane, same in zip((one.y, one.u, one.v), (other.y, other.u, other.v), strict=True):
        assert np.array_equal(plane, same)
