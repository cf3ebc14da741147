"""Sound carried on where some is missing, shortened where there is too much, without a click."""

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.sound import CHANNELS, SAMPLE_RATE, Block

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


def silence_before() -> Block:
    """What stands before a sound that begins out of nothing, for `join`."""
    return np.zeros((MATCHED, CHANNELS), np.float32)


def shortened(sound: Block) -> Block:
    """`sound` without some 2.5 to 15 ms at its beginning, taken out where it fits best.

    The first sample stays; needs LONGEST_PERIOD + MATCHED samples, gives back shorter ones as is.
    """
    if len(sound) < LONGEST_PERIOD + MATCHED:
        return sound
    mono = sound[: LONGEST_PERIOD + MATCHED].sum(axis=1)
    lag = SHORTEST_PERIOD + _best_match(mono[:MATCHED], mono[SHORTEST_PERIOD:])
    return join(sound[:MATCHED], sound[lag:])


def _best_match(pattern: NDArray[np.float32], sound: NDArray[np.float32]) -> int:
    """Where in `sound` a stretch is most like `pattern`: the largest normalised correlation."""
    products = np.correlate(sound, pattern, "valid")
    energies = np.convolve(np.square(sound), np.ones(len(pattern), np.float32), "valid")
    return int(np.argmax(products / np.sqrt(np.maximum(energies, 1e-9))))
