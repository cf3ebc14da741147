"""Tiles that several canvases show: scaled once, bounded, nothing kept that nobody shares."""

import gc
import weakref
from threading import Barrier, Thread

import numpy as np

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.tile_cache import IDLE_TICKS, TileCache
from mcu_core.layouts.catalogue import mode
from mcu_core.media.picture import Picture
from tests.unit.compositor.flat import equal, noise

TILE_BYTES = 320 * 180 * 3 // 2


def sources(tick: int, count: int = 4) -> tuple[PaneView, ...]:
    return tuple(PaneView(f"s{k}", noise(160, 90, 1000 * tick + k)) for k in range(count))


def test_what_several_canvases_show_is_scaled_once() -> None:
    tiles = TileCache()
    canvases = [Canvas(640, 360, tiles) for _ in range(3)]
    for tick in range(5):
        scene = Scene(mode(11), sources(tick))
        expected = Canvas(640, 360).compose(scene, tick)
        assert all(equal(canvas.compose(scene, tick), expected) for canvas in canvases)
    # The second canvas to ask at the first tick tells that the tile is shared.
    assert [canvas.scaled for canvas in canvases] == [4 * 5, 4, 0]
    assert (tiles.misses, tiles.hits) == (4 * 6, 4 * 9)
    assert tiles.bytes_held == 4 * TILE_BYTES


def test_a_tile_of_one_canvas_takes_no_memory() -> None:
    tiles = TileCache()
    canvas = Canvas(640, 360, tiles)
    for tick in range(5):
        canvas.compose(Scene(mode(11), sources(tick)), tick)
    assert (canvas.scaled, tiles.hits, tiles.bytes_held) == (20, 0, 0)


def test_memory_goes_when_sharing_ends() -> None:
    tiles = TileCache()
    one, two = Canvas(640, 360, tiles), Canvas(640, 360, tiles)
    for tick in range(4):
        for canvas in (one, two) if tick < 2 else (one,):
            canvas.compose(Scene(mode(11), sources(tick)), tick)
        assert tiles.bytes_held == (4 * TILE_BYTES if tick < 3 else 0)


def test_memory_goes_when_nobody_asks_any_more() -> None:
    tiles = TileCache()
    one, two = Canvas(640, 360, tiles), Canvas(640, 360, tiles)
    for tick in range(2):
        for canvas in (one, two):
            canvas.compose(Scene(mode(11), sources(tick)), tick)
    for tick in range(2, IDLE_TICKS + 3):
        one.compose(Scene(mode(1), sources(tick, 1)), tick)
    assert tiles.bytes_held == 0


def test_it_has_a_bound_and_does_not_thrash() -> None:
    tiles = TileCache(limit_bytes=3 * TILE_BYTES)
    one, two = Canvas(640, 360, tiles), Canvas(640, 360, tiles)
    for tick in range(12):
        scene = Scene(mode(11), sources(tick))
        assert equal(one.compose(scene, tick), two.compose(scene, tick))
        assert tiles.bytes_held <= 3 * TILE_BYTES
    # Three of the four are shared at every tick, the fourth is scaled for each.
    assert tiles.bytes_held == 3 * TILE_BYTES
    assert tiles.hits == 3 * 11
    assert tiles.refused == 1 + 2 * 11


def test_room_is_made_by_what_is_no_longer_shown() -> None:
    tiles = TileCache(limit_bytes=4 * TILE_BYTES)
    one, two = Canvas(640, 360, tiles), Canvas(640, 360, tiles)
    for tick in range(8):
        named = "first" if tick < 4 else "second"
        views = tuple(PaneView(named + view.source_id, view.picture) for view in sources(tick))
        for canvas in (one, two):
            canvas.compose(Scene(mode(11), views), tick)
    assert tiles.bytes_held == 4 * TILE_BYTES
    hits = tiles.hits
    for canvas in (one, two):
        canvas.compose(
            Scene(mode(11), tuple(PaneView(f"second{v.source_id}", v.picture) for v in sources(8))),
            8,
        )
    assert tiles.hits - hits == 4


def test_no_picture_is_kept_alive() -> None:
    tiles = TileCache()
    canvases = [Canvas(640, 360, tiles) for _ in range(2)]
    plane = np.zeros((90, 160), np.uint8)
    gone = weakref.ref(plane)
    half = np.zeros((45, 80), np.uint8)
    views = (PaneView("a", Picture(plane, half, half, serial=1)),) * 2
    for canvas in canvases:
        canvas.compose(Scene(mode(11), views))
    del plane, views
    gc.collect()
    assert gone() is None


def test_threads_get_the_same_pictures() -> None:
    """Whoever comes first to a tile, and whoever waits for it: every sample is equal."""
    tiles = TileCache(limit_bytes=6 * TILE_BYTES)
    scenes = [Scene(mode(35), sources(tick, 9)) for tick in range(8)]
    expected = [Canvas(640, 360).compose(scene) for scene in scenes]
    together = Barrier(3)
    wrong: list[int] = []

    def work() -> None:
        canvas = Canvas(640, 360, tiles)
        for tick, scene in enumerate(scenes):
            together.wait()
            if not equal(canvas.compose(scene, tick), expected[tick]):
                wrong.append(tick)

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
