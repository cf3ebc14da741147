"""Canvases beside the floor of the same copies: own pictures of nine sites, texts, standing still.

The floor is NumPy copying the same tiles into the same canvases. Each pair is measured alternately,
CPU time of one thread, the quickest of several rounds.
"""

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Report, Row
from mcu_core.compositor.arrangement import arrange
from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.canvas_set import CanvasSet
from mcu_core.compositor.covers import covers
from mcu_core.compositor.scene import PixelRect, place
from mcu_core.compositor.surface import Planes, part
from mcu_core.compositor.tiles import draw_tile
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.kernels.warmup import warm_up
from mcu_core.layouts.automatic import layout_for
from mcu_core.media.clock import NS_PER_SECOND, cpu_time_s
from mcu_core.media.picture import Picture

Job = Callable[[], object]

SITES = 9
SIZE = 1280, 720
ROUNDS = 25
TICK_NS = NS_PER_SECOND // 30
SHEETS = 4
"""Canvases of one view that take turns, as in the engine."""

TEXT = "关于召开远程会诊工作会议的通知,请各会场提前调试设备。Please mute your microphones. " * 3

NOTES = (
    "ms is one tick, all canvases; peer_ms the same tick's floor or alternative.",
    "9 own pictures: nine 720p canvases of eight sites each from 360p sources, names shown, "
    "every picture new at every tick.",
)


def run() -> Report:
    """A row for each case."""
    warm_up()
    return Report(
        "Canvases, CPU ms of one thread", [*_own_pictures(), *_texts()], notes=list(NOTES)
    )


def _own_pictures() -> Iterator[Row]:
    views, floor = _Views(SITES), _Copies(SITES)
    shared, drafts, still = (CanvasSet(*SIZE) for _ in range(3))
    alone = [Canvas(*SIZE) for _ in range(SITES)]
    ticks = count(1)

    def with_sharing() -> None:
        stamp_ns = next(ticks) * TICK_NS
        for own, scene in _own_scenes(views.at_next_tick()):
            shared.compose(own, scene, stamp_ns)

    def without() -> None:
        for own, scene in _own_scenes(views.at_next_tick()):
            alone[own].compose(scene)

    def in_drafts() -> None:
        stamp_ns = next(ticks) * TICK_NS
        for own, scene in _own_scenes(views.at_next_tick()):
            drafts.compose(own, scene, stamp_ns, draft=True)

    frozen = _own_scenes(views.at_next_tick())

    def nothing_new() -> None:
        stamp_ns = next(ticks) * TICK_NS
        for own, scene in frozen:
            still.compose(own, scene, stamp_ns)

    def each_scaled_once() -> None:
        floor.scale(views.at_next_tick())
        floor.run()

    yield _row("9 own pictures, shared tiles", "copies", *_pair(with_sharing, floor.run))
    yield _row(
        "9 own pictures, shared tiles",
        "each tile scaled once, copies",
        *_pair(with_sharing, each_scaled_once),
    )
    yield _row("9 own pictures, shared tiles", "no sharing", *_pair(with_sharing, without))
    yield _row("9 own pictures, drafts", "in full quality", *_pair(in_drafts, with_sharing))
    yield _row("9 own pictures, nothing new", "all new", *_pair(nothing_new, with_sharing))


def _own_scenes(panes: list[PaneView]) -> list[tuple[int, Scene]]:
    """Everybody's picture of all others."""
    layout = layout_for(SITES - 1)
    return [(own, Scene(layout, tuple(panes[:own] + panes[own + 1 :]))) for own in range(SITES)]


def _texts() -> Iterator[Row]:
    views = _Views(SITES)
    layout = layout_for(SITES)
    canvases = [Canvas(*SIZE) for _ in range(3)]
    ticks = count(100)
    banner, caption = TextStrip("会诊中心", size=0.06), TextStrip(TEXT, "bottom", size=0.06)

    def plain() -> None:
        canvases[0].compose(Scene(layout, tuple(views.at_next_tick())), next(ticks) * TICK_NS)

    def with_texts() -> None:
        panes = tuple(views.at_next_tick())
        canvases[1].compose(Scene(layout, panes, banner, caption), next(ticks) * TICK_NS)

    frozen = tuple(views.at_next_tick())

    def scrolling() -> None:
        canvases[2].compose(Scene(layout, frozen, banner, caption), next(ticks) * TICK_NS)

    yield _row("9 new pictures, two texts", "no text", *_pair(with_texts, plain))
    yield _row(
        "a text that moves, nothing new", "9 new pictures, no text", *_pair(scrolling, plain)
    )


class _Views:
    """Sources of 360p, two pictures each that take turns, named as new ones at every tick."""

    def __init__(self, sites: int) -> None:
        rng = np.random.default_rng(3)
        self._pictures = [[_noise(rng, 640, 360) for _ in range(2)] for _ in range(sites)]
        self._serials = count(1)

    def at_next_tick(self) -> list[PaneView]:
        serial = next(self._serials)
        return [
            PaneView(f"s{k}", Picture(p.y, p.u, p.v, serial=serial), PaneFit.AUTO, f"会诊室 {k}")
            for k, pictures in enumerate(self._pictures)
            for p in (pictures[serial % 2],)
        ]


class _Copies:
    """The floor: the tiles of all canvases, copied by NumPy."""

    def __init__(self, sites: int) -> None:
        layout = layout_for(sites - 1)
        free = covers(None, None, None, *SIZE)
        self._rects = arrange(layout, free, *SIZE).rects[: sites - 1]
        self._sheets = [[_blank(*SIZE) for _ in range(SHEETS)] for _ in range(sites)]
        rng = np.random.default_rng(4)
        self._tiles = [
            {(r.w, r.h): _planes(rng, r.w, r.h) for r in self._rects} for _ in range(sites)
        ]
        self._ticks = count()

    def scale(self, views: list[PaneView]) -> None:
        """Each source to each size that it has anywhere."""
        for view, tiles in zip(views, self._tiles, strict=True):
            picture = view.picture
            assert picture is not None
            for (w, h), tile in tiles.items():
                where = place(
                    picture.width,
                    picture.height,
                    picture.pixel_aspect,
                    0,
                    PixelRect(0, 0, w, h),
                    view.fit,
                )
                draw_tile(tile, picture, where, greyed=False)

    def run(self) -> None:
        """All canvases of one tick."""
        sheet = next(self._ticks) % SHEETS
        for own, sheets in enumerate(self._sheets):
            tiles = self._tiles[:own] + self._tiles[own + 1 :]
            for rect, tile in zip(self._rects, tiles, strict=True):
                for target, source in zip(
                    part(sheets[sheet], rect), tile[rect.w, rect.h], strict=True
                ):
                    target[...] = source


def _blank(width: int, height: int) -> Planes:
    half = np.zeros((height // 2, width // 2), np.uint8)
    return np.zeros((height, width), np.uint8), half, half.copy()


def _planes(rng: np.random.Generator, width: int, height: int) -> Planes:
    sizes = ((height, width), *2 * ((height // 2, width // 2),))
    y, u, v = (_octets(rng, size) for size in sizes)
    return y, u, v


def _octets(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    return rng.integers(16, 236, size, dtype=np.uint8)


def _noise(rng: np.random.Generator, width: int, height: int) -> Picture:
    return Picture(*_planes(rng, width, height))


def _pair(job: Job, other: Job) -> tuple[float, float]:
    """CPU ms of both, the quickest rounds."""
    best = [float("inf")] * 2
    for turn in range(ROUNDS + 2):
        for k, work in enumerate((job, other)):
            began = cpu_time_s()
            for _ in range(3):
                work()
            if turn >= 2:
                best[k] = min(best[k], (cpu_time_s() - began) / 3)
    return 1000 * best[0], 1000 * best[1]


def _row(case: str, peer: str, ms: float, peer_ms: float) -> Row:
    return {
        "case": case,
        "ms": round(ms, 3),
        "peer": peer,
        "peer_ms": round(peer_ms, 3),
        "of_peer": round(ms / peer_ms, 3),
    }


if __name__ == "__main__":
    run().show()
