"""Scaling by compiled ratios against the slow twin: exact means, rounded to the nearest."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcu_core.kernels.ratio_code import reciprocal
from mcu_core.kernels.ratios import RATIOS, compiled, least_width
from mcu_core.kernels.scale import scale_chroma, scale_luma
from tests.fakes.planes import WORST, Guarded, picture
from tests.reference import picture_kernels as slow

HALF = 0.5 + 1e-9


@pytest.mark.parametrize(("p", "q"), RATIOS)
@pytest.mark.parametrize("cosited", [False, True])
@pytest.mark.parametrize("more", [0, 1, 5, 47])
def test_ratio_is_the_exact_mean(p: int, q: int, cosited: bool, more: int) -> None:
    across, down = least_width(p, q) // q + more, 2 + more % 2
    ratio = Fraction(p, q)
    scale = compiled((p * down, p * across), (q * down, q * across))
    assert scale is not None
    for kind in WORST:
        plane = picture(kind, p * down, p * across)
        before = plane.copy()
        guarded = Guarded(q * down, q * across)
        scale(guarded.plane, plane, cosited)
        exact = slow.scaled(plane, (q * down, q * across), (ratio, ratio), (False, cosited))
        assert np.abs(guarded.plane - exact).max() <= HALF, kind
        assert (plane == before).all()
        guarded.assert_untouched_outside()


@pytest.mark.parametrize(("p", "q"), RATIOS)
def test_every_level_stays_itself(p: int, q: int) -> None:
    across = least_width(p, q) // q
    for level in range(256):
        plane = np.full((p, p * across), level, np.uint8)
        for cosited in (False, True):
            target = np.zeros((q, q * across), np.uint8)
            RATIOS[p, q](target, plane, cosited)
            assert (target == level).all()


@settings(deadline=None)
@given(
    st.sampled_from(sorted(RATIOS)),
    st.tuples(st.integers(1, 5), st.integers(1, 70)),
    st.tuples(st.integers(-1, 1), st.integers(-1, 1)),
    st.integers(0, 2**32 - 1),
)
def test_any_size_is_served(
    ratio: tuple[int, int], periods: tuple[int, int], off: tuple[int, int], seed: int
) -> None:
    """Whole periods and a sample more or less, planes too narrow: compiled or by tables."""
    p, q = ratio
    size = max(q * periods[0] + off[0], 1), max(q * periods[1] + off[1], 1)
    height, width = max(p * periods[0], size[0]), max(p * periods[1], size[1])
    rng = np.random.default_rng(seed)
    plane = rng.integers(0, 256, (height, width), dtype=np.uint8)
    ratios = Fraction(height, size[0]), Fraction(width, size[1])
    taps = float(sum(ratios)) + 4
    guarded = Guarded(*size)
    scale_luma(guarded.plane, plane)
    exact = slow.scaled(plane, size, ratios)
    assert np.abs(guarded.plane - exact).max() <= 0.51 + taps / 512
    guarded.assert_untouched_outside()
    half = (height + 1) // 2, (width + 1) // 2
    small = (size[0] + 1) // 2, (size[1] + 1) // 2
    chroma = np.ascontiguousarray(plane[: half[0], : half[1]])
    guarded = Guarded(*small)
    scale_chroma(guarded.plane, chroma, (height, width), size)
    exact = slow.scaled(chroma, small, ratios, (False, True))
    assert np.abs(guarded.plane - exact).max() <= 0.51 + taps / 512
    guarded.assert_untouched_outside()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((720, 1280), (270, 480)),
        ((1080, 1920), (360, 640)),
        ((720, 1280), (540, 960)),
        ((720, 1280), (360, 640)),
        ((1080, 1920), (720, 1280)),
        ((1080, 1920), (270, 480)),
        ((1080, 1920), (180, 320)),
        ((360, 640), (180, 320)),
    ],
)
def test_common_panes_are_compiled(source: tuple[int, int], target: tuple[int, int]) -> None:
    assert compiled(source, target) is not None
    small, tile = ((h // 2, w // 2) for h, w in (source, target))
    assert compiled(small, tile) is not None


def test_odd_sizes_of_luma_keep_their_chroma_beside_it() -> None:
    """Chroma of an odd width is not half of it: only the tables know by how much."""
    plane = picture("random", 24, 200)
    target = np.zeros((9, 75), np.uint8)
    scale_chroma(target, plane, (48, 399), (18, 149))
    exact = slow.scaled(plane, (9, 75), (Fraction(48, 18), Fraction(399, 149)), (False, True))
    assert np.abs(target - exact).max() <= 0.53


def test_threads_do_not_disturb_each_other() -> None:
    planes = [picture("random", 720, 1280 + 48 * k) for k in range(8)]

    def scaled(plane: object) -> bytes:
        assert isinstance(plane, np.ndarray)
        target = np.zeros((270, plane.shape[1] // 8 * 3), np.uint8)
        scale_luma(target, plane[:, : plane.shape[1] // 8 * 8])
        return target.tobytes()

    alone = [scaled(plane) for plane in planes]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scaled, planes * 4)) == alone * 4


@pytest.mark.parametrize("total", [2, 3, 18, 25, 36, 64, 100, 144, 256])
def test_reciprocals_divide_exactly(total: int) -> None:
    m, s = reciprocal(total)
    sums = np.arange(255 * total + total // 2 + 1)
    assert ((sums * m >> 16) >> s == sums // total).all()
