"""The canvas: every layout by colour, nothing done twice, nothing rewritten under a reader."""

import random
from dataclasses import replace
from fractions import Fraction
from threading import Thread

import numpy as np
import pytest

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.scene import LogoPicture, PaneState
from mcu_core.compositor.sheets import MOST
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.layouts.catalogue import MODES, mode
from mcu_core.layouts.model import Layout, PaneRect
from mcu_core.layouts.own import read_layout
from mcu_core.media.color import Color, Matrix, Range
from mcu_core.media.picture import Picture
from tests.unit.compositor.flat import BLACK, color_at, color_of, equal, flat, noise

INSIDE = 2
"""A pane's colour stands from this many samples inside its exact edge on."""

OVERLAY = read_layout(
    {
        "overlap": True,
        "panes": [
            {"x": 0, "y": 0, "w": 0.75, "h": 1},
            {"x": 0.5, "y": 0.5, "w": 0.5, "h": 0.5, "z": 2},
            {"x": 0.4, "y": 0.2, "w": 0.3, "h": 0.5, "z": 1},
        ],
    }
)


def views(count: int, width: int = 64, height: int = 36) -> tuple[PaneView, ...]:
    return tuple(
        PaneView(f"s{k}", flat(width, height, color_of(k)), PaneFit.FILL) for k in range(count)
    )


def points(pane: PaneRect, width: int, height: int) -> list[tuple[int, int]]:
    """The middle of a pane and places just inside its corners and edges."""
    left, right = int(pane.x * width) + INSIDE, int(pane.right * width) - 1 - INSIDE
    top, bottom = int(pane.y * height) + INSIDE, int(pane.bottom * height) - 1 - INSIDE
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    return [(x, y) for x in (left, middle_x, right) for y in (top, middle_y, bottom)]


def topmost(layout: Layout, x: int, y: int, width: int, height: int) -> int:
    """The pane that is seen at a place."""
    seen = [
        k
        for k, p in enumerate(layout.panes)
        if p.x * width <= x < p.right * width and p.y * height <= y < p.bottom * height
    ]
    return max(seen, key=lambda k: (layout.panes[k].z, k))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (352, 288), (1920, 1080), (1366, 768)])
def test_each_mode_shows_each_source_in_its_pane(width: int, height: int) -> None:
    canvas = Canvas(width, height)
    for layout in MODES:
        picture = canvas.compose(Scene(layout, views(len(layout.panes))))
        wrong = [
            (layout.name, k, x, y, color_at(picture, x, y))
            for k, pane in enumerate(layout.panes)
            for x, y in points(pane, width, height)
            if color_at(picture, x, y) != color_of(topmost(layout, x, y, width, height))
            # Where a floating pane's edge is near, either may be seen.
            and layout.kind != "pip"
        ]
        assert not wrong
        if layout.kind == "letterboxed":
            assert BLACK in {
                color_at(picture, x, y) for x in (0, width - 1) for y in (0, height - 1)
            }


@pytest.mark.parametrize("number", [16, 30])
def test_floating_panes_lie_over_the_full_one(number: int) -> None:
    layout = mode(number)
    picture = Canvas(1280, 720).compose(Scene(layout, views(len(layout.panes))))
    for k, pane in enumerate(layout.panes[1:], 1):
        for x, y in points(pane, 1280, 720):
            assert color_at(picture, x, y) == color_of(k)
    left, _, top, bottom = _edges(layout)
    for x, y in ((5, 5), (1275, 715), (left - 3, top + 20), (640, bottom + 3), (640, top - 4)):
        assert color_at(picture, x, y) == color_of(0)


def _edges(layout: Layout) -> tuple[int, int, int, int]:
    floating = layout.panes[1:]
    return (
        int(min(p.x for p in floating) * 1280),
        int(max(p.right for p in floating) * 1280),
        int(min(p.y for p in floating) * 720),
        int(max(p.bottom for p in floating) * 720),
    )


def test_nothing_changed_is_the_same_picture() -> None:
    canvas = Canvas(320, 180)
    first = canvas.compose(Scene(mode(11), views(4)), 7)
    again = canvas.compose(Scene(mode(11), views(4)), 8)
    assert again is first
    assert (first.serial, first.stamp_ns) == (1, 7)
    assert (canvas.composed, canvas.scaled, canvas.reused) == (1, 4, 4)


def test_only_the_pane_that_changed_is_scaled() -> None:
    canvas = Canvas(320, 180)
    panes = list(views(4))
    for serial in range(12):
        panes[2] = PaneView("s2", flat(64, 36, color_of(serial % 9), serial), PaneFit.FILL)
        picture = canvas.compose(Scene(mode(11), tuple(panes)))
        assert color_at(picture, 40, 130) == color_of(serial % 9)
        assert color_at(picture, 40, 40) == color_of(0)
    assert (canvas.composed, canvas.scaled) == (12, 4 + 11)


def test_pictures_that_are_read_are_left_alone() -> None:
    canvas = Canvas(64, 36)
    kept = []
    for serial in range(3 * MOST):
        picture = canvas.compose(Scene(mode(1), (PaneView("a", noise(64, 36, serial)),)))
        kept.append((picture, replace(picture, y=picture.y.copy(), u=picture.u, v=picture.v)))
    assert all(np.array_equal(picture.y, copy.y) for picture, copy in kept)
    assert canvas.abandoned == 3 * MOST - MOST


def test_one_plane_is_enough_to_keep_a_picture() -> None:
    canvas = Canvas(64, 36)
    kept = [
        canvas.compose(Scene(mode(1), (PaneView("a", noise(64, 36, serial)),))).u[4:8, 2:9]
        for serial in range(6)
    ]
    assert len({plane.tobytes() for plane in kept}) == 6


def test_memory_is_used_again_when_nobody_reads() -> None:
    canvas = Canvas(64, 36)
    addresses = {
        canvas.compose(
            Scene(mode(1), (PaneView("a", noise(64, 36, serial)),))
        ).y.__array_interface__["data"][0]
        for serial in range(40)
    }
    assert len(addresses) <= 5
    assert canvas.abandoned == 0


def test_owner_is_one_array_behind_all_planes() -> None:
    picture = Canvas(64, 36).compose(Scene(mode(11), views(4)))
    assert picture.owner.shape == (54, 64)
    joined = np.concatenate([plane.reshape(-1) for plane in (picture.y, picture.u, picture.v)])
    assert (picture.owner.reshape(-1) == joined).all()


STATES: tuple[PaneState, ...] = (
    *("live", "live", "live", "stalled", "no-video", "camera-off", "audio-only", "empty"),
)
TEXTS = (
    *(None, None, TextStrip("会诊"), TextStrip("会诊 at noon", "bottom", 0.2)),
    TextStrip("请各会场提前调试设备。" * 9, "bottom", color="#ffcc00", background="#00000000"),
)
LOGO = LogoPicture(
    "x", "bottom-left", 0.1, np.random.default_rng(1).integers(0, 256, (20, 30, 4), np.uint8)
)
LAYOUTS = (mode(1), mode(5), mode(11), mode(16), mode(21), OVERLAY)


def _random_view(chance: random.Random, sources: list[Picture]) -> PaneView:
    name = chance.randrange(len(sources))
    return PaneView(
        f"s{name}",
        chance.choice([sources[name], sources[name], sources[name], None]),
        chance.choice(list(PaneFit)),
        chance.choice(["", "会诊室"]),
        chance.random() < 0.2,
        chance.choice(STATES),
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_used_canvas_equals_a_new_one(seed: int) -> None:
    """Any sequence of scenes, some pictures kept for a while: never a stale or torn pane."""
    chance = random.Random(seed)
    sources = [noise(50 + 7 * k, 30 + 3 * k, k) for k in range(4)]
    canvas = Canvas(256, 144)
    kept: list[Picture] = []
    over: tuple[TextStrip | None, TextStrip | None, LogoPicture | None] = (None, None, None)
    layout, panes = LAYOUTS[0], [_random_view(chance, sources) for _ in range(6)]
    for step in range(60):
        if chance.random() < 0.15:
            layout = chance.choice(LAYOUTS)
        for k in range(6):
            if chance.random() < 0.3:
                panes[k] = _random_view(chance, sources)
        if chance.random() < 0.5:
            which = chance.randrange(4)
            sources[which] = noise(50 + 7 * which, 30 + 3 * which, 100 + step)
        if chance.random() < 0.15:
            over = chance.choice(TEXTS), chance.choice(TEXTS), chance.choice([None, LOGO])
        scene = Scene(layout, tuple(panes[: chance.choice([3, 6])]), *over)
        stamp_ns = step * 99_000_000
        if chance.random() < 0.2:
            canvas.compose(scene, stamp_ns, draft=True)
        picture = canvas.compose(scene, stamp_ns)
        assert equal(picture, Canvas(256, 144).compose(scene, stamp_ns))
        kept = [one for one in kept if chance.random() < 0.8]
        kept.append(picture)


def test_an_empty_floating_pane_is_not_there() -> None:
    canvas = Canvas(1280, 720)
    full, small, *rest = views(4)
    empty = PaneView("", None, state="empty")
    shown = canvas.compose(Scene(mode(16), (full, small, *rest)))
    assert color_at(shown, 300, 500) == color_of(1)
    gone = canvas.compose(Scene(mode(16), (full, empty, *rest)))
    assert color_at(gone, 300, 500) == color_of(0)
    assert color_at(gone, 640, 500) == color_of(2)
    alone = canvas.compose(Scene(mode(16), ()))
    assert {color_at(alone, x, 500) for x in (10, 300, 640)} == {BLACK}


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (2, 1), (1, 2), (3, 5), (17, 4096), (853, 481), (4096, 2160)]
)
def test_any_source_size_in_any_pane(width: int, height: int) -> None:
    source = flat(width, height, color_of(7))
    for size, number in (((1280, 720), 11), ((16, 16), 1), ((64, 64), 47), ((2, 2), 49)):
        canvas = Canvas(*size)
        for fit in PaneFit:
            for rotation in (0, 90, 180, 270):
                view = PaneView("a", replace(source, rotation=rotation), fit, "名", True)
                canvas.compose(Scene(mode(number), (view,) * 24))
        filled = PaneView("a", source, PaneFit.FILL)
        picture = canvas.compose(Scene(mode(number), (filled,) * 24))
        middle = color_at(picture, size[0] // 2, size[1] // 2)
        # Sums of thousands of samples lose up to 1/512 of a step for each.
        slack = 1 + (width // size[0] + height // size[1]) // 512
        assert np.abs(np.subtract(middle, color_of(7))).max() <= slack


def test_size_and_rotation_may_change_in_mid_call() -> None:
    canvas = Canvas(640, 360)
    for width, height, rotation in ((640, 360, 0), (360, 640, 0), (640, 360, 90), (352, 288, 0)):
        source = replace(flat(width, height, color_of(3)), rotation=rotation)
        picture = canvas.compose(Scene(mode(1), (PaneView("a", source),)))
        upright = (height > width) != (rotation == 90)
        assert color_at(picture, 320, 180) == color_of(3)
        assert color_at(picture, 30, 180) == (BLACK if upright or width == 352 else color_of(3))


def test_rotation_is_clockwise() -> None:
    source = flat(40, 40, color_of(0))
    source.y[:20, :20] = 200  # upper left
    places = {0: (20, 20), 90: (80, 20), 180: (80, 80), 270: (20, 80)}
    for rotation, place in places.items():
        canvas = Canvas(100, 100)
        view = PaneView("a", replace(source, rotation=rotation))
        picture = canvas.compose(Scene(mode(1), (view,)))
        bright = {at for at in places.values() if color_at(picture, *at)[0] == 200}
        assert bright == {place}


def test_pixel_aspect_makes_cif_four_to_three() -> None:
    source = replace(flat(352, 288, color_of(2)), pixel_aspect=Fraction(12, 11))
    picture = Canvas(640, 360).compose(Scene(mode(1), (PaneView("a", source),)))
    assert color_at(picture, 79, 180) == BLACK
    assert color_at(picture, 80, 180) == color_of(2) == color_at(picture, 559, 180)
    assert color_at(picture, 560, 180) == BLACK


# Pure red, green, blue and white: (colour of the source, its codes, codes in BT.709 limited).
PRIMARIES = [
    (Matrix.BT601, Range.LIMITED, (81, 90, 240), (63, 102, 240)),
    (Matrix.BT601, Range.LIMITED, (145, 54, 34), (173, 42, 26)),
    (Matrix.BT601, Range.LIMITED, (41, 240, 110), (32, 240, 118)),
    (Matrix.BT601, Range.LIMITED, (235, 128, 128), (235, 128, 128)),
    (Matrix.BT601, Range.FULL, (76, 85, 255), (63, 102, 240)),
    (Matrix.BT709, Range.FULL, (54, 99, 255), (63, 102, 240)),
    (Matrix.BT709, Range.FULL, (255, 128, 128), (235, 128, 128)),
    (Matrix.BT709, Range.FULL, (0, 128, 128), (16, 128, 128)),
    (Matrix.BT709, Range.LIMITED, (63, 102, 240), (63, 102, 240)),
]


@pytest.mark.parametrize(("matrix", "span", "codes", "expected"), PRIMARIES)
def test_colour_comes_out_as_bt709_limited(
    matrix: Matrix, span: Range, codes: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    source = replace(flat(64, 36, codes), color=Color(matrix, span))
    picture = Canvas(128, 72).compose(Scene(mode(1), (PaneView("a", source),)))
    assert np.abs(np.subtract(color_at(picture, 64, 36), expected)).max() <= 1


def test_a_stalled_picture_has_no_colour() -> None:
    source = noise(64, 36, 1)
    canvas = Canvas(128, 72)
    live = canvas.compose(Scene(mode(1), (PaneView("a", source),)))
    stalled = canvas.compose(Scene(mode(1), (PaneView("a", source, state="stalled"),)))
    assert set(np.unique(stalled.u)) == set(np.unique(stalled.v)) == {128}
    assert stalled.y.std() < 0.7 * live.y.std()


def test_no_video_is_a_calm_dark_pane_with_the_name() -> None:
    view = PaneView("a", flat(64, 36, color_of(1)), label="县医院", state="no-video")
    picture = Canvas(640, 360).compose(Scene(mode(1), (view,)))
    ground = color_at(picture, 5, 5)
    assert 30 < ground[0] < 70
    assert picture.y[100:260, 220:420].max() > 150
    assert (picture.y[2:-2, 2:150] == ground[0]).all()
    assert equal(picture, Canvas(640, 360).compose(Scene(mode(1), (replace(view, picture=None),))))


def test_the_speaker_has_a_border_and_nobody_else() -> None:
    one, two, *rest = views(4)
    picture = Canvas(1280, 720).compose(Scene(mode(11), (one, replace(two, speaking=True), *rest)))
    green = color_at(picture, 640, 10)
    assert green not in {color_of(k) for k in range(4)}
    for x, y in ((640, 0), (1279, 359), (960, 1), (960, 358), (642, 180)):
        assert color_at(picture, x, y) == green
    assert color_at(picture, 638, 10) == color_of(0)
    assert color_at(picture, 640, 361) == color_of(3)
    assert color_at(picture, 960, 180) == color_of(1)


def test_a_name_stands_at_the_lower_left() -> None:
    one, *rest = views(4)
    named = Scene(mode(11), (replace(one, label="放射科"), *rest))
    plain = Canvas(1280, 720).compose(Scene(mode(11), (one, *rest)))
    changed = np.argwhere(Canvas(1280, 720).compose(named).y != plain.y)
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    assert 300 < top < bottom < 360
    assert 4 <= left < right < 200


def test_canvases_in_several_threads() -> None:
    scene = Scene(mode(35), tuple(PaneView(f"s{k}", noise(160, 90, k)) for k in range(9)))
    expected = Canvas(640, 360).compose(scene)
    results: list[Picture] = []
    threads = [
        Thread(target=lambda: results.extend(Canvas(640, 360).compose(scene) for _ in range(5)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 15
    assert all(equal(picture, expected) for picture in results)


def test_planes_that_do_not_belong_together_are_refused() -> None:
    source = replace(flat(64, 36, color_of(1)), v=np.zeros((18, 31), np.uint8))
    canvas = Canvas(64, 36)
    with pytest.raises(ValueError, match="planes"):
        canvas.compose(Scene(mode(1), (PaneView("a", source),)))
    good = canvas.compose(Scene(mode(1), views(1)))
    assert color_at(good, 30, 20) == color_of(0)


def test_a_layout_without_any_room_is_black() -> None:
    zero = Fraction(0)
    nowhere = Layout(None, "own", 0, (PaneRect(zero, zero, zero, zero),), "own")
    for _ in range(3):
        picture = Canvas(64, 36).compose(Scene(nowhere, views(1)))
        assert {color_at(picture, x, y) for x in range(64) for y in range(36)} == {BLACK}


@pytest.mark.parametrize("size", [(0, 2), (3, 2), (2, 5), (-2, 2)])
def test_odd_canvases_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even"):
        Canvas(*size)
