"""Which source samples make an output sample, and in which shares: tables for kernels/resample.

One table per axis, computed in integers and cached. Downwards each output sample is the mean of the
source under it (exact area), upwards it lies between two source samples (bilinear).

Chroma of 4:2:0 video stands, along x, on every second luma sample, not between two (ITU-T H.264
figure E-1, chroma sample location type 0): scaled as if it stood between, it would drift to a side.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WHOLE = 65536
"""Weights of one output sample sum to this."""

TABLES = 1024
"""Tables kept; one of 1920 samples takes about 45 KB, a common one less than 10 KB."""


class Axis(NamedTuple):
    """`spans[x]`: first source sample, number of samples; `weights[x, :number]`: their shares."""

    spans: NDArray[np.int64]
    weights: NDArray[np.uint16]


@lru_cache(TABLES)
def luma_axis(source: int, target: int) -> Axis:
    """From `source` to `target` samples, edges on edges."""
    return _axis(source, target, target, source, Phase(2, 0))


@lru_cache(TABLES)
def chroma_axis(source: int, target: int, cosited: bool) -> Axis:
    """The chroma beside `luma_axis(source, target)`: (source + 1) // 2 to (target + 1) // 2.

    `cosited`: chroma stands on even luma samples (as along x), else between two (as along y).
    """
    phase = Phase(1, 1) if cosited else Phase(2, 0)
    return _axis(source, target, (target + 1) // 2, (source + 1) // 2, phase)


class Phase(NamedTuple):
    """In quarters of a sample: where a sample stands in its place, and what is added in the source.

    Luma stands in the middle of its place (2). A co-sited chroma sample stands in the middle of the
    first of the two luma samples that it serves: a quarter into its place.
    """

    inside: int
    added: int


def _axis(source: int, target: int, count: int, available: int, phase: Phase) -> Axis:
    """Outputs 0..count-1 at a ratio of source : target, over `available` source samples."""
    # Positions count in 1 / (4 * target) of a source sample: all of them are whole numbers.
    sample = 4 * target
    x = np.arange(count, dtype=np.int64)
    centre = (4 * x + phase.inside) * source + phase.added * target
    if source >= target:
        begin, end = centre - 2 * source, centre + 2 * source
        first = begin // sample
        steps = np.arange(-(-source // target) + 1, dtype=np.int64)
        at = (first[:, None] + steps) * sample
        shares = np.minimum(end[:, None], at + sample) - np.maximum(begin[:, None], at)
        shares = np.maximum(shares, 0)
    else:
        first = (centre - sample // 2) // sample
        steps = np.arange(2, dtype=np.int64)
        after = centre - sample // 2 - first * sample
        shares = np.stack([sample - after, after], axis=1)
    return _table(first[:, None] + steps, shares, available)


def _table(index: NDArray[np.int64], shares: NDArray[np.int64], available: int) -> Axis:
    """Samples beyond an end count for the sample at that end."""
    count, width = index.shape
    inside = np.clip(index, 0, available - 1)
    start = inside[:, 0]
    gathered = np.zeros((count, width), np.int64)
    np.add.at(gathered, (np.arange(count)[:, None], inside - start[:, None]), shares)
    # Rounded so that the sum stays whole: round the edges between shares, not the shares.
    edges = np.cumsum(gathered, axis=1)
    total = edges[:, -1:]
    edges = (edges * WHOLE + total // 2) // total
    weights = np.diff(edges, axis=1, prepend=0)
    taps = width - np.argmax(weights[:, ::-1] > 0, axis=1)
    # 16 bits cannot say 65536; the half step that is missing is rounded away.
    small = np.minimum(weights, WHOLE - 1).astype(np.uint16)
    return Axis(np.stack([start, taps], axis=1), small)
