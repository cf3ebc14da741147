"""Scaling of one plane by any ratio and phase: exact-area downwards, bilinear upwards.

Both are the same loop: every output sample is a weighted mean of a short run of source samples,
along y and then along x. A table per axis says which (kernels/weights.py). All in 16-bit lanes: a
source byte counts 256, a weight is a share of 65536, each product keeps its high half, so the
result is within one step of the exact mean, rounded.

Output rows are made TALL at a time. The vertical pass works on WIDE columns at once, straight from
the source; its rows are transposed, so that in the horizontal pass a lane is a row and every column
may have a run and weights of its own without gathering.
"""

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import INT, NOTHING, PLANE, PLANE_IN, kernel, matrix
from mcu_core.kernels.lanes import (
    TALL,
    WIDE,
    add_bytes,
    add_tall,
    prefetch,
    store_rounded,
    store_wide,
    tall_start,
    turn_bytes,
    turn_numbers,
    wide_start,
)

Numbers = NDArray[np.uint16]
Octets = NDArray[np.uint8]
Spans = NDArray[np.int64]

NUMBERS = matrix(types.uint16, readonly=False)
OCTETS = matrix(types.uint8, readonly=False)
SPANS = matrix(types.int64)
WEIGHTS = matrix(types.uint16)

AHEAD = 16384
"""Bytes between asking for a cache line and reading it: the source comes from memory. Lines are
asked for in the order in which they lie there: asked for as the blocks read them, across rows, they
come at a third of the speed."""
LINE = 64
"""Bytes of a cache line."""
PADDING = 32
"""Scratch is longer than needed by what one step may write beyond; also keeps strides off powers
of two, which would share cache sets."""


@kernel(INT(INT), inline=True)
def rounding(taps: int) -> int:
    """What all taps lose by keeping the high half: half a step each, on average.

    Bounded so that white does not overflow: a sum of white taps is 65280 at most, and when there
    are more than 256 nonzero ones, the surplus loses nearly a step each. Both passes together and
    the final half step may add 255.
    """
    return min(taps // 2, 63 + max(0, taps - 258))


@kernel(NOTHING(NUMBERS, PLANE_IN, INT, INT, SPANS, WEIGHTS))
def weigh_rows(
    rows: Numbers, source: Octets, first: int, count: int, spans: Spans, weights: Numbers
) -> None:
    """rows[k] = output row first + k, still as wide as the source, 256 times too large."""
    height, width = source.shape
    lead = AHEAD // width + 1
    for k in range(count):
        start, taps = spans[first + k]
        weight = weights[first + k]
        asked = lead + (spans[first + k - 1, 0] + spans[first + k - 1, 1] if first + k else 0)
        for row in range(asked, min(lead + start + taps, height)):
            for column in range(0, width, LINE):
                prefetch(source, row, column)
        for step in range((width + WIDE - 1) // WIDE if width >= WIDE else 0):
            column = min(step * WIDE, width - WIDE)
            total = wide_start(rounding(taps))
            for tap in range(taps):
                total = add_bytes(total, source, start + tap, column, weight[tap])
            store_wide(total, rows, k, column)
        for column in range(width if width < WIDE else 0):
            acc = rounding(taps)
            for tap in range(taps):
                product = np.int64(source[start + tap, column]) * np.int64(weight[tap])
                acc += int(product >> 8)
            rows[k, column] = acc


@kernel(NOTHING(OCTETS, NUMBERS, SPANS, WEIGHTS))
def weigh_columns(lines: Octets, columns: Numbers, spans: Spans, weights: Numbers) -> None:
    """lines[x] = output column x of TALL rows, finished."""
    for x in range(len(spans)):
        start, taps = spans[x]
        total = tall_start(rounding(taps))
        for tap in range(taps):
            total = add_tall(total, columns, start + tap, 0, weights[x, tap])
        store_rounded(total, lines, x, 0)


@kernel(NOTHING(PLANE, PLANE_IN, SPANS, WEIGHTS, SPANS, WEIGHTS))
def resample(
    target: Any,
    source: Any,
    x_spans: Spans,
    x_weights: Numbers,
    y_spans: Spans,
    y_weights: Numbers,
) -> None:
    """Scale all of `source` into all of `target`: uint8, shapes (h, w), column stride 1.

    `x_spans` has shape (target width, 2): first source column and number of columns;
    `x_weights[x, :number]` are their weights, which sum to 65536 (one tap alone: 65535). `y_spans`
    and `y_weights` likewise for rows. Spans must lie inside the source: nothing is checked here.
    """
    height, width = target.shape
    source_width = source.shape[1]
    rows = np.empty((TALL, source_width + PADDING), np.uint16)
    columns = np.empty((source_width + PADDING, TALL), np.uint16)
    lines = np.empty((width + PADDING, TALL), np.uint8)
    block = np.empty((TALL, width + PADDING), np.uint8)
    for top in range(0, height, TALL):
        count = min(TALL, height - top)
        weigh_rows(rows, source, top, count, y_spans, y_weights)
        for column in range(0, source_width, 8):
            turn_numbers(columns, column, 0, rows, 0, column)
        weigh_columns(lines, columns, x_spans, x_weights)
        for row in range(0, TALL, 16):
            for column in range(0, width, 32):
                turn_bytes(block, row, column, lines, column, row)
        for row in range(count):
            for column in range(width):
                target[top + row, column] = block[row, column]
