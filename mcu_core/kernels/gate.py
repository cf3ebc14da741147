"""Noise gate: silence between words, and every word whole.

Sound comes out DELAY samples after it went in. Each 2 ms the newest sound is judged, in two ways:
by its power, and by the power of its slope, in which an "s" or an "f" stands out of the low noise
of rooms. Each is compared with the least that it has been lately. Where one of them is well over
it, the gate opens before that sound and 8 ms of what came before it leave.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import NOTHING, kernel, matrix, vector

SEGMENT = 96
"""2 ms at 48 kHz: how often the gate decides, and how fast it opens."""

DELAY = 480
"""10 ms."""

OPEN = 10 ** (6.5 / 10)
"""Over noise by so much power it opens; under half of that for HOLD segments, it closes."""

HOLD = 125
CLOSING = 75
"""Segments: stays open 250 ms, then fades for 150 ms."""

LEAST_POWER = 10 ** (-78.0 / 10)
LEAST_SLOPE = 10 ** (-93.0 / 10)
"""What is quieter is not heard either: -78 dBov, and as much of it from 3 kHz on."""

GAIN, HELD, POWER, SLOPE, NOISE, SLOPE_NOISE, LAST = range(7)
"""What stands where in the gate's state."""

STATE = 7

_FRESH = 0.4
_FALL = 0.05

Samples = NDArray[np.float32]
State = NDArray[np.float64]

_BLOCK = matrix(types.float32, readonly=False)
_BLOCK_IN = matrix(types.float32)
_STATE = vector(types.float64, readonly=False)


def new_state() -> State:
    """A gate that is closed and knows no noise yet."""
    state = np.zeros(STATE)
    state[NOISE], state[SLOPE_NOISE] = LEAST_POWER, LEAST_SLOPE
    return state


@kernel(NOTHING(_BLOCK_IN, types.int64, _STATE, types.float64), brief=True)
def _judge(block: Samples, start: int, state: State, rise: float) -> None:
    """Follow power and noise by one segment, and decide how long the gate stays open."""
    power = 0.0
    slope = 0.0
    last = state[LAST]
    for i in range(start, start + SEGMENT):
        left, right = float(block[i, 0]), float(block[i, 1])
        power += left * left + right * right
        both = 0.5 * (left + right)
        slope += (both - last) * (both - last)
        last = both
    state[LAST] = last
    state[POWER] += _FRESH * (power / (2 * SEGMENT) - state[POWER])
    state[SLOPE] += _FRESH * (slope / SEGMENT - state[SLOPE])
    least = max(state[NOISE], LEAST_POWER)
    least_slope = max(state[SLOPE_NOISE], LEAST_SLOPE)
    over = max(state[POWER] / least, state[SLOPE] / least_slope)
    if over > OPEN or (state[HELD] > 0.0 and over > OPEN / 2):
        state[HELD] = HOLD
    elif state[HELD] > 0.0:
        state[HELD] -= 1.0
    for now, noise in ((POWER, NOISE), (SLOPE, SLOPE_NOISE)):
        if state[now] < state[noise]:
            state[noise] += _FALL * (state[now] - state[noise])
        else:
            state[noise] = min(state[now], state[noise] * rise)


@kernel(types.boolean(_BLOCK_IN, _BLOCK, _STATE, types.float64, _BLOCK), brief=True)
def gate(block: Samples, line: Samples, state: State, rise: float, out: Samples) -> bool:
    """Write what went in DELAY samples ago to `out`, gated; whether anything but silence.

    `line`, shape (DELAY, 2), holds those samples; all rows are multiples of SEGMENT. `rise`: the
    factor by which noise may grow per segment.
    """
    sounds = False
    for start in range(0, block.shape[0], SEGMENT):
        _judge(block, start, state, rise)
        before = state[GAIN]
        gain = 1.0 if state[HELD] > 0.0 else max(0.0, before - 1.0 / CLOSING)
        step = (gain - before) / SEGMENT
        for i in range(SEGMENT):
            k = start + i - DELAY
            factor = before + step * (i + 1)
            for channel in range(2):
                then = block[k, channel] if k >= 0 else line[k + DELAY, channel]
                out[start + i, channel] = factor * then
        state[GAIN] = gain
        sounds = sounds or before > 0.0 or gain > 0.0
    last = block.shape[0] - DELAY
    for i in range(DELAY):
        line[i, 0] = block[last + i, 0]
        line[i, 1] = block[last + i, 1]
    return sounds


@kernel(NOTHING(_BLOCK_IN, _BLOCK_IN, _BLOCK), brief=True)
def go_over(before: Samples, after: Samples, out: Samples) -> None:
    """Write `before` to `out`, gone over into `after`."""
    count = before.shape[0]
    for i in range(count):
        share = (i + 1) / count
        for channel in range(2):
            out[i, channel] = (1 - share) * before[i, channel] + share * after[i, channel]
