"""Panes painted beforehand make the canvas that a conference would see, bit for bit."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.scene import PaneState
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.model import Layout
from mcu_core.media.color import CANVAS_COLOR, Color, Matrix, Range
from mcu_core.media.picture import Picture
from mcu_core.offline.cards import paint
from mcu_core.offline.course import Plan, PlannedPane
from mcu_core.offline.stage import Stage

SIZE = (640, 360)
BANNER = TextStrip("a banner that moves on and on, since it is far too long for the canvas" * 2)
CAPTION = TextStrip("below", position="bottom", background="#20304080")


def picture_of(
    width: int,
    height: int,
    color: Color = CANVAS_COLOR,
    aspect: Fraction = Fraction(1),
    rotation: int = 0,
) -> Picture:
    random = np.random.default_rng(width * height)
    y, u, v = (
        random.integers(0, 256, shape, np.uint8)
        for shape in ((height, width), *[((height + 1) // 2, (width + 1) // 2)] * 2)
    )
    return Picture(y, u, v, 7, 3, color, aspect, rotation)


def plan_of(
    layout: Layout,
    panes: Sequence[PlannedPane],
    banner: TextStrip | None = None,
    caption: TextStrip | None = None,
) -> Plan:
    return Plan(layout, tuple(panes), banner, caption, 0)


def staged(stage: Stage, plan: Plan, pictures: dict[str, Picture], at_ns: int = 0) -> Picture:
    """What the stage makes of a plan where these inputs have a picture."""
    prepared = stage.prepare(plan)
    for site, picture in pictures.items():
        for spot in prepared.spots_of(site):
            paint(spot, picture)
    seen = {pane.site: pane.site in pictures for pane in plan.panes}
    return stage.complete(prepared, seen, at_ns)


def composed(plan: Plan, pictures: dict[str, Picture], at_ns: int = 0) -> Picture:
    """The same by a conference's canvas."""
    views = tuple(_view(pane, pictures.get(pane.site)) for pane in plan.panes)
    scene = Scene(plan.layout, views, plan.banner, plan.caption, texts_since_ns=0)
    return Canvas(*SIZE).compose(scene, at_ns)


def _view(pane: PlannedPane, picture: Picture | None) -> PaneView:
    if pane.state != "live":
        picture = None
    state: PaneState = "no-video" if picture is None and pane.state == "live" else pane.state
    return PaneView(pane.site, picture, pane.fit, pane.label, pane.speaking, state)


def assert_same(one: Picture, other: Picture) -> None:
    for plane, same in zip((one.y, one.u, one.v), (other.y, other.u, other.v), strict=True):
        assert np.array_equal(plane, same)


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
def test_every_picture_meets_its_pane_as_in_a_conference(
    number: int, width: int, height: int, aspect: Fraction, rotation: int, fit: PaneFit
) -> None:
    color = CANVAS_COLOR if width % 2 else Color(Matrix.BT601, Range.LIMITED)
    pictures = {"1": picture_of(width, height, color, aspect, rotation)}
    layout = mode(number)
    panes = [PlannedPane("1", fit, "name", k == 1, "live") for k in range(len(layout.panes))]
    plan = plan_of(layout, panes)
    assert_same(staged(Stage(*SIZE), plan, pictures), composed(plan, pictures))


THIRD_PANE: tuple[tuple[PaneState, TextStrip | None, TextStrip | None], ...] = (
    ("live", None, None),
    ("camera-off", BANNER, None),
    ("audio-only", None, CAPTION),
    ("empty", BANNER, CAPTION),
    ("no-video", None, None),
)
"""Its state, and what lies over the panes."""

PLANS = [
    plan_of(
        mode(number),
        [
            PlannedPane("1", PaneFit.FIT, "first", True, "live"),
            PlannedPane("2", PaneFit.CROP, "", False, "live"),
            PlannedPane("3", PaneFit.AUTO, "third", False, state),
            PlannedPane("", PaneFit.AUTO, "", False, "empty"),
        ],
        banner,
        caption,
    )
    for number in (11, 16, 3, 35)
    for state, banner, caption in THIRD_PANE
]


def test_memory_that_is_used_again_shows_nothing_of_before() -> None:
    """Layouts, texts that move, placeholders and who has a picture change; sheets are few."""
    stage = Stage(*SIZE)
    every = {site: picture_of(320, 180) for site in "123"}
    for turn in range(3):
        for k, plan in enumerate(PLANS):
            for step in range(3):
                pictures = {site: every[site] for site in "123"[: (turn + k + step) % 4]}
                at_ns = (k * 3 + step) * 33_000_000
                assert_same(staged(stage, plan, pictures, at_ns), composed(plan, pictures, at_ns))


def test_canvases_are_left_alone_while_anybody_looks_at_them() -> None:
    stage, plan = Stage(*SIZE), PLANS[0]
    held = [staged(stage, plan, {"1": picture_of(320 + 2 * k, 180)}) for k in range(5)]
    for k, picture in enumerate(held):
        assert_same(picture, composed(plan, {"1": picture_of(320 + 2 * k, 180)}))
    assert len({picture.y.ctypes.data for picture in held}) == 5
    first = held.pop(0).y.ctypes.data
    assert staged(stage, plan, {}).y.ctypes.data == first


def test_what_a_reader_has_painted_stays_as_it_is() -> None:
    """It is copied where the same picture is seen again."""
    stage, picture = Stage(*SIZE), picture_of(320, 180)
    for plan in PLANS:
        prepared = stage.prepare(plan)
        spots = prepared.spots_of("1")
        for spot in spots:
            paint(spot, picture)
        before = [[plane.copy() for plane in spot.target] for spot in spots]
        seen = {pane.site: pane.site == "1" for pane in plan.panes}
        stage.complete(prepared, seen, 0)
        assert spots
        for spot, planes in zip(spots, before, strict=True):
            for plane, same in zip(spot.target, planes, strict=True):
                assert np.array_equal(plane, same)
