"""The speaker followed through a talk of synthesised voices and real-sounding noise."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from benchmarks.noises import NOISES, room
from benchmarks.onsets import onsets
from benchmarks.speech import heard, judged, score
from benchmarks.talk import VOICES, Talk, active_dbov, make_talk
from mcu_core.media.sound import SAMPLE_RATE, Block
from mcu_core.mixer.auto_gain import AIM_DBOV
from mcu_core.mixer.room import Room, Setting
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


def test_the_noise_gate_takes_nothing_from_any_word() -> None:
    talk, _ = _judged()
    gated = onsets(talk)
    assert len(gated.lost_ms) >= 30
    assert max(gated.lost_ms) == 0
    assert gated.open_share < 0.6


def test_automatic_gain_makes_all_voices_about_equally_loud() -> None:
    talk = make_talk(60, SEED, VOICES[:4], noisy=False)
    room, settings = Room(), {site: Setting(auto_gain=True) for site in talk.sound}
    out: dict[str, list[Block]] = {site: [] for site in talk.sound}

    def step(blocks: Mapping[str, Block], now_ns: int) -> None:
        mixes = room.mix(blocks, settings, now_ns).mixes
        for site in talk.sound:
            out[site].append(mixes.total - mixes.without(site))

    heard(talk, step)
    for turn in talk.turns:
        own = np.concatenate(out[turn.site])[:, 0].astype(np.float64)
        begin = round((turn.begin_s + 3) * SAMPLE_RATE)
        said = own[begin : round(turn.end_s * SAMPLE_RATE)]
        if len(said) > 2 * SAMPLE_RATE:
            assert active_dbov(said) == pytest.approx(AIM_DBOV, abs=3)


@pytest.mark.parametrize("kind", sorted(NOISES))
def test_no_noise_takes_the_floor(kind: str) -> None:
    rng = np.random.default_rng(8)
    noise = np.concatenate([0.3 * NOISES[kind](rng, 10), np.zeros(SAMPLE_RATE)] * 2)
    sound = (noise + 1e-3 * room(rng, len(noise) / SAMPLE_RATE)).astype(np.float32)
    said = judged(Talk(sound={"a": sound}))
    assert {speech.floor for speech in said} == {""}
    assert sum(bool(speech.speaker) for speech in said) < 0.1 * len(said)
