"""Which sounds are voices: one small kernel per sounding block."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from mcu_core.kernels.voice import HISTORY, periodicity
from mcu_core.media.sound import Block
from mcu_core.mixer.voice import LOWEST_NOISE_DBOV, PERIODIC


class Hearing:
    """Remembers the last of each site's sound; belongs to one thread."""

    def __init__(self) -> None:
        self._histories: dict[str, NDArray[np.float64]] = {}

    def unvoiced(self, blocks: Mapping[str, Block], levels: Mapping[str, float]) -> Collection[str]:
        """Those of `blocks`, 20 ms of each site that sounds, that are no voice.

        `levels` in dBov: what is too quiet to be anybody's speech is not looked at.
        """
        return {
            site
            for site, block in blocks.items()
            if not levels[site] > LOWEST_NOISE_DBOV or self._periodicity(site, block) < PERIODIC
        }

    def _periodicity(self, site: str, block: Block) -> float:
        if site not in self._histories:
            self._histories[site] = np.zeros(HISTORY + 1)
        return periodicity(block, self._histories[site])

    def forget(self, present: Collection[str]) -> None:
        """Keep only these sites."""
        for site in [site for site in self._histories if site not in present]:
            del self._histories[site]
