"""The speaker followed through a talk of synthesised voices and real-sounding noise."""

from functools import cache

import numpy as np
import pytest

from benchmarks.noises import NOISES, room
from benchmarks.speech import judged, score
from benchmarks.talk import VOICES, Talk, make_talk
from mcu_core.media.sound import SAMPLE_RATE
from mcu_core.mixer.speech import Speech

SECONDS, SEED = 90.0, 5


@cache
def _judged() -> tuple[Talk, list[Speech]]:
    talk = make_talk(SECONDS, SEED, VOICES[:4])
    assert len(talk.turns) >= 6
    assert len(talk.noises) >= 8
    return talk, judged(talk)


def test_the_floor_goes_to_whose_turn_it_is() -> None:
    talk, said = _judged()
    result = score(talk, [speech.floor for speech in said], 1.5)
    assert result.wrong_share <= 0.03
    assert result.spurious == []


def test_the_highlight_is_with_who_speaks() -> None:
    talk, said = _judged()
    assert score(talk, [speech.speaker for speech in said], 0.3).wrong_share <= 0.05


@pytest.mark.parametrize("kind", sorted(NOISES))
def test_no_noise_takes_the_floor(kind: str) -> None:
    rng = np.random.default_rng(8)
    noise = np.concatenate([0.3 * NOISES[kind](rng, 10), np.zeros(SAMPLE_RATE)] * 2)
    sound = (noise + 1e-3 * room(rng, len(noise) / SAMPLE_RATE)).astype(np.float32)
    said = judged(Talk(sound={"a": sound}))
    assert {speech.floor for speech in said} == {""}
    assert sum(bool(speech.speaker) for speech in said) < 0.1 * len(said)
