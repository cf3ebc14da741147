"""Scaling by the ratios in common use, each compiled for itself.

Twice to three times as quick as by tables (kernels/resample.py), and exact: the mean of the area,
rounded to the nearest. Which ratios: measured over the panes of all layouts at 1080p (a quarter of
a picture, a third, ...) and from one usual picture size to the next.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import types

from mcu_core.kernels.dispatch import NOTHING, PLANE, PLANE_IN, kernel
from mcu_core.kernels.lanes import prefetch
from mcu_core.kernels.ratio_code import STEP, Ratio, mean_columns, sum_rows
from mcu_core.kernels.resample import AHEAD, LINE, NUMBERS

Kernel = Callable[[Any, Any, bool], None]
"""Scales all of a source plane, its second argument, into all of its first; True for chroma."""

MARGIN = 32
"""Columns on either side of the sums: co-sited chroma begins left of the picture, and whole vectors
are read."""

LEAST = 64
"""Source columns that a plane must have."""


@kernel(NOTHING(NUMBERS))
def _repeat_first(sums: Any) -> None:
    """What stands left of the picture counts as its first column."""
    for row in sums:
        row[:MARGIN] = row[MARGIN]


def _compiled(p: int, q: int) -> Kernel:
    ratio = Ratio(p, q)
    block_in, block_out = ratio.block_in, ratio.block_out

    @kernel(NOTHING(PLANE, PLANE_IN, types.boolean))
    def scale(target: Any, source: Any, cosited: bool) -> None:
        height, width = target.shape
        source_height, source_width = source.shape
        sums = np.empty((q, source_width + 2 * MARGIN), np.uint16)
        steps = (width + block_out - 1) // block_out
        # As many lines are asked for in a step as it reads, in the order of memory.
        lines = (source_width + LINE - 1) // LINE
        share = (p * lines + steps - 1) // steps
        for group in range(height // q):
            asked, along = group * p + AHEAD // source_width + 1, 0
            done = 0
            for step in range(steps):
                for _ in range(share):
                    if asked < source_height:
                        prefetch(source, asked, along)
                    along += LINE
                    if along >= source_width:
                        along = 0
                        asked += 1
                column = min(step * block_out, width - block_out)
                start = column // q * p
                while done < start + block_in:
                    at = min(done, source_width - STEP)
                    sum_rows(sums, MARGIN + at, source, group * p, at, p, q)
                    done = at + STEP
                if step == 0:
                    _repeat_first(sums)
                if cosited:
                    mean_columns(target, group * q, column, sums, MARGIN + start, p, q, 1)
                else:
                    mean_columns(target, group * q, column, sums, MARGIN + start, p, q, 0)

    return scale


RATIOS = {
    (p, q): _compiled(p, q)
    for p, q in ((2, 1), (3, 1), (4, 1), (6, 1), (8, 3), (4, 3), (3, 2), (5, 1))
}
"""Source samples to target samples, in lowest terms."""


def least_width(p: int, q: int) -> int:
    """Of a target that the kernel for p : q takes: a block, out of LEAST columns."""
    block = Ratio(p, q).block_out
    return max(block, -(-LEAST // p) * q)


@lru_cache(1024)
def compiled(source: tuple[int, int], target: tuple[int, int]) -> Kernel | None:
    """What scales planes of these sizes (h, w); None where tables must."""
    for (p, q), scale in RATIOS.items():
        fits = all(
            big * q == small * p and small % q == 0
            for big, small in zip(source, target, strict=True)
        )
        if fits and target[1] >= least_width(p, q):
            return scale
    return None
