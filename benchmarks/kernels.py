"""Picture kernels against libraries and plain NumPy, in the same run on the same data.

Each pair is measured alternately, CPU time, the quickest of several rounds: what the machine does
beside it slows both, and their ratio stays. Scaling
reads source sets in rotation, together larger than most caches, because a conference's pictures
come from memory. `psnr_db` compares luma with the exact mean in float64.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TypeVar, cast

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from benchmarks.report import Report, Row
from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.contract.definition import PaneFit
from mcu_core.kernels import planes
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.resample import resample
from mcu_core.kernels.warmup import warm_up
from mcu_core.kernels.weights import chroma_axis, luma_axis
from mcu_core.layouts.catalogue import mode
from mcu_core.media.clock import cpu_time_s
from mcu_core.media.picture import Picture, Plane

Octets = NDArray[np.uint8]
Job = Callable[[], object]
Sources = TypeVar("Sources")

ROUNDS = 12
SETS = 3
"""Source sets that take turns."""

NOTES = (
    "times_quicker is peer_ms / ms. psnr_db is luma against the exact mean in float64; "
    "58.9 is what rounding to 8 bits leaves.",
    "Scaling takes all planes from memory to the canvas; a peer's own copy to there is counted.",
)


@dataclass(frozen=True)
class Grid:
    """`columns` x `rows` sources of one size on one canvas."""

    name: str
    source: tuple[int, int]
    canvas: tuple[int, int]
    columns: int
    rows: int

    @property
    def tile(self) -> tuple[int, int]:
        """Width and height of a tile."""
        return self.canvas[0] // self.columns // 2 * 2, self.canvas[1] // self.rows // 2 * 2

    @property
    def up(self) -> bool:
        """True if tiles are larger than their sources."""
        return self.tile[0] > self.source[0]


GRIDS = (
    Grid("16 x 720p on 1080p (8:3)", (1280, 720), (1920, 1080), 4, 4),
    Grid("9 x 1080p on 1080p (3:1)", (1920, 1080), (1920, 1080), 3, 3),
    Grid("4 x 720p on 720p (2:1)", (1280, 720), (1280, 720), 2, 2),
    Grid("9 x 720p on 720p (odd ratio)", (1280, 720), (1280, 720), 3, 3),
    Grid("1 x 360p on 1080p (up 1:3)", (640, 360), (1920, 1080), 1, 1),
)


def run() -> Report:
    """All comparisons: a row each, with both times and, for scaling, how near to the exact mean."""
    warm_up()
    cv2.setNumThreads(1)
    rows: list[Row] = []
    for grid in GRIDS:
        rows.extend(_scaling(grid))
    rows.extend(_plane_work())
    rows.extend(_composing())
    return Report("Picture kernels, CPU ms of one thread", rows, notes=list(NOTES))


def _scaling(grid: Grid) -> Iterator[Row]:
    count = grid.columns * grid.rows
    sets = [[_natural(*grid.source, seed=17 * k + s) for k in range(count)] for s in range(SETS)]
    canvas = _blank(*grid.canvas)
    frames = [[_frame(source) for source in sources] for sources in sets]
    exact = _exact(sets[0][0][0], grid.tile)
    interpolation = ("linear", "bilinear") if grid.up else ("area", "area")
    ours = _each(lambda sources: _ours(grid, canvas, sources), sets)
    peers: dict[str, tuple[Job, Callable[[], Octets]]] = {
        f"cv2 {interpolation[0]}": (
            _each(lambda sources: _opencv(grid, canvas, sources), sets),
            lambda: _cv2_scaled(sets[0][0][0], grid),
        ),
        f"swscale {interpolation[1]}": (
            _each(lambda sources: _swscale(grid, canvas, sources), frames),
            lambda: _sws_scaled(frames[0][0], grid, _reformatter())[0],
        ),
    }
    for peer, (job, sample) in peers.items():
        ms, peer_ms = _pair(ours, job)
        tile = np.empty(grid.tile[::-1], np.uint8)
        source = sets[0][0][0]
        resample(
            tile,
            source,
            *luma_axis(grid.source[0], grid.tile[0]),
            *luma_axis(grid.source[1], grid.tile[1]),
        )
        yield _row(
            "resample", grid.name, ms, peer, peer_ms, _psnr(tile, exact), _psnr(sample(), exact)
        )


def _plane_work() -> Iterator[Row]:
    y, u, v = _natural(1920, 1080, seed=1)
    target, alpha = np.empty_like(y), _natural(1920, 1080, seed=2)[0]
    turned = np.empty((1920, 1080), np.uint8)
    table = np.array([16384, -1800, -3400, 673792, 16600, 1800, -3e5, 1200, 16700, -2e5], np.int64)
    scratch = (y.copy(), u.copy(), v.copy())
    jobs: tuple[tuple[str, str, Job, Job], ...] = (
        (
            "copy",
            "numpy",
            lambda: planes.copy(target, y),
            lambda: np.copyto(target, y),
        ),
        ("fill", "numpy", lambda: planes.fill(target, 16), lambda: np.copyto(target, np.uint8(16))),
        (
            "blend",
            "numpy 16 bit",
            lambda: planes.blend(target, y, alpha),
            lambda: _numpy_blend(target, y, alpha),
        ),
        (
            "turn 90",
            "cv2.rotate",
            lambda: planes.turn(turned, y, 1),
            lambda: cv2.rotate(y, cv2.ROTATE_90_CLOCKWISE, turned),
        ),
        (
            "recolor",
            "numpy 32 bit",
            lambda: recolor(*scratch, table),
            lambda: _numpy_recolor(*scratch, table),
        ),
    )
    for kernel, peer, job, other in jobs:
        ms, peer_ms = _pair(job, other)
        yield _row(kernel, "1080p", ms, peer, peer_ms)


def _composing() -> Iterator[Row]:
    """A canvas as the engine uses it, names included, against doing all of it each time."""
    sources = [
        [Picture(*_natural(1280, 720, seed=31 * k + s)) for k in range(16)] for s in range(SETS)
    ]
    serial = iter(range(10**9))

    def scene(pictures: list[Picture], changed: int) -> Scene:
        new = next(serial)
        views = tuple(
            PaneView(
                f"s{k}",
                Picture(p.y, p.u, p.v, serial=new if k < changed else -1),
                PaneFit.FILL,
                "会诊中心",
            )
            for k, p in enumerate(pictures)
        )
        return Scene(mode(47), views)

    everything, one, nothing = (Canvas(1920, 1080) for _ in range(3))
    still = scene(sources[0], 0)
    full = _each(lambda pictures: everything.compose(scene(pictures, 16)), sources)
    for case, job in (
        ("16 x 720p, one new", _each(lambda _: one.compose(scene(sources[0], 1)), sources)),
        ("16 x 720p, none new", lambda: nothing.compose(still)),
    ):
        ms, full_ms = _pair(job, full)
        yield _row("compose", case, ms, "all 16 new", full_ms)


def _ours(grid: Grid, canvas: tuple[Octets, ...], sources: Sequence[tuple[Octets, ...]]) -> None:
    (width, height), (w, h) = grid.source, grid.tile
    luma = (*luma_axis(width, w), *luma_axis(height, h))
    chroma = (*chroma_axis(width, w, True), *chroma_axis(height, h, False))
    for target, source in zip(_tiles(grid, canvas), sources, strict=True):
        resample(target[0], source[0], *luma)
        resample(target[1], source[1], *chroma)
        resample(target[2], source[2], *chroma)


def _opencv(grid: Grid, canvas: tuple[Octets, ...], sources: Sequence[tuple[Octets, ...]]) -> None:
    how = cv2.INTER_LINEAR if grid.up else cv2.INTER_AREA
    for target, source in zip(_tiles(grid, canvas), sources, strict=True):
        for plane, other in zip(target, source, strict=True):
            plane[...] = cv2.resize(other, plane.shape[::-1], interpolation=how)


def _swscale(grid: Grid, canvas: tuple[Octets, ...], frames: list[av.VideoFrame]) -> None:
    reformatter = _reformatter()
    for target, frame in zip(_tiles(grid, canvas), frames, strict=True):
        for plane, other in zip(target, _sws_scaled(frame, grid, reformatter), strict=True):
            plane[...] = other


def _sws_scaled(frame: av.VideoFrame, grid: Grid, scaler: VideoReformatter) -> list[Octets]:
    how = Interpolation.BILINEAR if grid.up else Interpolation.AREA
    scaled = scaler.reformat(frame, *grid.tile, interpolation=how, threads=1)
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
        for plane in scaled.planes
    ]


def _reformatter() -> VideoReformatter:
    return cast("Callable[[], VideoReformatter]", VideoReformatter)()


def _cv2_scaled(source: Octets, grid: Grid) -> Octets:
    how = cv2.INTER_LINEAR if grid.up else cv2.INTER_AREA
    return np.asarray(cv2.resize(source, grid.tile, interpolation=how), np.uint8)


def _numpy_blend(target: Octets, paint: Octets, alpha: Octets) -> None:
    a = alpha.astype(np.uint16)
    target[...] = (target * (255 - a) + paint * a + 127) // 255


def _numpy_recolor(y: Octets, u: Octets, v: Octets, c: NDArray[np.int64]) -> None:
    blue, red = u.astype(np.int32), v.astype(np.int32)
    tint = (c[1] * blue + c[2] * red + c[3]).repeat(2, axis=0).repeat(2, axis=1)
    y[...] = np.clip((c[0] * y.astype(np.int32) + tint) >> 14, 0, 255)
    u[...] = np.clip((c[4] * blue + c[5] * red + c[6]) >> 14, 0, 255)
    v[...] = np.clip((c[7] * blue + c[8] * red + c[9]) >> 14, 0, 255)


def _tiles(grid: Grid, canvas: tuple[Octets, ...]) -> Iterator[tuple[Octets, ...]]:
    w, h = grid.tile
    for row in range(grid.rows):
        for column in range(grid.columns):
            x, y = column * w, row * h
            half = (slice(y // 2, (y + h) // 2), slice(x // 2, (x + w) // 2))
            yield canvas[0][y : y + h, x : x + w], canvas[1][half], canvas[2][half]


def _natural(width: int, height: int, seed: int) -> tuple[Plane, Plane, Plane]:
    """Smooth shapes with some noise: scaling has something to keep and something to average."""
    rng = np.random.default_rng(seed)

    def plane(w: int, h: int) -> Plane:
        coarse = rng.integers(0, 256, (h // 16 + 2, w // 16 + 2), dtype=np.uint8)
        smooth = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC).astype(np.int16)
        noisy = smooth + rng.integers(-12, 13, (h, w), dtype=np.int16)
        clipped: NDArray[np.int16] = np.clip(noisy, 0, 255)
        return clipped.astype(np.uint8)

    return (
        plane(width, height),
        plane(width // 2, height // 2),
        plane(width // 2, height // 2),
    )


def _blank(width: int, height: int) -> tuple[Octets, ...]:
    half = (height // 2, width // 2)
    return np.zeros((height, width), np.uint8), np.zeros(half, np.uint8), np.zeros(half, np.uint8)


def _frame(source: tuple[Octets, ...]) -> av.VideoFrame:
    height, width = source[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, samples in zip(frame.planes, source, strict=True):
        memory = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        memory[:, : plane.width] = samples
    return frame


def _exact(source: Octets, tile: tuple[int, int]) -> NDArray[np.float64]:
    """The mean of the area, or the line between neighbours, in float64 (from the same weights)."""
    result = source.astype(np.float64)
    for size in tile[::-1]:
        spans, weights = luma_axis(result.shape[0], size)
        matrix = np.zeros((size, result.shape[0]))
        for x, (start, taps) in enumerate(spans.tolist()):
            matrix[x, start : start + taps] = weights[x, :taps] / weights[x, :taps].sum()
        result = (matrix @ result).T
    return result


def _psnr(picture: Octets, exact: NDArray[np.float64]) -> float:
    return 10 * math.log10(255**2 / float(np.square(picture - exact).mean()))


def _each(work: Callable[[Sources], object], sets: list[Sources]) -> Job:
    turns = cycle(sets)
    return lambda: work(next(turns))


def _pair(ours: Job, peer: Job) -> tuple[float, float]:
    """CPU milliseconds of each, measured in turn; the first round does not count."""
    best = [math.inf, math.inf]
    for count in range(ROUNDS + 1):
        for k, job in enumerate((ours, peer)):
            began_s = cpu_time_s()
            job()
            took_s = cpu_time_s() - began_s
            best[k] = min(best[k], took_s) if count else math.inf
    return best[0] * 1000, best[1] * 1000


def _row(
    kernel: str,
    case: str,
    ms: float,
    peer: str,
    peer_ms: float,
    psnr_db: float | None = None,
    peer_psnr_db: float | None = None,
) -> Row:
    row: Row = {
        "kernel": kernel,
        "case": case,
        "ms": round(ms, 3),
        "peer": peer,
        "peer_ms": round(peer_ms, 3),
        "times_quicker": round(peer_ms / max(ms, 1e-6), 1),
    }
    if psnr_db is not None and peer_psnr_db is not None:
        row |= {"psnr_db": round(psnr_db, 1), "peer_psnr_db": round(peer_psnr_db, 1)}
    return row
