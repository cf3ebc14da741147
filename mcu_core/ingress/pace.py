"""Plays a sound some millionths faster or slower, without a seam wherever that begins or ends."""

import numpy as np

from mcu_core.kernels.blocks import joined
from mcu_core.kernels.pace import AFTER, BEFORE, TABLE, read_at_pace
from mcu_core.media.sound import BLOCK_SAMPLES, CHANNELS, Block

MOST_PPM = 600.0
"""A hundredth of a semitone: not heard, neither as pitch nor, when it changes, as a change."""


class Pace:
    """Takes blocks out of a longer sound, at a pace that may be another for each block.

    At pace 0, until there has been another, a block is the very samples given.
    """

    def __init__(self) -> None:
        self._past = np.zeros((BEFORE, CHANNELS), np.float32)
        self._part = 0.0

    def needed(self, ppm: float) -> int:
        """How many samples a block at that pace needs."""
        if self._exact(ppm):
            return BLOCK_SAMPLES
        return int(self._part + BLOCK_SAMPLES * (1 + ppm * 1e-6)) + AFTER + 1

    def take(self, sound: Block, ppm: float) -> tuple[Block, Block]:
        """A block of `sound`, shape (n, 2) with n at least `needed`, and what is left of it."""
        if self._exact(ppm):
            block, used = sound[:BLOCK_SAMPLES], BLOCK_SAMPLES
        else:
            pace = 1 + ppm * 1e-6
            block = np.empty((BLOCK_SAMPLES, CHANNELS), np.float32)
            read_at_pace(joined(self._past, sound), TABLE, self._part, pace, block)
            end = self._part + BLOCK_SAMPLES * pace
            used = int(end)
            self._part = end - used
        self._past = sound[used - BEFORE : used]
        return block, sound[used:]

    def _exact(self, ppm: float) -> bool:
        return ppm == 0.0 and self._part == 0.0

    def rest(self) -> None:
        """A silence begins: the next sound begins on a sample of its own."""
        self._past = np.zeros((BEFORE, CHANNELS), np.float32)
        self._part = 0.0
