"""Sound inside the engine: 48 kHz, stereo, 20 ms, float32."""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
CHANNELS = 2
BLOCK_SAMPLES = 960
BLOCK_NS = 20_000_000

Block = NDArray[np.float32]
"""One block of sound: shape (960, 2), full scale is -1.0 .. 1.0; read-only once published."""


def silence() -> Block:
    """A new block of silence, shape (960, 2)."""
    return np.zeros((BLOCK_SAMPLES, CHANNELS), np.float32)
