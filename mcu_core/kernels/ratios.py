"""Scaling by the ratios in common use, each compiled for itself.

Two to four times as quick as by tables (kernels/resample.py), and exact: the mean of the area,
rounded to the nearest. Which ratios: measured over the panes of all layouts at 1080p (a quarter of
a picture, a third, ...) and from one usual picture size to the next.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import types

from mcu_core.kernels.dispatch import INT, NOTHING, PLANE, PLANE_IN, kernel
from mcu_core.kernels.lanes import prefetch
from mcu_core.kernels.ratio_code import STEP, Ratio, mean_columns, sum_rows
from mcu_core.kernels.resample import AHEAD, LINE, NUMBERS
from mcu_core.kernels.run_code import FAR, block_out, mean_runs

Kernel = Callable[[Any, Any, bool], None]
"""Scales all of a source plane, its second argument, into all of its first; True for chroma."""

MARGIN = 32
"""Columns on either side of the sums: co-sited chroma begins left of the picture, and whole vectors
are read."""

LEAST = 64
"""Source columns that a plane must have."""


@kernel(types.UniTuple(INT, 2)(PLANE_IN, INT, INT, INT), inline=True)
def _ask(source: Any, row: int, column: int, lines: int) -> tuple[int, int]:
    """Ask for cache lines in the order of memory, as many as a step reads; where that ended."""
    for _ in range(lines):
        if row < source.shape[0]:
            prefetch(source, row, column)
        column += LINE
        if column >= source.shape[1]:
            column = 0
            row += 1
    return row, column


@kernel(NOTHING(NUMBERS))
def _repeat_first(sums: Any) -> None:
    """What stands left of the picture counts as its first column."""
    for row in sums:
        row[:MARGIN] = row[MARGIN]


def _by_turning(p: int, q: int) -> Kernel:
    ratio = Ratio(p, q)
    block_in, block_out = ratio.block_in, ratio.block_out

    @kernel(NOTHING(PLANE, PLANE_IN, types.boolean))
    def scale(target: Any, source: Any, cosited: bool) -> None:
        height, width = target.shape
        source_width = source.shape[1]
        sums = np.empty((q, source_width + 2 * MARGIN), np.uint16)
        steps = (width + block_out - 1) // block_out
        share = (p * ((source_width + LINE - 1) // LINE) + steps - 1) // steps
        for group in range(height // q):
            asked, along = group * p + AHEAD // source_width + 1, 0
            done = 0
            for step in range(steps):
                asked, along = _ask(source, asked, along, share)
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


def _by_runs(p: int, q: int) -> Kernel:
    out = block_out(q)

    @kernel(NOTHING(PLANE, PLANE_IN, types.boolean))
    def scale(target: Any, source: Any, cosited: bool) -> None:
        height, width = target.shape
        source_width = source.shape[1]
        steps = (width + out - 1) // out
        share = (p * ((source_width + LINE - 1) // LINE) + steps - 1) // steps
        for group in range(height // q):
            row, from_row = group * q, group * p
            asked, along = from_row + AHEAD // source_width + 1, 0
            for step in range(steps):
                asked, along = _ask(source, asked, along, share)
                column = min(step * out, width - out)
                start = column // q * p
                if not cosited:
                    mean_runs(target, row, column, source, from_row, start, p, q, 0, 1)
                elif step == 0:
                    mean_runs(target, row, column, source, from_row, start, p, q, 1, 1)
                else:
                    mean_runs(target, row, column, source, from_row, start, p, q, 1, 0)

    return scale


REACHED = ((2, 1), (4, 3), (3, 2), *(((3, 1), (8, 3)) if FAR else ()))
"""Near enough for shuffles of bytes: up to twice as quick as turning."""
TURNED = ((4, 1), (6, 1), (5, 1), *(() if FAR else ((3, 1), (8, 3))))

RATIOS = {
    **{ratio: _by_runs(*ratio) for ratio in REACHED},
    **{ratio: _by_turning(*ratio) for ratio in TURNED},
}
"""Source samples to target samples, in lowest terms."""


def least_width(p: int, q: int) -> int:
    """Of a target that the kernel for p : q takes: a block, out of LEAST columns."""
    block = block_out(q) if (p, q) in REACHED else Ratio(p, q).block_out
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
