"""Scaling beside a sweep of the memory, libyuv, swscale and OpenCV, at each ratio in common use.

The jobs of a case take turns in one run, CPU time, the quickest of several rounds: what the
machine does beside it slows all of them, and their ratio stays. Source sets rotate and are together
larger than most caches, because a conference's pictures come from memory; all planes go from there
into the canvas, and a peer's own copy to there is counted. The sweep reads those sources and writes
that canvas once, which nothing can do without.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeVar, cast

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numba import types
from numpy.typing import NDArray

from benchmarks.libyuv import BILINEAR, BOX, scaler
from benchmarks.report import Row
from mcu_core.kernels.dispatch import kernel, vector
from mcu_core.kernels.scale import scale_chroma, scale_luma
from mcu_core.kernels.weights import luma_axis
from mcu_core.media.clock import cpu_time_s
from mcu_core.media.picture import Plane

Planes = Sequence[Plane]
Job = Callable[[], object]
Set = TypeVar("Set")

ROUNDS = 20
COLD_BYTES = 96_000_000
"""What the source sets of a case have together, at least."""
LEAST_SETS = 3


@dataclass(frozen=True)
class Grid:
    """`columns` x `rows` sources of one size, each scaled to `tile` (w, h), on one canvas."""

    name: str
    source: tuple[int, int]
    tile: tuple[int, int]
    columns: int = 1
    rows: int = 1

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height."""
        return self.tile[0] * self.columns, self.tile[1] * self.rows

    @property
    def up(self) -> bool:
        """True if tiles are larger than their sources."""
        return self.tile[0] > self.source[0]

    @property
    def sets(self) -> int:
        """How many source sets take turns."""
        size = self.source[0] * self.source[1] * 3 // 2 * self.columns * self.rows
        return max(LEAST_SETS, -(-COLD_BYTES // size))


GRIDS = (
    Grid("8:3, 16 x 720p to 1080p", (1280, 720), (480, 270), 4, 4),
    Grid("3:1, 9 x 1080p to 1080p", (1920, 1080), (640, 360), 3, 3),
    Grid("2:1, 4 x 720p to 720p", (1280, 720), (640, 360), 2, 2),
    Grid("4:1, 16 x 720p to 720p", (1280, 720), (320, 180), 4, 4),
    Grid("4:3, 4 x 720p to 1080p", (1280, 720), (960, 540), 2, 2),
    Grid("6:1, 9 x 1080p to 540p", (1920, 1080), (320, 180), 3, 3),
    Grid("5:1, 4 x 720p to 288p", (1280, 720), (256, 144), 2, 2),
    Grid("3:2, 1080p to 720p", (1920, 1080), (1280, 720)),
    Grid("odd, 9 x 720p to 720p", (1280, 720), (426, 240), 3, 3),
    Grid("odd, 16 x 1080p to 720p", (1920, 1080), (318, 180), 4, 4),
    Grid("2:3, 720p to 1080p", (1280, 720), (1920, 1080)),
    Grid("1:3, 360p to 1080p", (640, 360), (1920, 1080)),
)


def table() -> list[Row]:
    """Five rows for each grid; four where libyuv is not installed."""
    cv2.setNumThreads(1)
    return [row for grid in GRIDS for row in _rows(grid)]


def _rows(grid: Grid) -> Iterator[Row]:
    count = grid.columns * grid.rows
    pictures = [natural(*grid.source, seed=17 * k) for k in range(count)]
    sets = [
        [tuple(plane.copy() for plane in planes) for planes in pictures] for _ in range(grid.sets)
    ]
    canvas = _blank(*grid.canvas)
    frames = [[_frame(planes) for planes in sources] for sources in sets]
    jobs: dict[str, Job] = {
        "sweep": _each(lambda sources: _sweep(canvas, sources), sets),
        "ours": _each(lambda sources: _ours(grid, canvas, sources), sets),
    }
    libyuv = scaler()
    if libyuv is not None:
        how = BILINEAR if grid.up else BOX
        jobs["libyuv"] = _each(lambda sources: _libyuv(libyuv, grid, canvas, sources, how), sets)
    jobs["swscale"] = _each(lambda sources: _swscale(grid, canvas, sources), frames)
    jobs["cv2"] = _each(lambda sources: _opencv(grid, canvas, sources), sets)
    exact = _exact(pictures[0][0], grid.tile)
    ms = _measured(jobs)
    for name, job in jobs.items():
        row: Row = {
            "from, to": grid.name,
            "by": name,
            "ms": round(ms[name], 2),
            "of sweep": round(ms[name] / ms["sweep"], 2),
            "of ours": round(ms[name] / ms["ours"], 2),
        }
        if name != "sweep":
            job()
            row["psnr_db"] = round(psnr(canvas[0][: grid.tile[1], : grid.tile[0]], exact), 1)
        yield row


def _sweep(canvas: Planes, sources: Sequence[Planes]) -> None:
    for planes in sources:
        for plane in planes:
            _read(plane.reshape(-1).view(np.int64))
    for plane in canvas:
        plane.reshape(-1)[:] = 0


@kernel(types.int64(vector(types.int64, readonly=False)))
def _read(words: Any) -> int:
    seen = 0
    for k in range(len(words)):
        seen |= words[k]
    return seen


def _ours(grid: Grid, canvas: Planes, sources: Sequence[Planes]) -> None:
    luma, to_luma = grid.source[::-1], grid.tile[::-1]
    for target, source in zip(_tiles(grid, canvas), sources, strict=True):
        scale_luma(target[0], source[0])
        scale_chroma(target[1], source[1], luma, to_luma)
        scale_chroma(target[2], source[2], luma, to_luma)


def _libyuv(
    scale: Callable[[Planes, Planes, int], None],
    grid: Grid,
    canvas: Planes,
    sources: Sequence[Planes],
    how: int,
) -> None:
    for target, source in zip(_tiles(grid, canvas), sources, strict=True):
        scale(source, target, how)


def _opencv(grid: Grid, canvas: Planes, sources: Sequence[Planes]) -> None:
    how = cv2.INTER_LINEAR if grid.up else cv2.INTER_AREA
    for target, source in zip(_tiles(grid, canvas), sources, strict=True):
        for plane, other in zip(target, source, strict=True):
            plane[...] = cv2.resize(other, plane.shape[::-1], interpolation=how)


def _swscale(grid: Grid, canvas: Planes, frames: list[av.VideoFrame]) -> None:
    reformatter = cast("Callable[[], VideoReformatter]", VideoReformatter)()
    how = Interpolation.BILINEAR if grid.up else Interpolation.AREA
    for target, frame in zip(_tiles(grid, canvas), frames, strict=True):
        scaled = reformatter.reformat(frame, *grid.tile, interpolation=how, threads=1)
        for plane, other in zip(target, scaled.planes, strict=True):
            memory = np.frombuffer(memoryview(other), np.uint8).reshape(-1, other.line_size)
            plane[...] = memory[:, : other.width]


def _tiles(grid: Grid, canvas: Planes) -> Iterator[Planes]:
    w, h = grid.tile
    for row in range(grid.rows):
        for column in range(grid.columns):
            x, y = column * w, row * h
            half = (slice(y // 2, (y + h) // 2), slice(x // 2, (x + w) // 2))
            yield canvas[0][y : y + h, x : x + w], canvas[1][half], canvas[2][half]


def natural(width: int, height: int, seed: int) -> tuple[Plane, Plane, Plane]:
    """Smooth shapes with some noise: scaling has something to keep and something to average."""
    rng = np.random.default_rng(seed)

    def plane(w: int, h: int) -> Plane:
        coarse = rng.integers(0, 256, (h // 16 + 2, w // 16 + 2), dtype=np.uint8)
        smooth = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC).astype(np.int16)
        noisy = smooth + rng.integers(-12, 13, (h, w), dtype=np.int16)
        clipped: NDArray[np.int16] = np.clip(noisy, 0, 255)
        return clipped.astype(np.uint8)

    half = width // 2, height // 2
    return plane(width, height), plane(*half), plane(*half)


def _blank(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return np.zeros((height, width), np.uint8), np.zeros(half, np.uint8), np.zeros(half, np.uint8)


def _frame(source: Planes) -> av.VideoFrame:
    height, width = source[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, samples in zip(frame.planes, source, strict=True):
        memory = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        memory[:, : plane.width] = samples
    return frame


def _exact(source: Plane, tile: tuple[int, int]) -> NDArray[np.float64]:
    """The mean of the area, or the line between neighbours, in float64 (from the same weights)."""
    result = source.astype(np.float64)
    for size in tile[::-1]:
        spans, weights = luma_axis(result.shape[0], size)
        matrix = np.zeros((size, result.shape[0]))
        for x, (start, taps) in enumerate(spans.tolist()):
            matrix[x, start : start + taps] = weights[x, :taps] / weights[x, :taps].sum()
        result = (matrix @ result).T
    return result


def psnr(picture: Plane, exact: NDArray[np.float64]) -> float:
    """Of 8-bit samples against what they should be, dB."""
    return 10 * math.log10(255**2 / max(float(np.square(picture - exact).mean()), 1e-12))


def _each(work: Callable[[Set], object], sets: list[Set]) -> Job:
    turns = cycle(sets)
    return lambda: work(next(turns))


def _measured(jobs: dict[str, Job]) -> dict[str, float]:
    """CPU milliseconds of each, measured in turn; the first round does not count."""
    best = dict.fromkeys(jobs, math.inf)
    for count in range(ROUNDS + 1):
        for name, job in jobs.items():
            began_s = cpu_time_s()
            job()
            took_s = cpu_time_s() - began_s
            if count:
                best[name] = min(best[name], took_s)
    return {name: took_s * 1000 for name, took_s in best.items()}
