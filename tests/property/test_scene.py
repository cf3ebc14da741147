"""Any layout on any canvas, any picture in any pane."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mcu_core.compositor.scene import PixelRect, place, plan
from mcu_core.contract.definition import PaneFit
from mcu_core.layouts.model import Layout, PaneRect

EVEN = st.integers(1, 1000).map(lambda half: 2 * half)
CUTS = st.sets(st.fractions(0, 1, max_denominator=97), max_size=6)


@settings(deadline=None)
@given(CUTS, CUTS, EVEN, EVEN)
def test_any_grid_covers_any_canvas(
    columns: set[Fraction], rows: set[Fraction], width: int, height: int
) -> None:
    xs = sorted(columns | {Fraction(0), Fraction(1)})
    ys = sorted(rows | {Fraction(0), Fraction(1)})
    panes = tuple(
        PaneRect(x, y, right - x, bottom - y)
        for y, bottom in pairwise(ys)
        for x, right in pairwise(xs)
    )
    rects = plan(Layout(None, "grid", 0, panes, "own"), width, height)
    assert sum(rect.w * rect.h for rect in rects) == width * height
    assert not any(a.overlaps(b) for k, a in enumerate(rects) for b in rects[k + 1 :])


@settings(deadline=None)
@given(
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.fractions(Fraction(1, 4), 4),
    st.sampled_from([0, 90, 180, 270]),
    EVEN,
    EVEN,
    st.sampled_from(PaneFit),
)
def test_any_picture_lands_inside_its_pane(
    src_w: int,
    src_h: int,
    aspect: Fraction,
    rotation: int,
    width: int,
    height: int,
    fit: PaneFit,
) -> None:
    rect = PixelRect(10, 20, width, height)
    placement = place(src_w, src_h, aspect, rotation, rect, fit)
    crop, tile = placement.crop, placement.tile
    assert not any(side % 2 for side in (tile.x, tile.y, tile.w, tile.h, crop.x, crop.y))
    assert min(tile.w, tile.h) >= 2
    assert min(crop.w, crop.h) >= 1
    assert crop.right <= src_w
    assert crop.bottom <= src_h
    assert rect.x <= tile.x <= tile.right <= rect.right
    assert rect.y <= tile.y <= tile.bottom <= rect.bottom
    covered = tile.w * tile.h + sum(bar.w * bar.h for bar in placement.bars)
    assert covered == width * height
