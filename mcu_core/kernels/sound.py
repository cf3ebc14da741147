"""Loops over sound: blocks of shape (n, 2), float32, full scale -1..1; sums are float64.

A sum in float64 of float32 blocks is exact to 2^-53, so taking a block out of it again leaves no
trace that a 16- or 24-bit output could hold (MCU-A rows on N-1).
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import NOTHING, kernel, matrix, vector

SEGMENT = 96
"""Samples over which the limiter moves its gain, and by which it delays: 2 ms at 48 kHz."""

Sum = NDArray[np.float64]
Samples = NDArray[np.float32]
Gains = tuple[float, float]
"""Linear gains of the left and the right channel."""

_SUM = matrix(types.float64, readonly=False)
_SUM_IN = matrix(types.float64)
_BLOCK = matrix(types.float32, readonly=False)
_BLOCK_IN = matrix(types.float32)
_STATE = vector(types.float64, readonly=False)
_REAL = types.float64
_GAINS = types.UniTuple(types.float64, 2)


@kernel(NOTHING(_SUM, _BLOCK_IN, _GAINS, _GAINS, types.int64), brief=True)
def add(total: Sum, block: Samples, before: Gains, gains: Gains, ramp: int) -> None:
    """total += block, the gains of its channels going linearly over the first `ramp` samples.

    `before` and `gains`: left and right, at the end of the last block and of the ramp.
    """
    left_step, right_step = (gains[0] - before[0]) / ramp, (gains[1] - before[1]) / ramp
    for i in range(ramp):
        total[i, 0] += (before[0] + left_step * (i + 1)) * block[i, 0]
        total[i, 1] += (before[1] + right_step * (i + 1)) * block[i, 1]
    left, right = gains
    for i in range(ramp, block.shape[0]):
        total[i, 0] += left * block[i, 0]
        total[i, 1] += right * block[i, 1]


@kernel(NOTHING(_SUM_IN, _BLOCK_IN, _GAINS, _GAINS, types.int64, _SUM), brief=True)
def take_away(
    total: Sum, block: Samples, before: Gains, gains: Gains, ramp: int, rest: Sum
) -> None:
    """rest = total without what `add` put in with the same arguments."""
    left_step, right_step = (gains[0] - before[0]) / ramp, (gains[1] - before[1]) / ramp
    for i in range(ramp):
        rest[i, 0] = total[i, 0] - (before[0] + left_step * (i + 1)) * block[i, 0]
        rest[i, 1] = total[i, 1] - (before[1] + right_step * (i + 1)) * block[i, 1]
    left, right = gains
    for i in range(ramp, block.shape[0]):
        rest[i, 0] = total[i, 0] - left * block[i, 0]
        rest[i, 1] = total[i, 1] - right * block[i, 1]


@kernel(_REAL(_BLOCK_IN), brief=True)
def swing(block: Samples) -> float:
    """Mean of the squared distances of both channels' samples from their channel's mean.

    Not finite if one of them is not. What is constant cannot be heard.
    """
    energy: float = 0.0
    lefts: float = 0.0
    rights: float = 0.0
    for i in range(block.shape[0]):
        left, right = float(block[i, 0]), float(block[i, 1])
        energy += left * left + right * right
        lefts += left
        rights += right
    count = float(block.shape[0])
    rest = energy - (lefts * lefts + rights * rights) / count
    return 0.0 if rest < 0.0 else rest / (2 * count)


@kernel(_REAL(_BLOCK_IN), brief=True)
def side_share(block: Samples) -> float:
    """How stereo it is: power of half the difference of the channels over that of their mean."""
    side: float = 0.0
    middle: float = 1e-20
    for i in range(block.shape[0]):
        left, right = float(block[i, 0]), float(block[i, 1])
        side += (left - right) * (left - right)
        middle += (left + right) * (left + right)
    return side / middle


@kernel(_REAL(_SUM_IN, types.int64, types.int64), brief=True)
def _peak(sound: Sum, start: int, stop: int) -> float:
    peak = 0.0
    for i in range(start, stop):
        peak = max(peak, abs(sound[i, 0]), abs(sound[i, 1]))
    return peak


@kernel(NOTHING(_SUM_IN, _SUM, _STATE, _REAL, _REAL, _BLOCK), brief=True)
def limit(
    sound: Sum, line: Sum, state: NDArray[np.float64], ceiling: float, release: float, out: Samples
) -> None:
    """Write `sound`, delayed by SEGMENT samples, to `out`, nowhere above `ceiling` in size.

    `line`, shape (SEGMENT, 2), holds what came last; `state` the gain reached and the peak of the
    line. The number of rows must be a multiple of SEGMENT. The gain moves linearly over each
    segment; where two segments meet it fits the louder of them, so it never overshoots. It rises
    by at most the factor `release` per segment.
    """
    for segment in range(sound.shape[0] // SEGMENT):
        start = segment * SEGMENT
        gain = state[0]
        coming = _peak(sound, start, start + SEGMENT)
        loudest = max(coming, state[1])
        reached = min(1.0, gain * release)
        if loudest * reached > ceiling:
            reached = ceiling / loudest
        step = (reached - gain) / SEGMENT
        for i in range(SEGMENT):
            factor = gain + step * (i + 1)
            for channel in range(2):
                before = line[i, channel] if segment == 0 else sound[start - SEGMENT + i, channel]
                out[start + i, channel] = factor * before
        state[0] = reached
        state[1] = coming
    last = sound.shape[0] - SEGMENT
    for i in range(SEGMENT):
        line[i, 0] = sound[last + i, 0]
        line[i, 1] = sound[last + i, 1]
