"""Sound levels in dBov (RFC 6464 3): 0 is full scale, -127 silence."""

import math

from mcu_core.kernels.sound import swing
from mcu_core.media.sound import Block

SILENCE_DBOV = -127.0


def dbov(mean_of_squares: float) -> float:
    """Level of a sound with this mean of squares; a full-scale sine has -3."""
    if mean_of_squares <= 0.0:
        return SILENCE_DBOV
    return max(SILENCE_DBOV, min(0.0, 10 * math.log10(mean_of_squares)))


def level_dbov(block: Block) -> float:
    """Level of a block, -127..0; NaN for a block that holds anything but finite numbers.

    What is constant does not count: A-law has no silence, its idle code stands for -72 dBov.
    """
    mean_of_squares = swing(block)
    return dbov(mean_of_squares) if math.isfinite(mean_of_squares) else math.nan
