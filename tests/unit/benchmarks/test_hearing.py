"""Tones, cracks and chirps are found in sound made by hand."""

import numpy as np
import pytest

from benchmarks.hearing import (
    Heard,
    amplitude,
    chirps_at,
    cracks,
    decibels,
    heard,
    sound_delays_ms,
    usual_amplitude,
)
from benchmarks.lips import ReportedTime, lip_offsets_ms
from benchmarks.load.recording import Arrival, Recording
from benchmarks.scenes import tone_of
from benchmarks.sights import Seen
from benchmarks.tapes import BLOCKS_PER_S, LOOP_S, chirps, tone
from mcu_core.endpoints.pattern import TONE_AMPLITUDE
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.codec import L16_MONO
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES
from mcu_core.protocol import rtp
from mcu_core.protocol.ntp import ntp_time
from mcu_core.protocol.rtcp import SenderReport


def chirping(seconds: int, late_samples: int = 0) -> Heard:
    blocks = [chirps()(k) for k in range(seconds * BLOCKS_PER_S)]
    samples = np.concatenate([np.zeros(late_samples, np.float32), *blocks])
    count = seconds * BLOCKS_PER_S
    moments = tuple(k * BLOCK_NS + 30 * NS_PER_MS for k in range(count))
    return Heard(
        samples[: count * BLOCK_SAMPLES], moments, tuple(k * BLOCK_SAMPLES for k in range(count))
    )


def test_sound_delay_is_found_from_the_chirps() -> None:
    sent = np.arange(0, 4 * BLOCKS_PER_S, BLOCKS_PER_S) * BLOCK_NS + 1
    delays = sound_delays_ms(chirping(4, late_samples=480), sent)
    assert len(delays) == 3
    assert delays == pytest.approx([40.0] * 3, abs=0.2)
    assert sound_delays_ms(Heard(np.zeros(10, np.float32), (0,), (0,)), sent) == []
    assert chirps_at(np.zeros(300_000, np.float32)) == []


def test_lips_are_compared_by_the_reported_times() -> None:
    """Picture k is captured with chirp k; here the sound is played 15 ms late."""
    pictures = [Seen(0, (), 90_000 * k + 700) for k in range(4)]
    picture_time = ReportedTime([SenderReport(1, ntp_time(5 * 10**18), 700, 0, 0)], 90_000)
    sound_time = ReportedTime([SenderReport(2, ntp_time(5 * 10**18), 0, 0, 0)], 48_000)
    offsets = lip_offsets_ms(pictures, chirping(4, late_samples=720), picture_time, sound_time)
    assert offsets == pytest.approx([15.0] * 3, abs=0.2)
    assert lip_offsets_ms(pictures, chirping(4), ReportedTime([], 90_000), sound_time) == []


def test_tones_are_told_apart_and_loop_without_a_step() -> None:
    samples = np.concatenate([tone(tone_of(2))(k) for k in range(LOOP_S * BLOCKS_PER_S)])
    assert amplitude(samples, tone_of(2)) == pytest.approx(TONE_AMPLITUDE, rel=0.01)
    assert decibels(amplitude(samples, tone_of(3)) / TONE_AMPLITUDE) < -100
    assert all((tone_of(k) * LOOP_S) % 1 == 0 for k in range(16))
    assert decibels(0) == -200
    assert cracks(samples, tone_of(2)) == 0
    cracked = samples.copy()
    cracked[70_000:70_900] = 0
    assert usual_amplitude(cracked, tone_of(2)) == pytest.approx(TONE_AMPLITUDE, rel=0.01)
    assert usual_amplitude(cracked[:100], tone_of(2)) == 0
    assert 1 <= cracks(cracked, tone_of(2)) <= 4


def test_linear_sound_in_pieces_is_put_together_again() -> None:
    """20 ms in two packets, as L16 needs where a datagram is short."""
    wave = np.arange(2 * BLOCK_SAMPLES, dtype=">i2")
    halves = [wave[k : k + 480].tobytes() for k in range(0, len(wave), 480)]
    packets = [
        rtp.RtpPacket(97, k, k * 480, 1, False, part).serialize() for k, part in enumerate(halves)
    ]
    kept = Recording(tuple(Arrival(1000 * k, data) for k, data in enumerate(packets)))
    sound = heard(kept, L16_MONO)
    assert sound.moments == (1000, 3000)
    assert sound.stamps == (0, 960)
    assert np.array_equal(sound.samples * 32768, wave.astype(np.float32))
