"""What the noise gate makes of a labelled talk: whether any word loses its beginning."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.talk import Talk
from mcu_core.kernels.gate import DELAY, SEGMENT
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, Block
from mcu_core.mixer.hearing import Hearing
from mcu_core.mixer.level import level_dbov
from mcu_core.mixer.noise_gate import NoiseGate
from mcu_core.mixer.speech import SpeakerDetector

SEGMENT_MS = 2
PAUSE = 75
"""Segments without speech (150 ms) before a word for it to have an onset."""

AUDIBLE = 3
"""A word has begun where for 6 ms it is louder than the noise around it."""

LEAST_DBOV = -70.0
WHOLE = 0.999


@dataclass(frozen=True)
class Onsets:
    """How many words began, how much of each was lost (ms), and how long the gate was open."""

    lost_ms: tuple[int, ...]
    open_share: float
    speech_share: float


def onsets(talk: Talk) -> Onsets:
    """Run each site's sound through a noise gate of its own."""
    lost: list[int] = []
    opened: list[float] = []
    spoken: list[float] = []
    for site, sound in talk.sound.items():
        gains = _gains(site, sound)
        audible = _audible(talk.speech[site], sound)
        opened.append(float((gains > 0).mean()))
        spoken.append(float(audible.mean()))
        lost.extend(_lost(audible, gains))
    return Onsets(tuple(lost), float(np.mean(opened)), float(np.mean(spoken)))


def _gains(site: str, sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the gate leaves of each segment: the least of out over in, its delay taken out."""
    detector, hearing, gate = SpeakerDetector(), Hearing(), NoiseGate()
    parts: list[Block] = []
    for k in range(len(sound) // BLOCK_SAMPLES):
        part = sound[k * BLOCK_SAMPLES : (k + 1) * BLOCK_SAMPLES]
        block = np.repeat(part[:, None], 2, axis=1)
        levels: Mapping[str, float] = {site: level_dbov(block)}
        detector.push(levels, k * BLOCK_NS, hearing.unvoiced({site: block}, levels))
        gated = gate.apply(block, detector.voices[site].began_ns is not None)
        parts.append(np.zeros_like(block) if gated is None else gated)
    out = np.concatenate(parts)[DELAY:, 0]
    into = sound[: len(out)]
    ratio = np.where(np.abs(into) > 1e-7, out / np.where(into == 0, 1, into), 1.0)
    return np.asarray(_segments(ratio).min(axis=1))


def _audible(speech: NDArray[np.float32], sound: NDArray[np.float32]) -> NDArray[np.bool_]:
    """In which segments there is speech that is louder than the noise at its site."""
    power = np.square(_segments(speech)).mean(axis=1)
    noise = np.square(_segments(sound - speech)).mean(axis=1)
    around = np.convolve(noise, np.full(25, 1 / 25), "same")
    return np.asarray((power > around) & (power > 10 ** (LEAST_DBOV / 10)))


def _lost(audible: NDArray[np.bool_], gains: NDArray[np.float64]) -> list[int]:
    """Milliseconds lost at the beginning of each word that comes after a pause."""
    lost: list[int] = []
    last = -PAUSE
    for k in map(int, np.flatnonzero(audible[: len(gains) - 500])):
        if k - last >= PAUSE and audible[k : k + AUDIBLE].all():
            missing = int(np.argmax(gains[k : k + 500] > WHOLE))
            lost.append(SEGMENT_MS * missing)
        last = k
    return lost


def _segments(sound: NDArray[np.floating]) -> NDArray[np.float64]:
    whole = len(sound) // SEGMENT * SEGMENT
    return sound[:whole].astype(np.float64).reshape(-1, SEGMENT)
