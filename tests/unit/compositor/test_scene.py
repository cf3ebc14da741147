"""Where panes and pictures go, in pixels."""

from fractions import Fraction

import pytest

from mcu_core.compositor.scene import (
    SMALL_RATIOS,
    PaneView,
    PixelRect,
    Scene,
    on_pixels,
    place,
    plan,
)
from mcu_core.contract.definition import PaneFit
from mcu_core.kernels.ratios import RATIOS
from mcu_core.layouts.automatic import layout_for
from mcu_core.layouts.catalogue import MODES, mode
from mcu_core.layouts.own import read_layout
from mcu_core.media.picture import blank_picture

SQUARE = Fraction(1)
CIF = Fraction(12, 11)
PANE = PixelRect(0, 0, 640, 360)

CANVASES = [(352, 288), (640, 480), (1280, 720), (1366, 768), (1920, 1080), (130, 98), (16, 16)]


@pytest.mark.parametrize(("width", "height"), CANVASES)
def test_tiled_modes_cover_every_canvas_exactly(width: int, height: int) -> None:
    for layout in MODES:
        rects = plan(layout, width, height)
        for rect in rects:
            assert not any(side % 2 for side in (rect.x, rect.y, rect.w, rect.h))
            assert rect.x >= 0 <= rect.y
            assert rect.right <= width
            assert rect.bottom <= height
        if layout.kind == "pip":
            continue
        assert not any(a.overlaps(b) for k, a in enumerate(rects) for b in rects[k + 1 :])
        if layout.kind == "tiled":
            assert sum(rect.w * rect.h for rect in rects) == width * height


def test_edges_are_the_nearest_even_pixels() -> None:
    assert plan(mode(35), 1280, 720)[4] == PixelRect(426, 240, 428, 240)
    assert plan(mode(16), 1280, 720)[1] == PixelRect(256, 468, 256, 144)


def test_a_pane_below_a_pixel_is_empty() -> None:
    layout = read_layout({"panes": [{"x": 0, "y": 0, "w": 0.001, "h": 1}]})
    assert plan(layout, 352, 288)[0].w == 0


@pytest.mark.parametrize(
    ("size", "aspect", "rotation", "tile"),
    [
        ((1280, 720), SQUARE, 0, PANE),
        ((640, 480), SQUARE, 0, PixelRect(80, 0, 480, 360)),
        ((352, 288), CIF, 0, PixelRect(80, 0, 480, 360)),
        ((352, 288), SQUARE, 0, PixelRect(100, 0, 440, 360)),
        ((1280, 720), SQUARE, 90, PixelRect(218, 0, 202, 360)),
        ((1280, 720), SQUARE, 180, PANE),
        ((720, 1280), SQUARE, 270, PANE),
        ((2560, 720), SQUARE, 0, PixelRect(0, 90, 640, 180)),
        ((1, 1), SQUARE, 0, PixelRect(140, 0, 360, 360)),
        ((1, 4000), SQUARE, 0, PixelRect(318, 0, 2, 360)),
        ((640, 480), Fraction(0), 0, PixelRect(80, 0, 480, 360)),
    ],
)
def test_fit_shows_all_of_it(
    size: tuple[int, int], aspect: Fraction, rotation: int, tile: PixelRect
) -> None:
    placement = place(*size, aspect, rotation, PANE, PaneFit.FIT)
    assert placement.tile == tile
    assert placement.crop == PixelRect(0, 0, *size)
    assert placement.turns == rotation // 90
    covered = [placement.tile, *placement.bars]
    assert sum(rect.w * rect.h for rect in covered) == PANE.w * PANE.h
    assert not any(a.overlaps(b) for k, a in enumerate(covered) for b in covered[k + 1 :])


@pytest.mark.parametrize(
    ("size", "aspect", "rotation", "crop"),
    [
        ((1280, 720), SQUARE, 0, PixelRect(0, 0, 1280, 720)),
        ((640, 480), SQUARE, 0, PixelRect(0, 60, 640, 360)),
        ((352, 288), CIF, 0, PixelRect(0, 36, 352, 216)),
        ((2560, 720), SQUARE, 0, PixelRect(640, 0, 1280, 720)),
        ((1280, 720), SQUARE, 90, PixelRect(436, 0, 405, 720)),
        ((1, 1), SQUARE, 0, PixelRect(0, 0, 1, 1)),
    ],
)
def test_crop_fills_the_pane_with_the_middle(
    size: tuple[int, int], aspect: Fraction, rotation: int, crop: PixelRect
) -> None:
    placement = place(*size, aspect, rotation, PANE, PaneFit.CROP)
    assert (placement.tile, placement.bars, placement.crop) == (PANE, (), crop)


def test_fill_stretches() -> None:
    placement = place(100, 400, SQUARE, 0, PANE, PaneFit.FILL)
    assert (placement.tile, placement.crop) == (PANE, PixelRect(0, 0, 100, 400))


@pytest.mark.parametrize(
    ("width", "fills"), [(640, True), (735, True), (737, False), (557, True), (555, False)]
)
def test_auto_stretches_below_fifteen_percent(width: int, fills: bool) -> None:
    placement = place(width, 360, SQUARE, 0, PANE, PaneFit.AUTO)
    assert (placement.tile == PANE) is fills


@pytest.mark.parametrize(
    ("source", "pane", "used"),
    [
        ((1280, 720), (426, 240), (1278, 720)),
        ((640, 360), (426, 240), (639, 360)),
        ((1920, 1080), (640, 360), (1920, 1080)),
        ((1280, 720), (428, 240), (1280, 720)),
        ((1272, 720), (426, 240), (1272, 720)),
        ((100, 56), (100, 56), (100, 56)),
    ],
)
def test_a_column_or_two_are_left_out_for_a_ratio_that_is_scaled_quickly(
    source: tuple[int, int], pane: tuple[int, int], used: tuple[int, int]
) -> None:
    placed = place(*source, Fraction(1), 0, PixelRect(0, 0, *pane), PaneFit.AUTO)
    assert placed.crop == PixelRect(0, 0, *used)
    turned = place(*source, Fraction(1), 90, PixelRect(0, 0, *reversed(pane)), PaneFit.AUTO)
    assert turned.crop == placed.crop
    filled = place(*source, Fraction(1), 0, PixelRect(0, 0, *pane), PaneFit.FILL)
    assert filled.crop == PixelRect(0, 0, *source), "what was asked for is done"


def test_the_small_ratios_are_compiled() -> None:
    assert set(SMALL_RATIOS) <= RATIOS.keys()


def test_on_wide_pixels_pictures_keep_their_shape() -> None:
    """16:9 over the whole width of CIF, whose 352 pixels are as wide as 384 lines are high."""
    picture = blank_picture(640, 360)
    scene = Scene(layout_for(1), (PaneView("a", picture), PaneView("b", None)))
    (pane, other) = on_pixels(scene, Fraction(12, 11)).panes
    assert pane.picture is not None
    assert pane.picture.y is picture.y
    rect = PixelRect(0, 0, 352, 288)
    placed = place(640, 360, pane.picture.pixel_aspect, 0, rect, PaneFit.FIT)
    assert (placed.tile.w, placed.tile.h) == (352, 216)
    assert other.picture is None
    assert on_pixels(scene, Fraction(1)) is scene
