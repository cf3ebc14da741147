"""Automatic gain: its step response, and what leaves it alone."""

import pytest

from mcu_core.media.sound import BLOCK_NS
from mcu_core.mixer.auto_gain import AIM_DBOV, LEVEL_OVER_MEAN_DB, RANGE_DB, AutoGain

EVEN_DBOV = AIM_DBOV - LEVEL_OVER_MEAN_DB
"""Where sound comes out that is no louder in one block than in another."""

BLOCKS_PER_S = 1_000_000_000 // BLOCK_NS


def speak(agc: AutoGain, dbov: float, seconds: float, share: float = 0.5) -> list[float]:
    """Levels that come out while one speaks at this level: words of a second, with pauses."""
    out = []
    for k in range(round(seconds * BLOCKS_PER_S)):
        word = k % 50 < 50 * share
        gain = agc.follow(dbov if word else -70.0, word)
        if word:
            out.append(dbov + gain)
    return out


@pytest.mark.parametrize("dbov", [-43, -35, -28, -23, -15, -8, -3])
def test_speech_is_where_it_should_be_within_three_seconds(dbov: float) -> None:
    out = speak(AutoGain(), dbov, 6)
    after = out[len(out) // 2 :]
    assert all(abs(level - AIM_DBOV) <= 3 for level in after)


def test_what_is_suddenly_far_too_loud_is_down_in_200_ms() -> None:
    agc = AutoGain()
    speak(agc, -40, 8)
    out = speak(agc, -18, 1, share=1.0)
    assert out[0] > -5
    assert all(level <= AIM_DBOV + 3.5 for level in out[10:])
    assert out[-1] == pytest.approx(AIM_DBOV, abs=3)


def test_a_step_either_way_settles_and_does_not_swing() -> None:
    agc = AutoGain()
    for dbov in (-30, -12, -38, -20):
        out = speak(agc, dbov, 6)
        settled = out[len(out) * 2 // 3 :]
        assert max(settled) - min(settled) < 1.5
        assert settled[-1] == pytest.approx(EVEN_DBOV, abs=1)


def test_pauses_and_noise_move_nothing() -> None:
    agc = AutoGain()
    speak(agc, -35, 5)
    before = agc.gain_db
    for _ in range(60 * BLOCKS_PER_S):
        assert agc.follow(-55.0, False) == before
    assert agc.follow(-5.0, False) == before, "a cough is no speech"


def test_the_gain_has_limits() -> None:
    whisper, shout = AutoGain(), AutoGain()
    speak(whisper, -60, 30)
    speak(shout, 0, 30)
    assert whisper.gain_db == RANGE_DB
    assert shout.gain_db == -RANGE_DB


def test_it_moves_less_in_a_block_than_is_heard_as_a_jump() -> None:
    agc, before = AutoGain(), 0.0
    for dbov in (-50, -10, -45, -3):
        for _ in range(200):
            gain = agc.follow(dbov, True)
            assert -2.61 <= gain - before <= 0.31
            before = gain
