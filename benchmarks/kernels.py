"""Picture kernels against libraries and plain NumPy, in the same run on the same data.

Scaling has a table of its own (benchmarks/scaling.py). Here each pair is measured alternately, CPU
time, the quickest of several rounds: what the machine does beside it slows both, and their ratio
stays.
"""

import math
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.libyuv import LIBRARY, scaler
from benchmarks.report import Report, Row
from benchmarks.scaling import natural, table
from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.contract.definition import PaneFit
from mcu_core.kernels import planes
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.warmup import warm_up
from mcu_core.layouts.catalogue import mode
from mcu_core.media.clock import cpu_time_s
from mcu_core.media.picture import Picture

Octets = NDArray[np.uint8]
Job = Callable[[], object]
Sources = TypeVar("Sources")

ROUNDS = 12
SETS = 3
"""Source sets that take turns."""

NOTES = (
    "Scaling: all planes from memory to the canvas; a peer's own copy to there is counted. "
    "'sweep' reads those sources and writes that canvas once.",
    "psnr_db is luma against the exact mean in float64; 58.9 is what rounding to 8 bits leaves. "
    "libyuv box, swscale area, cv2 INTER_AREA; bilinear where it goes up.",
    "times_quicker is peer_ms / ms.",
)


def run() -> Report:
    """Scaling at every common ratio, and the other kernels beside their peers."""
    warm_up()
    cv2.setNumThreads(1)
    notes = list(NOTES)
    if scaler() is None:
        notes.append(f"{LIBRARY} is not installed (Debian: libyuv0): its rows are missing.")
    rows = [*_plane_work(), *_composing()]
    return Report("Picture kernels, CPU ms of one thread", table(), beside=rows, notes=notes)


def _plane_work() -> Iterator[Row]:
    y, u, v = natural(1920, 1080, seed=1)
    target, alpha = np.empty_like(y), natural(1920, 1080, seed=2)[0]
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
        [Picture(*natural(1280, 720, seed=31 * k + s)) for k in range(16)] for s in range(SETS)
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


def _numpy_blend(target: Octets, paint: Octets, alpha: Octets) -> None:
    a = alpha.astype(np.uint16)
    target[...] = (target * (255 - a) + paint * a + 127) // 255


def _numpy_recolor(y: Octets, u: Octets, v: Octets, c: NDArray[np.int64]) -> None:
    blue, red = u.astype(np.int32), v.astype(np.int32)
    tint = (c[1] * blue + c[2] * red + c[3]).repeat(2, axis=0).repeat(2, axis=1)
    y[...] = np.clip((c[0] * y.astype(np.int32) + tint) >> 14, 0, 255)
    u[...] = np.clip((c[4] * blue + c[5] * red + c[6]) >> 14, 0, 255)
    v[...] = np.clip((c[7] * blue + c[8] * red + c[9]) >> 14, 0, 255)


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


def _row(kernel: str, case: str, ms: float, peer: str, peer_ms: float) -> Row:
    return {
        "kernel": kernel,
        "case": case,
        "ms": round(ms, 3),
        "peer": peer,
        "peer_ms": round(peer_ms, 3),
        "times_quicker": round(peer_ms / max(ms, 1e-6), 1),
    }
