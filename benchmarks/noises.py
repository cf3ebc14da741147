"""Sounds of a meeting room that are no speech, made by rule: mono, 48 kHz, float64, peak near 1.

What each is made of follows what is known of it: a cough is a burst, a hiss and sometimes a voiced
end within half a second (Korpas, Sadlonova, Vrabec: "Analysis of the cough sound", 1996); a key is
two clicks 70 to 90 ms apart; a door a low thud and a rattle; a fan low noise with a tone in it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mcu_core.media.sound import SAMPLE_RATE

Mono = NDArray[np.float64]
Random = np.random.Generator
Noise = Callable[[Random, float], Mono]
"""Makes so many seconds of a noise."""


def shaped(rng: Random, samples: int, gain: Callable[[Mono], Mono]) -> Mono:
    """Gaussian noise whose spectrum follows `gain` of the frequency in Hz; RMS 1."""
    length = 1 << max(4, (samples - 1).bit_length())
    spectrum = np.fft.rfft(rng.standard_normal(length))
    sound = np.fft.irfft(spectrum * gain(_frequencies(length)), length)
    return sound[:samples] / max(1e-12, float(np.sqrt(np.square(sound).mean())))


def _frequencies(length: int) -> Mono:
    return np.fft.rfftfreq(length, 1 / SAMPLE_RATE).astype(np.float64)


def band(low_hz: float, high_hz: float) -> Callable[[Mono], Mono]:
    """A gain that falls by 12 dB an octave outside a band."""
    return lambda hertz: (
        1 / (1 + (low_hz / np.maximum(hertz, 1.0)) ** 2) / (1 + (hertz / high_hz) ** 2)
    )


def room(rng: Random, seconds: float) -> Mono:
    """The steady noise of any room and microphone, falling with frequency; RMS 1."""
    count = _samples(seconds)
    return np.resize(shaped(rng, min(count, 1 << 19), band(60, 700)), count)


def coughs(rng: Random, seconds: float) -> Mono:
    """One cough after the other, two or three a second, to the end."""
    return _strewn(rng, seconds, _cough, 0.35, 0.6)


def throat(rng: Random, seconds: float) -> Mono:
    """A throat cleared again and again: rough, low, half noise, 300 to 600 ms each."""
    return _strewn(rng, seconds, _throat, 0.5, 1.0)


def keys(rng: Random, seconds: float) -> Mono:
    """Somebody types, five to nine keys a second, near the microphone."""
    return _strewn(rng, seconds, _key, 0.11, 0.2)


def door(rng: Random, seconds: float) -> Mono:
    """A door falls shut once; the rest is silence."""
    return _strewn(rng, seconds, _door, 60, 61)


def paper(rng: Random, seconds: float) -> Mono:
    """Paper is turned and shuffled: bursts of hiss of 50 to 400 ms."""
    return _strewn(rng, seconds, _rustle, 0.1, 0.5)


def fan(rng: Random, seconds: float) -> Mono:
    """A fan that starts within a second and stays: low noise and the tone of its blades."""
    count = _samples(seconds)
    times = np.arange(count) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * rng.uniform(90, 160) * times)
    sound = shaped(rng, count, band(80, 500)) + 0.3 * tone
    return sound * np.minimum(1, times) * 0.25


def hum(rng: Random, seconds: float) -> Mono:
    """A ground loop: the mains and its overtones."""
    times = np.arange(_samples(seconds)) / SAMPLE_RATE
    phases = rng.uniform(0, 2 * np.pi, 6)
    parts = [np.sin(2 * np.pi * 50 * k * times + phases[k - 1]) / k for k in range(1, 7)]
    return np.asarray(np.sum(parts, axis=0) * np.minimum(1, times / 0.05) * 0.5)


NOISES: dict[str, Noise] = {
    "coughs": coughs,
    "throat": throat,
    "keys": keys,
    "door": door,
    "paper": paper,
    "fan": fan,
    "hum": hum,
}

STEADY = frozenset({"fan", "hum"})


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _strewn(
    rng: Random, seconds: float, event: Callable[[Random], Mono], least_s: float, most_s: float
) -> Mono:
    """Events one after the other, their beginnings `least_s` to `most_s` apart."""
    sound = np.zeros(_samples(seconds))
    at = 0
    while at < len(sound):
        one = event(rng)[: len(sound) - at]
        sound[at : at + len(one)] += one
        at += _samples(rng.uniform(least_s, most_s))
    return sound


def _decay(count: int, seconds: float) -> Mono:
    return np.exp(-np.arange(count) / (seconds * SAMPLE_RATE))


def _harsh(rng: Random, count: int, pitch_hz: float) -> Mono:
    """A pulse at an uneven pitch, as vocal folds make it that do not close well."""
    steps = pitch_hz * (1 + 0.08 * shaped(rng, count, band(2, 30))) / SAMPLE_RATE
    return np.asarray(2 * (np.cumsum(steps) % 1) - 1)


def _cough(rng: Random) -> Mono:
    count = _samples(rng.uniform(0.25, 0.5))
    hiss = shaped(rng, count, band(rng.uniform(300, 600), rng.uniform(1500, 3500)))
    burst = _decay(count, 0.02) + 0.35 * _decay(count, 0.12)
    sound = hiss * burst * 0.4
    if rng.uniform() < 0.6:
        begin = _samples(rng.uniform(0.15, 0.2))
        voiced = _harsh(rng, count - begin, rng.uniform(180, 350))
        sound[begin:] += 0.25 * voiced * _decay(count - begin, 0.06)
    return sound


def _throat(rng: Random) -> Mono:
    count = _samples(rng.uniform(0.3, 0.6))
    envelope = np.sin(np.pi * np.arange(count) / count)
    rough = _harsh(rng, count, rng.uniform(70, 110))
    return envelope * (0.35 * rough + 0.2 * shaped(rng, count, band(200, 1200)))


def _key(rng: Random) -> Mono:
    count = _samples(0.12)
    sound = np.zeros(count)
    for at_s, loud in ((0.0, 1.0), (rng.uniform(0.07, 0.09), 0.4)):
        at = _samples(at_s)
        click = shaped(rng, count - at, band(800, 4000)) * _decay(count - at, 0.004)
        thump = shaped(rng, count - at, band(100, 300)) * _decay(count - at, 0.015)
        sound[at:] += loud * (0.35 * click + 0.2 * thump)
    return sound * rng.uniform(0.5, 1.0)


def _door(rng: Random) -> Mono:
    count = _samples(0.6)
    thud = shaped(rng, count, band(40, 150)) * _decay(count, 0.08)
    rattle = shaped(rng, count, band(500, 2500)) * _decay(count, 0.03)
    return 0.5 * thud + 0.3 * rattle


def _rustle(rng: Random) -> Mono:
    count = _samples(rng.uniform(0.05, 0.4))
    envelope = np.sin(np.pi * np.arange(count) / count)
    uneven = 1 + 0.7 * shaped(rng, count, band(5, 60))
    return 0.15 * envelope * uneven * shaped(rng, count, band(1500, 8000))
