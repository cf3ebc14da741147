"""A sound stream over a simulated network: frames in when they come, a block pulled each 20 ms."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.ingress.audio import AudioIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import G722, L16_FORMS, OPUS, PCMA, PCMU, Codec
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, Block
from mcu_core.media.units import AccessUnit, AudioForm
from mcu_core.mixer.level import level_dbov
from tests.fakes.tones import Mono, blocks

FORMS = {
    OPUS: AudioForm(OPUS, 2, 64_000),
    G722: AudioForm(G722, 1, 64_000),
    PCMA: AudioForm(PCMA, 1, 64_000),
    PCMU: AudioForm(PCMU, 1, 64_000),
}
FORMS |= {form.codec: form for form in (AudioForm(codec, codec.channels, 0) for codec in L16_FORMS)}
PHASE_NS = 7 * NS_PER_MS
"""Where between two frames the mixer pulls."""

Transit = Callable[[int], float | None]
"""Delay of the n-th frame in ms; None where it is lost."""


def coded(
    codec: Codec, sound: Mono, first: int = 0, lossy: bool = False, levelled: bool = False
) -> list[AccessUnit]:
    """`sound` in frames, stamped from block `first` on; `levelled`: each says how loud it is."""
    encoder = AudioEncoder(replace(FORMS[codec], lossy=lossy))
    units = []
    for k, block in enumerate(blocks(sound)):
        unit = encoder.encode(block, (first + k) * BLOCK_NS)
        assert unit is not None
        for n, payload in enumerate(unit.payloads):
            ahead_ns = n * unit.payload_ticks * NS_PER_SECOND // codec.rtp_clock
            level = level_dbov(block) if levelled else None
            stamp_ns = unit.stamp_ns + ahead_ns
            units.append(AccessUnit(codec, payload, stamp_ns, True, level_dbov=level))
    return units


class Call:
    """A stream over a network, and the mixer that pulls it.

    `gate_dbov`: what is quieter by its sender's word is passed over undecoded; None: nothing is.
    """

    def __init__(self, gate_dbov: float | None = None) -> None:
        self.passed_over: list[bool] = []
        self._gate_dbov = gate_dbov
        self.clock = ManualClock(1000 * NS_PER_MS)
        self.ingress = AudioIngress(self.clock, "site")
        self.blocks: list[Block | None] = []
        self.delays: list[float] = []
        self._network: list[tuple[int, int, AccessUnit]] = []
        self._start_ns = self.clock.now_ns()

    def send(self, units: list[AccessUnit], transit: Transit) -> None:
        for n, unit in enumerate(units):
            late = transit(n)
            if late is not None:
                arrival = self._start_ns + unit.stamp_ns + int(late * NS_PER_MS)
                self._network.append((arrival, len(self._network), unit))
        self._network.sort(key=lambda entry: entry[:2])

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            pull_ns = self._start_ns + len(self.blocks) * BLOCK_NS + PHASE_NS
            while self._network and self._network[0][0] <= pull_ns:
                arrival, _, unit = self._network.pop(0)
                self.clock.advance_ns(max(0, arrival - self.clock.now_ns()))
                self.ingress.push(unit)
            self.clock.advance_ns(max(0, pull_ns - self.clock.now_ns()))
            gate = self._gate_dbov
            if gate is not None and self.ingress.doze():
                self.passed_over.append(True)
                self.blocks.append(None)
                self.delays.append(self.ingress.stats.buffered_ms)
                continue
            level = self.ingress.level_dbov
            quiet = level is not None and gate is not None and level < gate
            self.passed_over.append(quiet)
            block = self.ingress.skip(pull_ns) if quiet else self.ingress.pull(pull_ns)
            self.blocks.append(block)
            self.delays.append(self.ingress.stats.buffered_ms)

    def heard(self, first: int = 0, last: int | None = None) -> Mono:
        """Left channel of a range of ticks, silence where there was nothing."""
        chosen = self.blocks[first:last]
        parts = [np.zeros(BLOCK_SAMPLES) if b is None else b[:, 0] for b in chosen]
        return np.concatenate(parts).astype(np.float64)


def jitter(most_ms: float, seed: int = 1) -> Transit:
    chance = random.Random(seed)
    return lambda n: chance.uniform(0, most_ms)
