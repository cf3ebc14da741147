"""Noise gate of one site: closes its microphone between words, 10 ms late so that none is cut."""

import numpy as np

from mcu_core.kernels.gate import DELAY, SEGMENT, gate, go_over, new_state
from mcu_core.media.sound import BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block, silence

_RISE_DB_PER_S = 20.0
_RISE_IN_SPEECH_DB_PER_S = 3.0
"""How fast noise is believed to grow: hardly while somebody speaks, whose voice it would be."""


def _per_segment(db_per_s: float) -> float:
    return float(10 ** (db_per_s / 10 * SEGMENT / SAMPLE_RATE))


class NoiseGate:
    """Begins and ends without a click while sound goes on: `begin`, `apply` ..., `end`.

    Costs 4 us a block, nothing while the site is silent.
    """

    def __init__(self) -> None:
        self._state = new_state()
        self._line = np.zeros((DELAY, CHANNELS), np.float32)
        self._empty = True

    def begin(self, before: Block | None, block: Block | None) -> Block | None:
        """The first block, gone over into from ungated sound; `before` is the block before it."""
        if before is not None:
            self.apply(before, in_speech=True)
        gated = self.apply(block, in_speech=True)
        return None if block is None else _joined(block, gated)

    def end(self, block: Block | None) -> Block | None:
        """The last block, gone over into ungated sound."""
        gated = self.apply(block, in_speech=True)
        return None if gated is None and block is None else _joined(gated, block)

    def apply(self, block: Block | None, in_speech: bool) -> Block | None:
        """The gated block; None where nothing is heard. `block` None: nothing came in."""
        if block is None and self._empty:
            return None
        rise = _RISE_IN_SPEECH_DB_PER_S if in_speech else _RISE_DB_PER_S
        out = np.empty((BLOCK_SAMPLES, CHANNELS), np.float32)
        sound = silence() if block is None else block
        sounds = gate(sound, self._line, self._state, _per_segment(rise), out)
        self._empty = block is None
        return out if sounds else None


def _joined(before: Block | None, after: Block | None) -> Block:
    out = np.empty((BLOCK_SAMPLES, CHANNELS), np.float32)
    go_over(silence() if before is None else before, silence() if after is None else after, out)
    return out
