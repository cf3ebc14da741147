"""The room: what is off changes nothing, own sound stays out whatever is on, nothing clicks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from mcu_core.kernels.gate import DELAY
from mcu_core.kernels.sound import SEGMENT
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, Block, silence
from mcu_core.mixer.level import SILENCE_DBOV
from mcu_core.mixer.limiter import CEILING
from mcu_core.mixer.room import Heard, Room, Setting
from tests.fakes.tones import Mono, blocks, largest_step, share_of, sinad_db, tone

SECOND = 48_000
ALL_ON = Setting(gain=1.3, auto_gain=True, noise_gate=True)


def speech(seed: int, seconds: float, peak: float = 0.2) -> Mono:
    """Voiced words of 250 ms at a pitch of their own, with pauses between them, over noise."""
    count = round(seconds * SECOND)
    rng = np.random.default_rng(seed)
    times = np.arange(count) / SECOND
    pitch = 90 + 17 * seed + 8 * np.sin(2 * np.pi * 3 * times)
    phase = 2 * np.pi * np.cumsum(pitch) / SECOND
    voice = np.sum([np.sin(phase * k) / k for k in range(1, 12)], axis=0)
    word = np.clip(np.sin(2 * np.pi * (2 * times + seed / 7)) * 3, 0, 1)
    return np.asarray(peak * voice * word + 1e-4 * rng.standard_normal(count))


def run(
    room: Room, sites: Mapping[str, Sequence[Block | None]], settings: Mapping[str, Setting]
) -> list[Heard]:
    """Mix all blocks; results keep their blocks, so `without` is asked for at once."""
    course = []
    for k in range(min(len(sound) for sound in sites.values())):
        now = {site: block for site, s in sites.items() if (block := s[k]) is not None}
        heard = room.mix(now, settings, k * BLOCK_NS)
        for site in settings:
            heard.mixes.without(site)
        course.append(heard)
    return course


def left(course: list[Heard], site: str) -> Mono:
    return np.concatenate([heard.mixes.without(site)[:, 0] for heard in course]).astype(np.float64)


def test_what_is_off_changes_and_delays_nothing() -> None:
    sound = speech(1, 1)
    room = Room()
    course = run(room, {"a": blocks(sound)}, {"a": Setting(), "b": Setting()})
    got = left(course, "b")
    assert (got[SEGMENT:].astype(np.float32) == sound[:-SEGMENT].astype(np.float32)).all()


@pytest.mark.parametrize(("places", "others"), [(0, "bcd"), (3, "bc")])
def test_own_voice_stays_out_with_all_treatment_on(places: int, others: str) -> None:
    """What `a` hears is the same to -90 dB whatever `a` says, as long as all are heard."""
    sounds = {name: speech(k, 6, 0.5) for k, name in enumerate(others, 2)}
    settings = dict.fromkeys("abcde", ALL_ON)

    def heard_by_a(own: Mono) -> Mono:
        room = Room()
        room.places, room.pans = places, {"a": -1.0, "b": 0.5, "c": 0.9, "d": -0.4}
        sites = {"a": blocks(own), **{name: blocks(sound) for name, sound in sounds.items()}}
        return left(run(room, sites, settings), "a")

    voice = speech(1, 6, 0.9)
    with_own, without_own = heard_by_a(voice), heard_by_a(1e-6 * voice)
    assert np.abs(with_own - without_own).max() < 0.9 * 10 ** (-90 / 20)
    assert np.abs(with_own).max() > 0.3


def test_own_voice_stays_out_where_it_takes_a_place() -> None:
    """Speaking takes somebody's place; of one's own sound nothing comes back all the same.

    Own is a tone that the others have nothing of, cut into words that are whole periods of it.
    """
    room = Room()
    room.places = 2
    word = np.where(np.arange(6 * SECOND) % 24_000 < 14_400, 1.0, 0.0)
    late = np.where(np.arange(6 * SECOND) < 2 * SECOND, 0.0, 1.0)
    own = tone(1000, 6 * SECOND, 0.6) * word * late
    noise = np.random.default_rng(1).standard_normal(6 * SECOND)
    others = {name: 1e-4 * np.roll(noise, k * SECOND) for k, name in enumerate("bcd")}
    sites = {"a": blocks(own), **{name: blocks(sound) for name, sound in others.items()}}
    course = run(room, sites, dict.fromkeys("abcd", Setting()))
    assert not any("a" in heard.sounding for heard in course[:100])
    assert sum("a" in heard.sounding for heard in course[100:]) > 100
    heard_own = left(course, "a")
    share = share_of(own[: len(heard_own) - SEGMENT], heard_own[SEGMENT:])
    assert 20 * np.log10(share + 1e-12) < -90


def test_three_full_tones_keep_their_shape_in_a_treated_room() -> None:
    hertz = (397.0, 1013.0, 1789.0)
    peak = 10 ** (-3 / 20)
    sites = {str(f): blocks(tone(f, 4 * SECOND, peak)) for f in hertz}
    settings = {**dict.fromkeys(sites, Setting(noise_gate=True)), "listener": Setting()}
    got = left(run(Room(), sites, settings), "listener")
    assert np.abs(got).max() <= CEILING + 1e-6
    assert sinad_db(got[2 * SECOND :], hertz) > 30


def test_muted_and_unheard_sites_are_in_no_sum() -> None:
    room = Room()
    room.places = 1
    sites = {"loud": blocks(speech(1, 5, 0.5)), "soft": blocks(speech(2, 5, 0.01))}
    settings = {"loud": Setting(), "soft": Setting(), "off": Setting(muted=True)}
    course = run(room, {**sites, "off": blocks(speech(3, 5))}, settings)
    assert all(len(heard.sounding) <= 1 and "off" not in heard.sounding for heard in course)
    assert all(set(heard.sounding) <= {"loud"} for heard in course[100:])
    assert course[130].sounding == {"loud"}, "in the midst of a word"
    assert course[-1].mixes.without("soft") is course[-1].mixes.total


def test_an_announcement_is_heard_though_others_have_all_places() -> None:
    room = Room()
    room.places = 1
    said = tone(1000, 3 * SECOND, 0.1) * (np.arange(3 * SECOND) >= 2 * SECOND)
    sites = {"a": blocks(speech(1, 3, 0.5)), "said": blocks(said)}
    settings = {"a": Setting(), "b": Setting(), "said": Setting(always=True)}
    course = run(room, sites, settings)
    heard = left(course, "b")
    assert share_of(said[: len(heard) - SEGMENT], heard[SEGMENT:]) == pytest.approx(1, abs=0.1)
    assert any("a" in one.sounding for one in course[100:]), "it takes nobody's place"


def test_levels_are_told_of_all_and_faulty_numbers_hurt_only_their_site() -> None:
    room, bad = Room(), silence()
    bad[17, 0] = np.inf
    (good,) = blocks(tone(1000, BLOCK_SAMPLES))
    settings = {"bad": ALL_ON, "good": Setting(), "away": Setting()}
    for k in range(3):
        heard = room.mix({"bad": bad, "good": good}, settings, k * BLOCK_NS)
    assert room.faulty == 3
    assert list(heard.levels) == ["bad", "good", "away"]
    assert heard.levels["good"] == pytest.approx(-9.03, abs=0.1)
    assert heard.levels["bad"] == heard.levels["away"] == -127.0
    assert np.isfinite(heard.mixes.without("good")).all()
    assert np.abs(heard.mixes.without("bad")).max() > 0.4


def test_treatment_switched_on_and_off_makes_no_click() -> None:
    sound = blocks(tone(300, 4 * SECOND, 0.4))
    room, got = Room(), []
    for k, block in enumerate(sound):
        on = bool(k // 10 % 2)
        settings = {"a": Setting(noise_gate=on, auto_gain=on), "b": Setting()}
        room.pans = {"a": 1.0 if k % 60 < 30 else -1.0}
        got.append(room.mix({"a": block}, settings, k * BLOCK_NS).mixes.without("b"))
    heard = np.concatenate(got).astype(np.float64)[BLOCK_SAMPLES:]
    assert largest_step(heard[:, 0]) < 3 * largest_step(tone(300, SECOND, 0.4))
    assert largest_step(heard[:, 1]) < 3 * largest_step(tone(300, SECOND, 0.4))


def test_places_that_change_hands_make_no_click() -> None:
    room, got = Room(), []
    room.places = 1
    sites = {"a": blocks(tone(300, 6 * SECOND, 0.4)), "b": blocks(tone(310, 6 * SECOND, 0.01))}
    settings = dict.fromkeys([*sites, "c"], Setting())
    for k in range(300):
        room.places = 1 + k // 20 % 2
        now = {site: sound[k] for site, sound in sites.items()}
        got.append(room.mix(now, settings, k * BLOCK_NS).mixes.without("c")[:, 0])
    heard = np.concatenate(got).astype(np.float64)[BLOCK_SAMPLES:]
    assert largest_step(heard) < 3 * largest_step(tone(300, SECOND, 0.4))


def test_a_gate_that_is_closed_leaves_its_site_out_of_the_sum() -> None:
    noise = blocks(1e-3 * np.random.default_rng(1).standard_normal(8 * SECOND))
    settings = {"a": Setting(noise_gate=True), "b": Setting()}
    course = run(Room(), {"a": noise}, settings)
    assert course[0].sounding
    assert not any(heard.sounding for heard in course[-100:])
    assert not course[-1].mixes.total.any()


def test_a_site_that_stops_sounding_comes_out_of_the_gate_whole() -> None:
    sound: list[Block | None] = [*blocks(tone(300, SECOND, 0.4)), None, None, None]
    settings = {"a": Setting(noise_gate=True), "b": Setting()}
    got = left(run(Room(), {"a": sound}, settings), "b")
    end = SECOND + DELAY + SEGMENT
    assert np.abs(got[end - 100 : end]).max() > 0.1
    assert not got[end + 1 :].any()


def test_who_leaves_is_forgotten() -> None:
    room = Room()
    sites = {name: blocks(speech(k, 1)) for k, name in enumerate("abc", 1)}
    run(room, sites, dict.fromkeys("abc", ALL_ON))
    heard = room.mix({}, {"a": ALL_ON}, SECOND)
    assert list(heard.levels) == ["a"]
    assert room._strips.keys() == {"a"}
    assert not room.mix({}, {"a": ALL_ON}, 2 * SECOND).mixes.without("c").any()


def test_who_sends_an_idle_line_does_not_sound() -> None:
    """A-law has no silence: its idle code is +8 of 32768, its quietest noise jumps to -8."""
    step = np.float32(8 / 32768)
    dice = np.random.default_rng(3)
    idle = np.full((BLOCK_SAMPLES, 2), step, np.float32)
    noise = np.repeat(dice.choice([-step, step], (BLOCK_SAMPLES, 1)), 2, axis=1)
    audible = noise * np.float32(2)
    room, settings = Room(), {site: Setting() for site in ("idle", "noise", "audible")}
    for n in range(3):
        blocks = {"idle": idle, "noise": noise, "audible": audible}
        heard = room.mix(blocks, settings, n * BLOCK_NS)
    assert set(heard.sounding) == {"audible"}
    assert heard.levels["idle"] == SILENCE_DBOV
