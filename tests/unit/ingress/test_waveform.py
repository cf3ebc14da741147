"""Made-up and shortened sound: continuous, bounded, over when it should be."""

import numpy as np
import pytest

from mcu_core.ingress.waveform import (
    FADE_END,
    HISTORY,
    LONGEST_PERIOD,
    MATCHED,
    SHORTEST_PERIOD,
    Continuation,
    shortened,
)
from mcu_core.media.sound import Block
from tests.fakes.tones import Mono, largest_step, tone


def stereo(mono: Mono) -> Block:
    return np.stack([mono, mono], 1).astype(np.float32)


def mono(block: Block) -> Mono:
    return block[:, 0].astype(np.float64)


@pytest.mark.parametrize("hertz", [110.0, 440.0, 1000.0, 3000.0])
def test_a_tone_goes_on_as_if_nothing_had_happened(hertz: float) -> None:
    whole = tone(hertz, HISTORY + 400)
    carried = Continuation(stereo(whole[:HISTORY])).take(400)
    assert np.abs(mono(carried) - whole[HISTORY:]).max() < 0.05
    joined = np.concatenate([whole[:HISTORY], mono(carried)])
    assert largest_step(joined[HISTORY - 50 : HISTORY + 50]) < 2 * largest_step(whole)


def test_it_fades_to_silence_in_60_ms() -> None:
    carried = Continuation(stereo(tone(300, HISTORY)))
    sound = np.concatenate([mono(carried.take(n)) for n in (960, 960, 500, 2000)])
    assert not carried.take(960).any()
    assert carried.over
    assert not sound[FADE_END:].any()
    assert np.abs(sound[:480]).max() > 0.49
    assert np.abs(sound[2400:2880]).max() < 0.15


def test_parts_make_the_same_whole() -> None:
    history = stereo(tone(220, HISTORY) + tone(333, HISTORY, 0.2))
    whole = Continuation(history).take(2000)
    carried = Continuation(history)
    assert np.array_equal(np.concatenate([carried.take(n) for n in (1, 700, 299, 1000)]), whole)


def test_silence_is_carried_on_as_silence() -> None:
    assert not Continuation(np.zeros((HISTORY, 2), np.float32)).take(960).any()


def test_noise_is_never_made_louder() -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, (HISTORY, 2)).astype(np.float32)
    assert np.abs(Continuation(noise).take(2880)).max() <= 1.5


@pytest.mark.parametrize("hertz", [110.0, 440.0, 1000.0])
def test_a_shortened_tone_has_no_seam(hertz: float) -> None:
    whole = stereo(tone(hertz, 3000))
    short = shortened(whole)
    assert SHORTEST_PERIOD <= len(whole) - len(short) <= LONGEST_PERIOD
    assert np.abs(short[0] - whole[0]).max() < 0.01
    assert largest_step(mono(short)) < 1.5 * largest_step(mono(whole))
    assert np.array_equal(short[MATCHED:], whole[len(whole) - len(short) + MATCHED :])


def test_what_is_too_short_stays_as_it_is() -> None:
    sound = stereo(tone(440, 500))
    assert shortened(sound) is sound
