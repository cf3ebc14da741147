"""G.711's two laws as tables: a byte stands for a level, loud ones far apart, quiet ones near."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.codec import PCMA, PCMU

Levels = NDArray[np.int64]

LEVELS_OF_16_BITS = 1 << 16


def _a_law() -> Levels:
    """What each byte stands for in 16 bits, by the bits sent (G.711 table 1, even bits inverted).

    No byte stands for silence: the quietest are +8 and -8.
    """
    bits = np.arange(256) ^ 0x55
    segment, step = (bits >> 4) & 7, bits & 15
    size = np.where(segment == 0, 16 * step + 8, (16 * step + 264) << np.maximum(segment - 1, 0))
    return np.where(bits & 0x80, size, -size)


def _mu_law() -> Levels:
    """The same by table 2: all bits inverted; two bytes stand for 0."""
    bits = np.arange(256) ^ 0xFF
    size = ((8 * (bits & 15) + 132) << ((bits >> 4) & 7)) - 132
    return np.where(bits & 0x80, -size, size)


def _compressed(levels: Levels) -> NDArray[np.uint8]:
    """The byte of the nearest level for each of 16 bits, -32768 first; of two, the lower byte's."""
    order = np.argsort(levels, kind="stable")
    ordered = levels[order]
    middles = (ordered[1:] + ordered[:-1] + 1) // 2
    nearest = np.searchsorted(middles, np.arange(LEVELS_OF_16_BITS) - 32768, side="right")
    return order[nearest].astype(np.uint8)


EXPANDED: Mapping[str, NDArray[np.float32]] = {
    PCMA.name: (_a_law() / 32768).astype(np.float32),
    PCMU.name: (_mu_law() / 32768).astype(np.float32),
}
"""By codec: full scale -1..1 of each byte."""

COMPRESSED: Mapping[str, NDArray[np.uint8]] = {
    PCMA.name: _compressed(_a_law()),
    PCMU.name: _compressed(_mu_law()),
}
"""By codec: the byte of each level of 16 bits, from -32768 on."""


def expand(codec: str, data: bytes) -> NDArray[np.float32]:
    """The samples that the bytes of a frame stand for, full scale -1..1; one channel."""
    samples: NDArray[np.float32] = EXPANDED[codec][np.frombuffer(data, np.uint8)]
    return samples


def compress(codec: str, samples: NDArray[np.float32]) -> bytes:
    """The bytes nearest to samples of one channel; what is over full scale becomes full scale."""
    levels = np.rint(samples * np.float32(32768)).clip(-32768, 32767).astype(np.int64)
    coded: NDArray[np.uint8] = COMPRESSED[codec][levels + 32768]
    return coded.tobytes()
