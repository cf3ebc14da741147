"""Many views of one size: what is alike is composed once, what is unused goes."""

import random

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.canvas_set import UNUSED_NS, CanvasSet
from mcu_core.compositor.tile_cache import TileCache
from mcu_core.contract.definition import TextStrip
from mcu_core.layouts.catalogue import mode
from mcu_core.media.picture import Picture
from tests.unit.compositor.flat import equal, noise

TICK_NS = 33_333_333


def scene(first: int, tick: int = 0, text: str = "") -> Scene:
    panes = tuple(PaneView(f"s{k}", noise(64, 36, 100 * tick + k)) for k in range(first, first + 4))
    return Scene(mode(11), panes, caption=TextStrip(text, "bottom"))


def test_views_that_look_alike_are_composed_once() -> None:
    canvases = CanvasSet(320, 180)
    for tick in range(3):
        shown = scene(0, tick, "会诊")
        pictures = [canvases.compose(view, shown, tick * TICK_NS) for view in "abc"]
        # Equal, not only the same object.
        pictures.append(
            canvases.compose(
                "d", Scene(mode(11), shown.panes, caption=shown.caption), tick * TICK_NS
            )
        )
        assert len({id(picture) for picture in pictures}) == 1
        assert equal(pictures[0], Canvas(320, 180).compose(shown))
    assert (canvases.composed, canvases.scaled, canvases.shared) == (3, 12, 9)
    assert canvases.canvases == 1


def test_views_that_differ_have_canvases_of_their_own() -> None:
    canvases = CanvasSet(320, 180)
    for tick in range(3):
        for first in range(3):
            picture = canvases.compose(first, scene(first, tick), tick)
            assert equal(picture, Canvas(320, 180).compose(scene(first, tick)))
    assert (canvases.canvases, canvases.composed, canvases.shared) == (3, 9, 0)


def test_what_looked_alike_before_is_not_mistaken_for_now() -> None:
    canvases = CanvasSet(320, 180)
    one = canvases.compose("a", scene(0), 1)
    canvases.compose("a", scene(4), 2)
    other = canvases.compose("b", scene(0), 2)
    assert other is not one
    assert equal(other, one)


def test_unchanged_is_the_same_picture_whoever_is_asked_first() -> None:
    canvases = CanvasSet(320, 180)
    still = scene(0)
    first = canvases.compose("a", still, 1)
    assert canvases.compose("b", still, 1) is first
    assert canvases.compose("a", still, 2) is first
    assert canvases.compose("b", still, 2) is first
    again = canvases.compose("b", still, 3)
    assert equal(again, first)
    assert canvases.compose("b", still, 4) is again


def test_no_view_goes_back_in_time() -> None:
    """A view that comes to look like one that has long stood still."""
    canvases = CanvasSet(320, 180)
    still = scene(0)
    old = canvases.compose("a", still, 1)
    mine = [canvases.compose("b", scene(4, tick), tick) for tick in range(1, 5)]
    assert canvases.compose("a", still, 5) is old
    taken = canvases.compose("b", still, 5)
    assert taken.y is old.y
    assert taken.stamp_ns == 5 > mine[-1].stamp_ns
    assert canvases.compose("a", still, 6) is old
    assert canvases.compose("b", still, 6) is taken
    back = canvases.compose("b", scene(4, 4), 7)
    assert equal(back, mine[-1])
    assert back.stamp_ns == 7
    serials = [old.serial, *(picture.serial for picture in mine), taken.serial, back.serial]
    assert len(set(serials)) == len(serials)


def test_what_nobody_asks_for_goes() -> None:
    canvases = CanvasSet(320, 180)
    canvases.compose("a", scene(0), 0)
    canvases.compose("b", scene(4), 0)
    assert canvases.canvases == 2
    canvases.compose("a", scene(0), UNUSED_NS)
    assert canvases.canvases == 2
    canvases.compose("a", scene(0), UNUSED_NS + 1)
    assert canvases.canvases == 1


def test_a_view_that_follows_another_needs_no_canvas() -> None:
    canvases = CanvasSet(320, 180)
    canvases.compose("a", scene(0), 0)
    canvases.compose("b", scene(4), 0)
    for tick in range(1, 5):
        for view in "ab":
            canvases.compose(view, scene(0, tick), tick * UNUSED_NS)
    assert canvases.canvases == 1


def test_a_draft_is_no_substitute_for_full_quality() -> None:
    canvases = CanvasSet(320, 180)
    draft = canvases.compose("a", scene(0), 1, draft=True)
    fine = canvases.compose("b", scene(0), 1)
    assert not equal(draft, fine)
    assert canvases.compose("c", scene(0), 1, draft=True) is draft
    other = CanvasSet(320, 180)
    fine = other.compose("a", scene(0), 1)
    assert other.compose("b", scene(0), 1, draft=True) is fine


def test_any_views_in_any_order_equal_canvases_of_their_own() -> None:
    chance = random.Random(5)
    canvases = CanvasSet(256, 144, TileCache(limit_bytes=300_000))
    held: list[tuple[Picture, bytes]] = []
    serials: dict[int, Picture] = {}
    for tick in range(60):
        for view in chance.sample(range(5), 4):
            shown = scene(chance.choice([0, 0, 1, 2]), tick // 3, chance.choice(["", "会诊"]))
            picture = canvases.compose(view, shown, tick * TICK_NS)
            assert equal(picture, Canvas(256, 144).compose(shown, tick * TICK_NS))
            assert serials.setdefault(picture.serial, picture) is picture
            held.append((picture, picture.owner.tobytes()))
        held = held[-6:]
        serials = dict(list(serials.items())[-20:])
        assert all(picture.owner.tobytes() == content for picture, content in held)
