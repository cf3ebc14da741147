"""Bus: one exact sum of all sites, and what is left of it without any one of them (N-1)."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from mcu_core.kernels.blocks import clear
from mcu_core.kernels.sound import Gains, Sum, add, take_away
from mcu_core.media.sound import BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block
from mcu_core.mixer.level import level_dbov
from mcu_core.mixer.limiter import Limiter

QUICK_RAMP = SAMPLE_RATE // 200
"""5 ms: how fast one comes in who begins to be heard; all else moves over a whole block."""

OFF: Gains = (0.0, 0.0)
"""Not heard."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one site put into the sum."""

    block: Block
    before: Gains
    gains: Gains
    ramp: int


@dataclass(slots=True)
class _Mix:
    """A mix that had listeners: its limiter, and the block up to which that has heard it."""

    limiter: Limiter = field(default_factory=Limiter)
    heard: int = 0


class MixResult:
    """The mixes of one block. They are good until the bus mixes the next one.

    `total`: everything, for silent listeners and recordings. `levels`: dBov of what each site sent,
    before its gain, so that somebody who talks while muted can be told.
    """

    def __init__(self, bus: "Bus", total: Block, levels: Mapping[str, float]) -> None:
        self.total = total
        self.levels = levels
        self._bus = bus
        self._without: dict[str, Block] = {}

    def without(self, site: str) -> Block:
        """Everything but that site's own sound; the same block however often it is asked for."""
        if site not in self._without:
            self._without[site] = self._bus.rest(site, self.total)
        return self._without[site]


class Bus:
    """Sums the sites' blocks; belongs to one thread.

    Gains move within a block, so that muting makes no click. Each distinct mix has a limiter of
    its own; a mix that had no listener begins with the state of the whole sum's limiter, since
    until then its listener heard that.
    """

    def __init__(self) -> None:
        self.faulty = 0
        """Blocks that held something else than finite numbers, and were left out."""
        self._sum: Sum = np.zeros((BLOCK_SAMPLES, CHANNELS), np.float64)
        self._rest: Sum = np.zeros((BLOCK_SAMPLES, CHANNELS), np.float64)
        self._gains: dict[str, Gains] = {}
        self._parts: dict[str, _Part] = {}
        self._mixes: dict[str, _Mix] = {}
        self._limiter = Limiter()
        self._limiter_before = Limiter()
        self._blocks = 0

    def mix(
        self,
        blocks: Mapping[str, Block],
        gains: Mapping[str, float] | Mapping[str, Gains],
        levels: Mapping[str, float] | None = None,
        quick: Collection[str] = (),
    ) -> MixResult:
        """Mix one block of each site that sounds.

        `blocks`: by site, shape (960, 2). `gains`: linear, 0 mutes, a missing one is 1; of both
        channels, or left and right. `levels` of the blocks in dBov, where they are known. Those of
        `quick` move to their gain in 5 ms.
        """
        self._blocks += 1
        if levels is None:
            levels = {site: self._level(block) for site, block in blocks.items()}
        self._parts = {
            site: self._part(site, block, gains.get(site, 1.0), site in quick)
            for site, block in blocks.items()
            if not math.isnan(levels[site])
        }
        self._gains = {site: part.gains for site, part in self._parts.items()}
        self._parts = {
            site: part
            for site, part in self._parts.items()
            if part.gains != OFF or part.before != OFF
        }
        clear(self._sum)
        for part in self._parts.values():
            add(self._sum, part.block, part.before, part.gains, part.ramp)
        self._limiter_before.copy_from(self._limiter)
        total = self._limiter.apply(self._sum)
        self._forget_silent()
        return MixResult(self, total, levels)

    def _part(self, site: str, block: Block, wanted: float | Gains, quick: bool) -> _Part:
        gains = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        ramp = QUICK_RAMP if quick else BLOCK_SAMPLES
        return _Part(block, self._gains.get(site, gains), gains, ramp)

    def _level(self, block: Block) -> float:
        level = level_dbov(block)
        if math.isnan(level):
            self.faulty += 1
        return level

    def rest(self, site: str, total: Block) -> Block:
        """The present sum without `site`; `total` where it is not in it, and has not just been."""
        part, mix = self._parts.get(site), self._mixes.get(site)
        if mix is None:
            if part is None:
                return total
            mix = self._mixes[site] = _Mix()
        if mix.heard != self._blocks - 1:
            mix.limiter.copy_from(self._limiter_before)
        mix.heard = self._blocks
        if part is None:
            return mix.limiter.apply(self._sum)
        take_away(self._sum, part.block, part.before, part.gains, part.ramp, self._rest)
        return mix.limiter.apply(self._rest)

    def _forget_silent(self) -> None:
        """Drop the mixes of silent sites: one block later theirs is the whole sum again."""
        for site in [site for site in self._mixes if site not in self._parts]:
            if self._mixes[site].heard < self._blocks - 1:
                del self._mixes[site]
