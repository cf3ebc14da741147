"""The mixer: exact N-1, no clicks, no overload."""

import numpy as np
import pytest

from mcu_core.kernels.sound import SEGMENT
from mcu_core.media.sound import BLOCK_SAMPLES, Block, silence
from mcu_core.mixer.bus import Bus
from mcu_core.mixer.limiter import CEILING, Limiter
from tests.fakes.tones import Mono, blocks, largest_step, share_of, sinad_db, tone

SECOND = 48_000


def mixed(
    sites: dict[str, list[Block]], listener: str, gains: list[dict[str, float]] | None = None
) -> Mono:
    """What `listener` hears on the left, or the whole sum for a listener who is no site."""
    bus, heard = Bus(), []
    for k in range(len(next(iter(sites.values())))):
        result = bus.mix(
            {site: sound[k] for site, sound in sites.items()}, gains[k] if gains else {}
        )
        heard.append(result.without(listener)[:, 0])
    return np.concatenate(heard).astype(np.float64)


def test_a_listener_hears_all_others_and_nothing_of_its_own() -> None:
    rng = np.random.default_rng(4)
    own = rng.uniform(-0.3, 0.3, SECOND)
    other = tone(440, SECOND, 0.3)
    heard = mixed({"a": blocks(own), "b": blocks(other)}, "a")
    delay = SEGMENT
    wanted = other[:-delay]
    assert np.abs(heard[delay:] - wanted).max() < 1e-6
    residue = heard[delay:] - wanted
    assert 20 * np.log10(share_of(own[:-delay], residue) + 1e-12) < -90
    assert 20 * np.log10(share_of(own[:-delay], heard[delay:]) + 1e-12) < -40, "chance correlation"


def test_own_voice_stays_out_while_the_limiter_works() -> None:
    rng = np.random.default_rng(5)
    sites = {name: blocks(rng.uniform(-0.9, 0.9, SECOND // 2)) for name in "bcd"}
    own = rng.uniform(-0.9, 0.9, SECOND // 2)
    with_own = mixed({**sites, "a": blocks(own)}, "a")
    without_own = mixed({**sites, "a": blocks(np.zeros(SECOND // 2))}, "a")
    assert np.abs(with_own - without_own).max() < 1e-6


def test_stereo_stays_stereo() -> None:
    left, right = tone(400, SECOND // 5), tone(700, SECOND // 5)
    bus = Bus()
    results = [bus.mix({"a": block}, {}).total for block in blocks(left, right)]
    heard = np.concatenate(results)[SEGMENT:]
    assert np.abs(heard[:, 0] - left[:-SEGMENT]).max() < 1e-6
    assert np.abs(heard[:, 1] - right[:-SEGMENT]).max() < 1e-6


def test_nobody_sounds_gives_silence() -> None:
    result = Bus().mix({}, {})
    assert not result.total.any()
    assert result.without("anybody") is result.total
    assert result.levels == {}


def test_three_loud_tones_keep_their_shape() -> None:
    """Three tones of -6 dBFS reach 1.5 times full scale; clipping would leave 19 dB of SINAD."""
    hertz = (397.0, 1013.0, 1789.0)
    sites = {str(f): blocks(tone(f, 3 * SECOND)) for f in hertz}
    heard = mixed(sites, "silent listener")
    assert np.abs(heard).max() <= CEILING + 1e-6
    assert sinad_db(heard[SECOND:], hertz) > 30


@pytest.mark.parametrize("peak", [1.0, 8.0, 1000.0])
def test_nothing_goes_over_full_scale(peak: float) -> None:
    rng = np.random.default_rng(6)
    sound = rng.uniform(-1, 1, SECOND // 2) * np.where(
        np.arange(SECOND // 2) % 9000 < 4000, peak, 0.1
    )
    assert np.abs(mixed({"a": blocks(sound)}, "b")).max() <= CEILING + 1e-6


def test_the_limiter_lets_go_again() -> None:
    limiter = Limiter()
    for block in blocks(tone(440, SECOND // 2, 2.0)):
        limiter.apply(block.astype(np.float64))
    assert limiter.gain < 0.5
    for block in blocks(tone(440, SECOND // 2, 0.1)):
        limiter.apply(block.astype(np.float64))
    assert limiter.gain == 1.0


def test_mute_and_unmute_make_no_click() -> None:
    """The ramp bends the wave a little; a cut would bend it three hundred times as much."""
    sound = blocks(tone(440, SECOND))
    gains = [{"a": float(k // 7 % 2)} for k in range(len(sound))]
    heard = mixed({"a": sound}, "b", gains)
    assert largest_step(heard) < 1.5 * largest_step(tone(440, SECOND))
    assert not heard[BLOCK_SAMPLES * 2 : BLOCK_SAMPLES * 6].any()
    assert np.abs(heard[BLOCK_SAMPLES * 9 : BLOCK_SAMPLES * 13]).max() > 0.49


def test_starting_and_stopping_to_speak_makes_no_click_for_the_speaker() -> None:
    """A listener who begins to speak moves from the whole sum to a mix of its own, unheard.

    Its own voice begins and ends at zero here, as it does behind an ingress.
    """
    bus, heard = Bus(), []
    music, own = blocks(tone(300, SECOND, 0.45)), blocks(tone(50, SECOND, 0.45))
    for k, block in enumerate(music):
        now = {"b": block, "a": own[k]} if k // 8 % 2 else {"b": block}
        heard.append(bus.mix(now, {}).without("a")[:, 0])
    got = np.concatenate(heard).astype(np.float64)[BLOCK_SAMPLES:]
    assert largest_step(got) < 1.01 * largest_step(tone(300, SECOND, 0.45))


def test_a_listener_that_is_asked_for_late_begins_without_a_gap() -> None:
    bus, heard = Bus(), []
    for k, block in enumerate(blocks(tone(300, SECOND // 5))):
        result = bus.mix({"b": block, "a": silence()}, {})
        heard.append((result.total if k < 5 else result.without("a"))[:, 0])
    got = np.concatenate(heard).astype(np.float64)[BLOCK_SAMPLES:]
    assert largest_step(got) < 1.01 * largest_step(tone(300, SECOND // 5))


def test_levels_are_what_was_sent_whatever_the_gain() -> None:
    bus = Bus()
    (block,) = blocks(tone(1000, BLOCK_SAMPLES, 1.0))
    result = bus.mix(
        {"loud": block, "muted": block * np.float32(0.1), "off": silence()}, {"muted": 0}
    )
    assert result.levels["loud"] == pytest.approx(-3.01, abs=0.05)
    assert result.levels["muted"] == pytest.approx(-23.01, abs=0.05)
    assert result.levels["off"] == -127.0


def test_numbers_that_are_none_hurt_only_their_site() -> None:
    bus = Bus()
    bad = silence()
    bad[17, 0] = np.inf
    (good,) = blocks(tone(1000, BLOCK_SAMPLES))
    for _ in range(3):
        result = bus.mix({"bad": bad, "good": good}, {})
    assert bus.faulty == 3
    assert np.isfinite(result.total).all()
    assert np.isfinite(result.without("good")).all()
    assert np.abs(result.without("bad")).max() > 0.4


def test_a_mix_is_made_once_however_many_hear_it() -> None:
    bus = Bus()
    (block,) = blocks(tone(1000, BLOCK_SAMPLES))
    result = bus.mix({"a": block, "b": block}, {})
    assert result.without("a") is result.without("a")
    assert result.without("a") is not result.without("b")
