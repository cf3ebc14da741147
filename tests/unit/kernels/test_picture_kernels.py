"""Picture kernels against their slow twins: random and worst-case data, odd sizes, padded rows."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcu_core.kernels import planes
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.resample import resample
from mcu_core.kernels.warmup import warm_up
from mcu_core.kernels.weights import chroma_axis, luma_axis
from tests.fakes.planes import WORST, Guarded, picture
from tests.reference import picture_kernels as slow

SIZES = [  # (source h, w), (target h, w)
    ((72, 128), (27, 48)),
    ((90, 192), (30, 64)),
    ((64, 64), (64, 64)),
    ((33, 100), (32, 98)),
    ((35, 63), (70, 126)),
    ((9, 7), (40, 200)),
    ((101, 307), (17, 13)),
    ((64, 257), (33, 129)),
    ((1, 1), (16, 16)),
    ((1, 1), (1, 1)),
    ((300, 1), (2, 70)),
    ((2, 300), (90, 4)),
    ((700, 700), (2, 2)),
    ((512, 520), (2, 2)),
    ((514, 1800), (2, 4)),
    ((257, 386), (1, 1)),
]


@pytest.mark.parametrize(("source", "target"), SIZES)
def test_resample_is_the_exact_mean(source: tuple[int, int], target: tuple[int, int]) -> None:
    y_axis, x_axis = luma_axis(source[0], target[0]), luma_axis(source[1], target[1])
    ratio = Fraction(source[0], target[0]), Fraction(source[1], target[1])
    # Half a step of rounding, and 1/512 of one per tap for the low halves that are dropped.
    taps = int(y_axis.spans[:, 1].max() + x_axis.spans[:, 1].max())
    for kind in WORST:
        plane = picture(kind, *source)
        before = plane.copy()
        guarded = Guarded(*target)
        resample(guarded.plane, plane, *x_axis, *y_axis)
        exact = slow.scaled(plane, target, ratio)
        assert np.abs(guarded.plane - exact).max() <= 0.51 + taps / 512, kind
        assert (plane == before).all()
        guarded.assert_untouched_outside()


@pytest.mark.parametrize(("source", "target"), SIZES)
def test_chroma_stays_where_luma_is(source: tuple[int, int], target: tuple[int, int]) -> None:
    size = (target[0] + 1) // 2, (target[1] + 1) // 2
    plane = picture("random", (source[0] + 1) // 2, (source[1] + 1) // 2)
    guarded = Guarded(*size)
    y_axis = chroma_axis(source[0], target[0], False)
    x_axis = chroma_axis(source[1], target[1], True)
    resample(guarded.plane, plane, *x_axis, *y_axis)
    ratio = Fraction(source[0], target[0]), Fraction(source[1], target[1])
    exact = slow.scaled(plane, size, ratio, (False, True))
    taps = int(y_axis.spans[:, 1].max() + x_axis.spans[:, 1].max())
    assert np.abs(guarded.plane - exact).max() <= 0.51 + taps / 512
    guarded.assert_untouched_outside()


def test_same_size_is_a_copy() -> None:
    plane = picture("random", 65, 131)
    target = np.zeros((65, 131), np.uint8)
    resample(target, plane, *luma_axis(131, 131), *luma_axis(65, 65))
    assert (target == plane).all()


@pytest.mark.parametrize("size", [(270, 480), (237, 411), (1080, 1920)])
def test_a_flat_picture_stays_flat(size: tuple[int, int]) -> None:
    for level in (0, 1, 16, 127, 235, 254, 255):
        plane = np.full((720, 1280), level, np.uint8)
        target = np.zeros(size, np.uint8)
        resample(target, plane, *luma_axis(1280, size[1]), *luma_axis(720, size[0]))
        assert (target == level).all()


@settings(deadline=None)
@given(st.integers(1, 4200), st.integers(1, 2000))
def test_tables_stay_inside_the_source(source: int, target: int) -> None:
    chroma = chroma_axis(source, target, True)
    for axis, available in ((luma_axis(source, target), source), (chroma, (source + 1) // 2)):
        starts, taps = axis.spans[:, 0], axis.spans[:, 1]
        assert starts.min() >= 0
        assert taps.min() >= 1
        assert (starts + taps).max() <= available
        sums = axis.weights.sum(axis=1, dtype=np.int64)
        assert set(sums.tolist()) <= {65535, 65536}


def test_copy_and_fill_write_their_plane_only() -> None:
    plane = picture("random", 17, 93)
    guarded = Guarded(17, 93)
    planes.copy(guarded.plane, plane)
    assert (guarded.plane == plane).all()
    guarded.assert_untouched_outside()
    planes.fill(guarded.plane, 200)
    assert (guarded.plane == 200).all()
    guarded.assert_untouched_outside()


def test_blend_rounds_every_product_right() -> None:
    alpha, paint = (plane.astype(np.uint8) for plane in np.indices((256, 256)))
    for ground in (0, 1, 127, 254, 255):
        target = np.full((256, 256), ground, np.uint8)
        expected = slow.blended(target, paint, alpha)
        planes.blend(target, paint, alpha)
        assert (target == expected).all()


def test_blend_writes_its_plane_only() -> None:
    guarded = Guarded(13, 67)
    planes.blend(guarded.plane, picture("random", 13, 67), picture("random", 13, 67))
    guarded.assert_untouched_outside()


@pytest.mark.parametrize("quarters", range(4))
def test_turn(quarters: int) -> None:
    for height, width in ((1, 1), (5, 9), (34, 70)):
        plane = picture("random", height, width)
        expected = slow.turned(plane, quarters)
        guarded = Guarded(*expected.shape)
        planes.turn(guarded.plane, plane, quarters)
        assert (guarded.plane == expected).all()
        guarded.assert_untouched_outside()


@pytest.mark.parametrize("kind", WORST)
def test_recolor(kind: str) -> None:
    # BT.601 to BT.709, and a set that leaves 0..255 on both sides.
    for c in (
        [16384, -1800, -3400, 673792, 16600, 1800, -300000, 1200, 16700, -250000],
        [60000, -20000, 30000, -900000, 40000, -40000, 0, -30000, 50000, 90000],
    ):
        y = picture(kind, 34, 70)
        u, v = picture(kind, 17, 35), picture("random", 17, 35)
        expected = slow.recolored(y, u, v, c)
        guarded = Guarded(34, 70), Guarded(17, 35), Guarded(17, 35)
        for target, plane in zip(guarded, (y, u, v), strict=True):
            target.plane[...] = plane
        recolor(guarded[0].plane, guarded[1].plane, guarded[2].plane, np.array(c, np.int64))
        for target, plane in zip(guarded, expected, strict=True):
            assert (target.plane == plane).all()
            target.assert_untouched_outside()


def test_warm_up_may_be_called_again() -> None:
    warm_up()
    warm_up()


def test_a_wrong_type_fails_instead_of_compiling_a_slow_variant() -> None:
    with pytest.raises(TypeError):
        planes.fill(np.zeros((4, 4), np.float64), 1)
