"""What panes without a picture show, and what a draft is."""

from dataclasses import replace

import numpy as np
import pytest

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.placeholder import placeholder
from mcu_core.compositor.scene import PaneState
from mcu_core.contract.definition import PaneFit
from mcu_core.layouts.catalogue import mode
from mcu_core.media.picture import Picture
from tests.unit.compositor.flat import color_at, color_of, equal, flat, noise

PLACEHOLDERS: tuple[PaneState, ...] = ("no-video", "camera-off", "audio-only")
SIZES = [(1920, 1080), (1280, 720), (352, 288), (176, 144)]


def composed(view: PaneView, size: tuple[int, int] = (640, 360), number: int = 1) -> Picture:
    count = len(mode(number).panes)
    return Canvas(*size).compose(
        Scene(mode(number), (view, *(count - 1) * (PaneView("", None, state="empty"),)))
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", [1, 11, 35])
def test_each_state_is_told_apart(size: tuple[int, int], number: int) -> None:
    pictures = [
        composed(PaneView("a", None, label="县医院", state=state), size, number)
        for state in ("empty", *PLACEHOLDERS)
    ]
    for k, one in enumerate(pictures):
        assert not any(equal(one, other) for other in pictures[k + 1 :])


@pytest.mark.parametrize("state", PLACEHOLDERS)
def test_a_picture_that_is_there_is_not_shown(state: PaneState) -> None:
    view = PaneView("a", None, label="县医院", state=state)
    assert equal(composed(view), composed(replace(view, picture=flat(64, 36, color_of(3)))))


@pytest.mark.parametrize("state", PLACEHOLDERS)
def test_who_speaks_has_a_green_disc_and_border(state: PaneState) -> None:
    view = PaneView("a", None, label="县医院", state=state)
    quiet, speaking = composed(view), composed(replace(view, speaking=True))
    disc = (320, 180 - 75)
    assert color_at(speaking, 0, 0)[1] < 118  # little blue, little red: green
    assert color_at(speaking, 0, 0)[2] < 110
    assert color_at(speaking, *disc)[2] < 110
    assert abs(color_at(quiet, *disc)[2] - 128) < 10


@pytest.mark.parametrize("state", PLACEHOLDERS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", [1, 11, 35, 49])
def test_nothing_leaves_its_pane(state: PaneState, size: tuple[int, int], number: int) -> None:
    view = PaneView("a", None, label="市第一人民医院急诊手术室会诊中心", speaking=True, state=state)
    picture, bare = composed(view, size, number), composed(PaneView("", None, state="empty"), size)
    rows, columns = np.nonzero(picture.y != bare.y)
    pane = mode(number).panes[0]
    assert columns.max() < pane.right * size[0] + 1
    assert rows.max() < pane.bottom * size[1] + 1


def test_small_panes_show_the_sign_alone_and_tiny_ones_nothing() -> None:
    for state in PLACEHOLDERS:
        small = placeholder(state, "县医院", 44, 40)
        assert small is not None
        assert small.width == small.height
        assert placeholder(state, "县医院", 24, 24) is None


def test_a_sign_needs_no_name_but_an_initial_does() -> None:
    assert placeholder("camera-off", "", 640, 360) is not None
    assert placeholder("audio-only", "", 640, 360) is not None
    assert placeholder("no-video", "", 640, 360) is None


def test_placeholders_cost_nothing_while_nothing_changes() -> None:
    canvas = Canvas(640, 360)
    panes = tuple(PaneView(f"s{k}", None, label="县医院", state=PLACEHOLDERS[k]) for k in range(3))
    first = canvas.compose(Scene(mode(11), panes))
    assert canvas.compose(Scene(mode(11), panes)) is first


# ----------------------------------------------------------------------------------------- drafts


def test_a_draft_has_the_same_picture_roughly() -> None:
    y, x = np.mgrid[0:360, 0:640]
    luma = (60 + x // 8 + y // 6).astype(np.uint8)
    half = np.full((180, 320), 100, np.uint8)
    scene = Scene(mode(35), (PaneView("a", Picture(luma, half, half), PaneFit.FILL),) * 9)
    fine, draft = Canvas(640, 360).compose(scene), Canvas(640, 360).compose(scene, draft=True)
    assert not equal(fine, draft)
    assert np.abs(fine.y.astype(int) - draft.y).max() <= 2
    assert (draft.u == 100).all()


@pytest.mark.parametrize(("source", "target"), [((64, 72), (64, 36)), ((64, 36), (64, 72))])
def test_a_draft_repeats_single_rows(source: tuple[int, int], target: tuple[int, int]) -> None:
    picture = noise(*source, 1)
    view = PaneView("a", picture, PaneFit.FILL)
    draft = Canvas(*target).compose(Scene(mode(1), (view,)), draft=True)
    assert (draft.y[1::2] == draft.y[::2]).all()
    assert (draft.u[1::2] == draft.u[::2]).all()
    step = source[1] * 2 // target[1]
    assert (draft.y[::2] == picture.y[step // 2 :: step]).all()


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("source", [(640, 360), (1280, 720)])
def test_a_draft_is_whole_where_that_costs_less(source: tuple[int, int], rotation: int) -> None:
    size = source if rotation == 0 else source[::-1]
    view = PaneView("a", replace(noise(*source, 1), rotation=rotation), PaneFit.FILL)
    small = (size[0] // 2, size[1] // 2)
    fine, draft = (
        Canvas(*small).compose(Scene(mode(1), (view,)), draft=rough) for rough in (False, True)
    )
    assert equal(fine, draft), "two to one is compiled"


def test_what_was_drawn_well_stays_when_drafts_begin() -> None:
    canvas = Canvas(640, 360)
    still, new = (PaneView("s", noise(64, 36, k), PaneFit.FILL) for k in range(2))
    fine = canvas.compose(Scene(mode(11), (still,) * 4))
    assert canvas.compose(Scene(mode(11), (still,) * 4), draft=True) is fine
    mixed = canvas.compose(Scene(mode(11), (still, new, still, still)), draft=True)
    assert (mixed.y[:180, :320] == fine.y[:180, :320]).all()
    assert canvas.scaled == 5
    assert canvas.compose(Scene(mode(11), (still, new, still, still)), draft=True) is mixed


def test_a_draft_is_made_good_as_soon_as_that_is_wanted() -> None:
    canvas = Canvas(640, 360)
    scene = Scene(mode(11), tuple(PaneView(f"s{k}", noise(64, 36, k)) for k in range(4)))
    draft = canvas.compose(scene, draft=True)
    fine = canvas.compose(scene)
    assert not equal(draft, fine)
    assert equal(fine, Canvas(640, 360).compose(scene))
    assert canvas.compose(scene) is fine


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_picture_of_the_right_size_is_copied(rotation: int) -> None:
    size = (64, 36) if rotation == 0 else (36, 64)
    source = replace(noise(64, 36, 1), rotation=rotation)
    for draft in (False, True):
        picture = Canvas(*size).compose(Scene(mode(1), (PaneView("a", source),)), draft=draft)
        upright = [np.rot90(plane, -rotation // 90) for plane in (source.y, source.u, source.v)]
        planes = (picture.y, picture.u, picture.v)
        assert all(np.array_equal(a, b) for a, b in zip(planes, upright, strict=True))
