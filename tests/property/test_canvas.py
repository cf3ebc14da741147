"""Any canvas, layout, texts: each pane keeps to itself, the same in is the same out."""

from fractions import Fraction
from itertools import pairwise
from threading import Thread

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.canvas_set import CanvasSet
from mcu_core.compositor.scene import PaneState, PixelRect, plan
from mcu_core.compositor.tile_cache import TileCache
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.model import Layout, PaneRect
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture

SIZES = st.one_of(
    st.sampled_from([(176, 144), (352, 288), (640, 480), (1280, 720), (1920, 1200)]),
    st.tuples(
        st.integers(64, 480).map(lambda half: 2 * half),
        st.integers(48, 300).map(lambda half: 2 * half),
    ),
)
STATES: list[PaneState] = [
    "live",
    "live",
    "stalled",
    "no-video",
    "camera-off",
    "audio-only",
    "empty",
]
NAMES = st.sampled_from(
    ["", "县医院", "省人民医院远程会诊中心急诊手术室第一会场", "Dr. Who", "\u0301\ud800"]
)
STRIPS = st.one_of(
    st.none(),
    st.builds(
        TextStrip,
        text=st.one_of(st.text(max_size=30), st.just("请各会场提前调试设备。" * 20)),
        position=st.sampled_from(["top", "bottom"]),
        size=st.floats(0.02, 0.2),
        color=st.sampled_from(["#ffffff", "#ff0000"]),
        background=st.sampled_from(["#00000099", "#102030", "#ffffff00"]),
    ),
)


@st.composite
def layouts(draw: DrawFn) -> Layout:
    """One of the 50 modes, any grid, or any rectangles over each other."""
    kind = draw(st.sampled_from(["mode", "grid", "overlap"]))
    if kind == "mode":
        return draw(st.sampled_from(MODES))
    cut = st.fractions(0, 1, max_denominator=60)
    if kind == "grid":
        xs, ys = (sorted(draw(st.sets(cut, max_size=3)) | {Fraction(0), Fraction(1)}) for _ in "xy")
        panes = [
            PaneRect(x, y, right - x, bottom - y)
            for y, bottom in pairwise(ys)
            for x, right in pairwise(xs)
        ]
    else:
        panes = []
        for _ in range(draw(st.integers(1, 5))):
            x, right = sorted(draw(st.tuples(cut, cut)))
            y, bottom = sorted(draw(st.tuples(cut, cut)))
            panes.append(PaneRect(x, y, right - x, bottom - y, draw(st.integers(0, 3))))
    return Layout(None, "own", 0, tuple(panes), "own")


@st.composite
def pane_views(draw: DrawFn) -> PaneView:
    width, height = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    half = ((height + 1) // 2, (width + 1) // 2)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y, u, v = (rng.integers(0, 256, size, dtype=np.uint8) for size in ((height, width), half, half))
    picture = Picture(
        y, u, v, serial=draw(st.integers(0, 9)), rotation=draw(st.sampled_from([0, 90]))
    )
    return PaneView(
        draw(st.sampled_from("abc")),
        draw(st.sampled_from([picture, picture, None])),
        draw(st.sampled_from(PaneFit)),
        draw(NAMES),
        draw(st.booleans()),
        draw(st.sampled_from(STATES)),
    )


def content(picture: Picture) -> bytes:
    return bytes(picture.owner)


def strips(scene: Scene, size: tuple[int, int]) -> list[PixelRect]:
    """Where texts may be, at most."""
    width, height = size
    high = sum(
        max(16, round(text.size * height)) + 2
        for text in (scene.banner, scene.caption)
        if text is not None
    )
    return [PixelRect(0, 0, width, high), PixelRect(0, height - high, width, high)]


@settings(deadline=None, max_examples=50)
@given(
    SIZES, layouts(), st.lists(pane_views(), max_size=9), pane_views(), STRIPS, STRIPS, st.data()
)
def test_a_pane_that_changes_touches_no_other(
    size: tuple[int, int],
    layout: Layout,
    panes: list[PaneView],
    other: PaneView,
    banner: TextStrip | None,
    caption: TextStrip | None,
    data: st.DataObject,
) -> None:
    k = data.draw(st.integers(0, len(layout.panes) - 1))
    padded = [*panes, *[PaneView("", None, state="empty")] * len(layout.panes)]
    before = Scene(layout, tuple(padded[: len(layout.panes)]), banner, caption)
    padded[k] = other
    after = Scene(layout, tuple(padded[: len(layout.panes)]), banner, caption)
    canvas = Canvas(*size)
    one, two = canvas.compose(before), canvas.compose(after)
    assert content(two) == content(Canvas(*size).compose(after))
    rect = plan(layout, *size)[k]
    outside = one.y != two.y
    outside[rect.y : rect.bottom, rect.x : rect.right] = False
    assert not outside.any()


@settings(deadline=None, max_examples=50)
@given(SIZES, layouts(), st.lists(pane_views(), max_size=9), STRIPS, STRIPS)
def test_texts_keep_to_their_edges(
    size: tuple[int, int],
    layout: Layout,
    panes: list[PaneView],
    banner: TextStrip | None,
    caption: TextStrip | None,
) -> None:
    unnamed = tuple(
        PaneView(view.source_id, view.picture, view.fit, "", view.speaking, "live")
        for view in panes
        if view.picture is not None
    )
    scene = Scene(layout, unnamed, banner, caption)
    canvas = Canvas(*size)
    bare = canvas.compose(Scene(layout, unnamed))
    dressed = canvas.compose(scene, 3 * NS_PER_SECOND)
    middle = bare.y != dressed.y
    for rect in strips(scene, size):
        middle[max(0, rect.y) : max(0, rect.bottom)] = False
    assert not middle.any()
    assert content(canvas.compose(Scene(layout, unnamed))) == content(bare)


@settings(deadline=None, max_examples=15)
@given(
    st.sampled_from([(176, 144), (352, 288), (320, 180)]),
    st.sampled_from([25, 30, 50, 60]),
    st.lists(
        st.tuples(layouts(), st.lists(pane_views(), max_size=6), STRIPS, STRIPS, st.booleans()),
        min_size=1,
        max_size=4,
    ),
)
def test_the_same_in_is_the_same_out_whatever_the_threads_do(
    size: tuple[int, int],
    fps: int,
    changes: list[tuple[Layout, list[PaneView], TextStrip | None, TextStrip | None, bool]],
) -> None:
    """Three sets share a cache of tiles in three threads; a fourth has everything to itself."""

    def run(tiles: TileCache | None) -> list[bytes]:
        canvases = CanvasSet(*size, tiles)
        made = []
        for tick in range(3 * len(changes)):
            layout, panes, banner, caption, draft = changes[tick // 3]
            scene = Scene(layout, tuple(panes), banner, caption)
            for view in "ab":
                picture = canvases.compose(view, scene, tick * NS_PER_SECOND // fps, draft)
                made.append(content(picture))
        return made

    expected = run(None)
    tiles = TileCache(limit_bytes=100_000)
    results: list[list[bytes]] = []
    threads = [Thread(target=lambda: results.append(run(tiles))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 3
