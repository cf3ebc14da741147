"""Limiter: keeps one mix below full scale without being heard."""

import numpy as np

from mcu_core.kernels.sound import SEGMENT, Sum, limit
from mcu_core.media.sound import CHANNELS, SAMPLE_RATE, Block

CEILING = 0.985
"""-0.13 dBFS: what is left keeps lossy codecs' ripple below full scale."""

RELEASE_DB_PER_S = 15.0
"""Slow enough that the gain does not follow the beats of voices: that would sound rough."""

_RELEASE = 10 ** (RELEASE_DB_PER_S / 20 * SEGMENT / SAMPLE_RATE)


class Limiter:
    """The limiter of one mix: looks 2 ms ahead, and so delays by them."""

    def __init__(self) -> None:
        self._line = np.zeros((SEGMENT, CHANNELS), np.float64)
        self._state = np.array([1.0, 0.0])

    @property
    def gain(self) -> float:
        """What it multiplies with now; 1 while nothing is too loud."""
        return float(self._state[0])

    def copy_from(self, other: "Limiter") -> None:
        """Take over what another mix has in its delay line, and its gain."""
        self._line[:] = other._line
        self._state[:] = other._state

    def apply(self, mix: Sum) -> Block:
        """`mix`, shape (n, 2), n a multiple of 96, as a new block within full scale, 2 ms later."""
        out = np.empty(mix.shape, np.float32)
        limit(mix, self._line, self._state, CEILING, _RELEASE, out)
        return out
