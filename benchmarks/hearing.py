"""What a receiver heard: its sound decoded again, tones and chirps found in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.load.recording import Recording
from benchmarks.load.tape import Numbers
from mcu_core.endpoints.pattern import chirp
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import Codec
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE

Samples = NDArray[np.float32]

CHIRP_SHARE = 0.4
"""Of the full match: what is taken for a chirp."""

LONGEST_DELAY_NS = 900 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class Heard:
    """All sound of a recording, left channel at 48 kHz.

    Block k, samples k * 960 and on, came in a packet at `moments[k]` with RTP time `stamps[k]`.
    """

    samples: Samples
    moments: tuple[int, ...]
    stamps: tuple[int, ...]

    def came_ns(self, sample: int) -> int:
        """When a sample came, if its packet's first one came with it."""
        block, offset = divmod(sample, BLOCK_SAMPLES)
        return self.moments[block] + offset * NS_PER_SECOND // SAMPLE_RATE

    def after(self, block: int) -> "Heard":
        """From that block on."""
        first = block * BLOCK_SAMPLES
        return Heard(self.samples[first:], self.moments[block:], self.stamps[block:])


def heard(recording: Recording, codec: Codec) -> Heard:
    """Decode a recording; packets that did not come leave no gap."""
    samples: list[Samples] = []
    moments: list[int] = []
    stamps: list[int] = []
    packets = [(at_ns, packet.timestamp, packet.payload) for at_ns, packet in recording.media()]
    decoded = _linear(packets, codec) if codec.name == "L16" else _decoded(packets, codec)
    for at_ns, stamp, block in decoded:
        samples.append(block)
        moments.append(at_ns)
        stamps.append(stamp)
    joined = np.concatenate(samples) if samples else np.zeros(0, np.float32)
    return Heard(joined, tuple(moments), tuple(stamps))


Packets = Sequence[tuple[int, int, bytes]]


def _linear(packets: Packets, codec: Codec) -> Iterator[tuple[int, int, Samples]]:
    """20 ms may come in several packets: a block came when its last one did."""
    waiting = np.zeros(0, np.float32)
    begin = 0
    for at_ns, stamp, payload in packets:
        if not len(waiting):
            begin = stamp
        whole = np.frombuffer(payload[: len(payload) // 2 * 2], ">i2")
        part = (whole[:: codec.channels] / 32768).astype(np.float32)
        waiting = np.concatenate([waiting, part])
        while len(waiting) >= BLOCK_SAMPLES:
            yield at_ns, begin, waiting[:BLOCK_SAMPLES]
            waiting, begin = waiting[BLOCK_SAMPLES:], begin + BLOCK_SAMPLES


def _decoded(packets: Packets, codec: Codec) -> Iterator[tuple[int, int, Samples]]:
    decoder: Any = av.CodecContext.create(codec.decoder, "r")
    layout = "stereo" if codec.channels == 2 else "mono"
    decoder.sample_rate, decoder.layout = codec.sample_rate, layout
    resampler = av.AudioResampler("fltp", layout, SAMPLE_RATE)
    waiting = np.zeros(0, np.float32)
    for at_ns, stamp, payload in packets:
        for frame in decoder.decode(av.Packet(payload)):
            for out in resampler.resample(frame):
                waiting = np.concatenate([waiting, out.to_ndarray()[0].astype(np.float32)])
        # A resampler holds some back: each packet counts as 20 ms all the same.
        if len(waiting) < BLOCK_SAMPLES:
            waiting = np.concatenate([np.zeros(BLOCK_SAMPLES - len(waiting), np.float32), waiting])
        yield at_ns, stamp, waiting[:BLOCK_SAMPLES]
        waiting = waiting[BLOCK_SAMPLES:]


# ------------------------------------------------------------------ tones


def amplitude(samples: Samples, hertz: float) -> float:
    """How much of a tone is in there (windowed, so that others do not leak into it)."""
    if not len(samples):
        return 0.0
    window = np.blackman(len(samples))
    time = np.arange(len(samples)) / SAMPLE_RATE
    weighted = samples * window * np.exp(-2j * np.pi * hertz * time)
    return float(2 * np.abs(weighted.sum()) / window.sum())


def usual_amplitude(samples: Samples, hertz: float) -> float:
    """The median over seconds of `amplitude`: a lost packet is a crack, not a voice."""
    seconds = [
        samples[start : start + SAMPLE_RATE]
        for start in range(0, len(samples) - SAMPLE_RATE + 1, SAMPLE_RATE)
    ]
    return float(np.median([amplitude(second, hertz) for second in seconds])) if seconds else 0.0


def cracks(samples: Samples, hertz: float, share: float = 0.25) -> int:
    """Blocks in which a steady tone is not what it was: `share` of its amplitude is off.

    The tone is taken out of each half second; what is left, block by block, is what should not be.
    """
    half = SAMPLE_RATE // 2
    found = 0
    for start in range(0, len(samples) - half + 1, half):
        piece = samples[start : start + half]
        time = np.arange(half) / SAMPLE_RATE
        waves = np.stack([np.cos(2 * np.pi * hertz * time), np.sin(2 * np.pi * hertz * time)], 1)
        fitted, *_ = np.linalg.lstsq(waves, piece, rcond=None)
        rest = (piece - waves @ fitted).reshape(-1, BLOCK_SAMPLES // 2)
        level = float(np.hypot(*fitted))
        found += int((np.sqrt((rest**2).mean(1)) > share * max(level, 1e-3)).sum())
    return found


def decibels(ratio: float) -> float:
    """20 log10, -200 for nothing at all."""
    return 20 * log10(ratio) if ratio > 1e-10 else -200.0


# ------------------------------------------------------------------ chirps


def chirps_at(samples: Samples) -> list[int]:
    """The samples where chirps begin, at most one in each second."""
    template = chirp().astype(np.float32)
    size = SAMPLE_RATE + len(template)
    spectrum = np.conj(np.fft.rfft(template, 2 * size))
    threshold = CHIRP_SHARE * float((template**2).sum())
    found: list[int] = []
    for start in range(0, len(samples) - size, SAMPLE_RATE):
        piece = samples[start : start + size]
        match = np.abs(np.fft.irfft(np.fft.rfft(piece, 2 * size) * spectrum)[:SAMPLE_RATE])
        peak = int(np.argmax(match))
        if match[peak] >= threshold and not (found and start + peak - found[-1] < SAMPLE_RATE // 2):
            found.append(start + peak)
    return found


def sound_delays_ms(sound: Heard, chirps_sent_ns: Numbers) -> list[float]:
    """Delay of each chirp: from the packet that it began in to the packet that it came out in."""
    delays: list[float] = []
    for sample in chirps_at(sound.samples):
        came_ns = sound.came_ns(sample)
        before = chirps_sent_ns[(chirps_sent_ns > 0) & (chirps_sent_ns <= came_ns)]
        if len(before) and came_ns - before[-1] < LONGEST_DELAY_NS:
            delays.append((came_ns - int(before[-1])) / NS_PER_MS)
    return delays
