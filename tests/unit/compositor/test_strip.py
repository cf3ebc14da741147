"""Banner and caption: where they stand, how they move, what they leave of the panes."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.strip import GAP_SHARE, LONGEST, REST_NS, WIDEST, strip
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture
from tests.unit.compositor.flat import color_of, equal, flat

SHORT = "会诊开始"
LONG = "关于召开远程会诊工作会议的通知,请各会场提前调试设备。Please be quiet. " * 3
SIZES = [(176, 144), (352, 288), (1280, 720), (1920, 1200)]


def pane(name: str = "", speaking: bool = False) -> PaneView:
    return PaneView("s", flat(64, 36, color_of(0)), PaneFit.FILL, name, speaking)


def composed(scene: Scene, size: tuple[int, int] = (640, 360), stamp_ns: int = 0) -> Picture:
    return Canvas(*size).compose(scene, stamp_ns)


def changed(one: Picture, other: Picture) -> NDArray[np.bool_]:
    return np.asarray((one.y != other.y).any(axis=1))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", [SHORT, LONG])
def test_text_stands_at_its_edge_and_nowhere_else(size: tuple[int, int], text: str) -> None:
    bare = composed(Scene(mode(1), (pane(),)), size)
    banner = TextStrip(text, background="#00000000")
    caption = TextStrip(text, "bottom", background="#00000000")
    over = composed(Scene(mode(1), (pane(),), banner, caption), size)
    rows = changed(over, bare)
    high = max(16, round(0.06 * size[1]) + 1)
    assert rows[:high].any()
    assert rows[-high:].any()
    assert not rows[high:-high].any()
    # White letters, not a plate: most samples between them are left.
    assert 0.004 < (over.y[:high] > 190).mean() < 0.5


def test_colours_are_as_asked() -> None:
    strip_of = TextStrip(SHORT, size=0.2, color="#ff0000", background="#0000ff80")
    picture = composed(Scene(mode(1), (pane(),), strip_of))
    ground = picture.y[2, 2], picture.u[1, 1], picture.v[1, 1]
    blue, pane_color = (32, 240, 118), color_of(0)
    half = [(128 * b + 127 * p) / 255 for b, p in zip(blue, pane_color, strict=True)]
    assert np.abs(np.subtract(ground, half)).max() <= 1
    red = (picture.v[:36] > 220).sum()
    assert red > 50


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "", "#gggggg", "＃000000"])
def test_what_is_no_colour_is_refused(color: str) -> None:
    for text in (TextStrip(SHORT, color=color), TextStrip(SHORT, background=color)):
        with pytest.raises(BadInput, match="color"):
            strip(text, 640, 360)


def test_text_that_is_a_little_too_wide_is_made_smaller() -> None:
    normal, tight = strip(TextStrip("国" * 20), 800, 720), strip(TextStrip("国" * 20), 560, 720)
    assert normal is not None
    assert tight is not None
    assert normal.loop == tight.loop == 0
    for made, width in ((normal, 800), (tight, 560)):
        inked = np.flatnonzero(made.mask.any(axis=0))
        left, right = inked[0], width - 1 - inked[-1]
        assert left > 10
        assert abs(int(left) - int(right)) <= 4  # in the middle
    assert (tight.mask > 128).any(axis=1).sum() < (normal.mask > 128).any(axis=1).sum()


def test_text_stands_in_any_width_that_just_holds_it() -> None:
    for letters in range(1, 60):
        made = strip(TextStrip("0" * letters, size=0.19), 320, 180)
        assert made is not None
        if made.loop:
            assert letters > 10
            return
        assert made.mask.shape == (34, 322)
    raise AssertionError("it has to move in the end")


def test_text_that_is_much_too_wide_moves() -> None:
    made = strip(TextStrip(LONG), 640, 360)
    assert made is not None
    assert made.loop > 640
    assert made.mask.shape[1] >= made.loop + 640 + 1
    # What comes after once around is what was at the beginning.
    assert (made.mask[:, made.loop : made.loop + 600] == made.mask[:, :600]).all()
    gap = np.flatnonzero(made.mask[:, : made.loop].any(axis=0))
    assert made.loop - (gap[-1] - gap[0]) >= GAP_SHARE * 10


@pytest.mark.parametrize("fps", [25, 30, 50, 60])
def test_it_rests_then_moves_evenly_then_comes_again(fps: int) -> None:
    made = strip(TextStrip(LONG), 640, 360)
    assert made is not None
    around_ns = REST_NS + made.loop * 256 * NS_PER_SECOND // made.speed
    at = [made.shift(k * NS_PER_SECOND // fps) for k in range(around_ns * fps // NS_PER_SECOND)]
    rest = 2 * fps
    assert set(at[: rest + 1]) == {0}
    steps = {later - sooner for sooner, later in pairwise(at[rest:])}
    assert max(steps) - min(steps) <= 1  # of 256 parts of a sample
    assert made.shift(around_ns) == 0
    assert max(at) < made.loop * 256
    assert made.shift(-1) < made.loop * 256  # before it was set: still a place


def test_the_stamp_alone_says_where_it_is() -> None:
    scene = Scene(mode(11), (pane(),) * 4, caption=TextStrip(LONG, "bottom"))
    used = Canvas(640, 360)
    for tick in range(40):
        used.compose(scene, tick * 71_000_000)
    now = 3_217_000_001
    fresh = composed(scene, stamp_ns=now)
    assert equal(used.compose(scene, now), fresh)
    assert not equal(fresh, composed(scene, stamp_ns=now + 100_000_000))
    later = Scene(scene.layout, scene.panes, caption=scene.caption, texts_since_ns=10**15)
    assert equal(fresh, composed(later, stamp_ns=now + 10**15))


def test_moving_text_costs_its_own_strip_alone() -> None:
    canvas = Canvas(640, 360)
    scene = Scene(mode(11), (pane("县医院"),) * 4, caption=TextStrip(LONG, "bottom"))
    pictures = [canvas.compose(scene, k * 33_000_000) for k in range(90)]
    resting = sum(k * 33_000_000 <= REST_NS for k in range(90))
    assert canvas.composed == 1 + 90 - resting
    assert canvas.scaled == 4
    assert pictures[0] is pictures[resting - 1]
    rows = changed(pictures[0], pictures[-1])
    assert not rows[:330].any()


def test_text_that_stands_costs_nothing() -> None:
    canvas = Canvas(640, 360)
    scene = Scene(mode(11), (pane(),) * 4, TextStrip(SHORT), TextStrip(SHORT, "bottom"))
    assert canvas.compose(scene, 0) is canvas.compose(scene, 9 * NS_PER_SECOND)


def test_what_lay_below_comes_back() -> None:
    canvas = Canvas(640, 360)
    bare = Scene(mode(11), (pane("县医院"),) * 4)
    for text in (TextStrip(SHORT), TextStrip(LONG, size=0.2), TextStrip(SHORT, "bottom"), None):
        scene = Scene(bare.layout, bare.panes, text, text)
        assert equal(canvas.compose(scene), composed(scene))
        assert equal(canvas.compose(bare), composed(bare))


@pytest.mark.parametrize("size", SIZES)
def test_names_stand_clear_of_the_strips(size: tuple[int, int]) -> None:
    """The rows that a strip covers are the same with and without a name."""
    for number in (1, 11, 36):
        count = len(mode(number).panes)
        texts = TextStrip("会", background="#000000ff"), TextStrip("诊", "bottom")
        named = composed(Scene(mode(number), (pane("县医院"),) * count, *texts), size)
        plain = composed(Scene(mode(number), (pane(),) * count, *texts), size)
        rows = changed(named, plain)
        high = max(16, round(0.06 * size[1]) + 1)
        assert not rows[:high].any()
        assert not rows[-high:].any()
        if size[1] >= 288:
            assert rows[-high - size[1] // 8 : -high].any(), "the lowest names are there"


def test_two_strips_at_one_edge_stand_below_each_other() -> None:
    both = Scene(mode(1), (pane(),), TextStrip("会"), TextStrip("诊"))
    one = Scene(mode(1), (pane(),), TextStrip("会"))
    difference = np.flatnonzero(changed(composed(both), composed(one)))
    assert difference[0] >= 22
    assert difference[-1] < 44


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_no_text_no_strip(text: str) -> None:
    assert strip(TextStrip(text), 640, 360) is None


def test_no_canvas_is_too_small_and_no_text_too_long() -> None:
    huge = TextStrip("m国" * 4000, size=0.2)
    for size in ((2, 2), (16, 16), (128, 96), (1920, 1200)):
        composed(Scene(mode(36), (pane(),) * 9, huge, huge), size, 5 * NS_PER_SECOND)
    made = strip(huge, 1920, 1200)
    assert made is not None
    assert made.mask.shape[1] <= WIDEST + 1920 + 8 * made.height
    assert made.loop < LONGEST * made.height
