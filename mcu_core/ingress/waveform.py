"""Sound carried on where some is missing, shortened where there is too much, without a click."""

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.sound import SAMPLE_RATE, Block

SHORTEST_PERIOD = SAMPLE_RATE // 400
LONGEST_PERIOD = SAMPLE_RATE // 66
"""Pitch periods of voices; other sound gets the lag at which it looks most like itself."""

MATCHED = SAMPLE_RATE // 200
"""Samples compared, and over which one sound goes over into another: 5 ms."""

HISTORY = LONGEST_PERIOD + 2 * MATCHED
"""Samples that Continuation needs of what came before."""

FADE_BEGIN = SAMPLE_RATE // 100
FADE_END = 6 * SAMPLE_RATE // 100
"""A voice carried on longer than 60 ms sounds like a machine: silence is better."""

_NEARLY = 0.01

_UP = ((np.arange(MATCHED, dtype=np.float32) + 1) / (MATCHED + 1))[:, None]


class Continuation:
    """What may have followed `history`, shape (HISTORY, 2): its last period again and again.

    The first 10 ms keep their loudness, after 60 ms there is silence.
    """

    def __init__(self, history: Block) -> None:
        mono = history.sum(axis=1)
        newest = mono[-MATCHED:]
        # Lag L compares the newest samples with those L before them.
        older = mono[-MATCHED - LONGEST_PERIOD : -SHORTEST_PERIOD]
        lag = LONGEST_PERIOD - _best_match(newest, older)
        self._period = np.array(history[-lag:])
        # Each time around its end goes over into what was before its beginning.
        turn = min(MATCHED, lag // 2)
        up = ((np.arange(turn, dtype=np.float32) + 1) / turn)[:, None]
        self._period[-turn:] = self._period[-turn:] * (1 - up) + history[-lag - turn : -lag] * up
        # The period begins where the sample before it ended; what is between that and the sample
        # really heard last is let go slowly.
        self._offset = history[-1] - history[-lag - 1]
        self._position = 0

    @property
    def over(self) -> bool:
        """Whether nothing but silence follows."""
        return self._position >= FADE_END

    def take(self, count: int) -> Block:
        """The next `count` samples, shape (count, 2)."""
        positions = self._position + np.arange(count)
        self._position += count
        repeated = self._period[positions % len(self._period)]
        settled = np.clip(1 - (positions + 1) / MATCHED, 0, 1)[:, None]
        loudness = np.clip((FADE_END - positions) / (FADE_END - FADE_BEGIN), 0, 1)[:, None]
        carried: Block = ((repeated + settled * self._offset) * loudness).astype(np.float32)
        return carried


def join(before: Block, sound: Block) -> Block:
    """`sound`, its beginning gone over into from `before`, shape (MATCHED, 2), in 5 ms."""
    joined = np.array(sound)
    count = min(MATCHED, len(sound))
    joined[:count] = before[:count] * (1 - _UP[:count]) + sound[:count] * _UP[:count]
    return joined


def shortened(sound: Block, most: int = LONGEST_PERIOD) -> Block:
    """`sound` without 2.5 ms to `most` samples (15 ms) at its beginning, taken out where that fits.

    The first sample stays; needs `most` + MATCHED samples, gives back shorter ones as is.
    """
    lag = _fitting_lag(sound, most)
    return join(sound[:MATCHED], sound[lag:]) if lag else sound


def lengthened(sound: Block, most: int = LONGEST_PERIOD) -> Block:
    """`sound` with 2.5 ms to `most` samples (15 ms) of its beginning twice; as `shortened`."""
    lag = _fitting_lag(sound, most)
    if not lag:
        return sound
    return np.concatenate((sound[:lag], join(sound[lag : lag + MATCHED], sound)))


def _fitting_lag(sound: Block, most: int) -> int:
    """How much later `sound` is like its beginning; 0 where it is too short to tell.

    Of lags that fit nearly as well as the best the longest: the fewer seams are needed.
    """
    longest = max(SHORTEST_PERIOD, min(LONGEST_PERIOD, most))
    if len(sound) < longest + MATCHED:
        return 0
    mono = sound[: longest + MATCHED].sum(axis=1)
    likeness = _likeness(mono[:MATCHED], mono[SHORTEST_PERIOD:])
    good = np.flatnonzero(likeness >= likeness.max() - _NEARLY)
    last_peak = good[np.flatnonzero(np.diff(good, prepend=-2) > 1)[-1] :]
    return SHORTEST_PERIOD + int(last_peak[np.argmax(likeness[last_peak])])


def _best_match(pattern: NDArray[np.float32], sound: NDArray[np.float32]) -> int:
    """Where in `sound` a stretch is most like `pattern`."""
    return int(np.argmax(_likeness(pattern, sound)))


def _likeness(pattern: NDArray[np.float32], sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalised correlation of `pattern` with every stretch of `sound`."""
    products = np.correlate(sound, pattern, "valid")
    energies = np.convolve(np.square(sound), np.ones(len(pattern), np.float32), "valid")
    likeness: NDArray[np.float32] = products / np.sqrt(np.maximum(energies, 1e-9))
    return likeness
