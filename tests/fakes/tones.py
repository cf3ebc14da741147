"""Sounds that a test can measure again: tones, noise, and how clean they came out."""

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE, Block

Mono = NDArray[np.float64]


def tone(hertz: float, samples: int, peak: float = 0.5, phase: float = 0.0) -> Mono:
    """A sine of `samples` samples at 48 kHz."""
    return peak * np.sin(2 * np.pi * hertz * np.arange(samples) / SAMPLE_RATE + phase)


def voiced(samples: int) -> Mono:
    """Much like a voice: pulses at 110 to 150 Hz through two resonances, coming and going."""
    times = np.arange(samples) / SAMPLE_RATE
    pitch = np.cumsum(130 + 20 * np.sin(2 * np.pi * 1.5 * times)) / SAMPLE_RATE
    sound = np.sum([np.sin(2 * np.pi * k * pitch) / k for k in range(1, 25)], axis=0)
    loud = 0.6 + 0.4 * np.sin(2 * np.pi * 2.5 * times)
    voice: Mono = 0.15 * sound * loud
    return voice


def blocks(mono: Mono, right: Mono | None = None) -> list[Block]:
    """Whole blocks of 20 ms; `right` is the other channel, by default the same."""
    pair = np.stack([mono, mono if right is None else right], 1).astype(np.float32)
    count = len(pair) // BLOCK_SAMPLES
    return list(pair[: count * BLOCK_SAMPLES].reshape(count, BLOCK_SAMPLES, 2))


def sinad_db(sound: Mono, hertz: tuple[float, ...]) -> float:
    """Power of these tones, fitted by least squares, over the power of all the rest, in dB."""
    times = np.arange(len(sound)) / SAMPLE_RATE
    waves = [wave(2 * np.pi * f * times) for f in hertz for wave in (np.sin, np.cos)]
    basis = np.stack([*waves, np.ones_like(times)], 1)
    weights = np.linalg.lstsq(basis, sound, rcond=None)[0]
    fitted = basis @ weights
    rest = sound - fitted
    return float(10 * np.log10(np.square(fitted).sum() / max(np.square(rest).sum(), 1e-30)))


def share_of(own: Mono, heard: Mono) -> float:
    """How much of `own` is in `heard`, as a factor: their correlation over own's power."""
    return float(abs(own @ heard) / (own @ own))


def largest_step(sound: Mono) -> float:
    """The largest jump of the second difference: what is heard as a click."""
    return float(np.abs(np.diff(sound, 2)).max())


def error_db(sound: Mono, wanted: Mono) -> float:
    """Power of what is wrong with `wanted` where `sound` is most like it, over its power, in dB."""
    size = 1 << (len(sound) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size))
    likeness = np.fft.irfft(spectrum, size)[: len(sound) - len(wanted) + 1]
    power = np.square(wanted).sum()
    energies = np.concatenate(([0.0], np.cumsum(np.square(sound))))
    errors = energies[len(wanted) :] - energies[: -len(wanted)] - 2 * likeness + power
    best = int(np.argmin(errors))
    error = np.square(sound[best : best + len(wanted)] - wanted).sum()
    return float(10 * np.log10(error / power + 1e-12))
