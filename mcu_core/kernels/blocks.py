"""Blocks of sound copied, joined and folded, with the interpreter's lock kept.

NumPy gives the lock up for whatever has more than 500 numbers. A tick of sound does so a hundred
times, for a microsecond of copying each, and where other threads want the lock it waits a hundred
times to have it back.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import NOTHING, kernel, matrix

Samples = NDArray[np.float32]
"""Shape (n, channels), rows one after another in memory."""

_BLOCK = matrix(types.float32, readonly=False)
_BLOCK_IN = matrix(types.float32)
_SUM = matrix(types.float64, readonly=False)


@kernel(NOTHING(_BLOCK_IN, _BLOCK_IN, _BLOCK), brief=True)
def _join(first: Samples, second: Samples, out: Samples) -> None:
    begin = first.shape[0]
    for i in range(begin):
        for channel in range(first.shape[1]):
            out[i, channel] = first[i, channel]
    for i in range(second.shape[0]):
        for channel in range(second.shape[1]):
            out[begin + i, channel] = second[i, channel]


@kernel(NOTHING(_BLOCK_IN, _BLOCK), brief=True)
def _fold(block: Samples, out: Samples) -> None:
    half = np.float32(0.5)
    for i in range(block.shape[0]):
        out[i, 0] = (block[i, 0] + block[i, 1]) * half


@kernel(NOTHING(_SUM), brief=True)
def clear(total: NDArray[np.float64]) -> None:
    """Set all to nothing."""
    for i in range(total.shape[0]):
        for channel in range(total.shape[1]):
            total[i, channel] = 0.0


def joined(first: Samples, second: Samples) -> Samples:
    """One after the other, both with as many channels."""
    out = np.empty((len(first) + len(second), first.shape[1]), np.float32)
    _join(first, second, out)
    return out


def folded(block: Samples) -> Samples:
    """The mean of both channels, shape (n, 1)."""
    out = np.empty((len(block), 1), np.float32)
    _fold(block, out)
    return out
