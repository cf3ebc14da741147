"""Incoming sound over a simulated network: clean, bounded in delay, and never a click."""

import random

import numpy as np
import pytest

from mcu_core.ingress.sound_queue import WAITING_UNITS
from mcu_core.media import libopus
from mcu_core.media.codec import G722, OPUS, PCMU, Codec
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.media.units import AccessUnit
from tests.fakes.sound_call import FORMS, Call, coded, jitter
from tests.fakes.tones import Mono, error_db, largest_step, sinad_db, tone, voiced

ALL = pytest.mark.parametrize(
    "codec", FORMS, ids=lambda codec: f"{codec.name}/{codec.rtp_clock}/{codec.channels}"
)


@ALL
def test_a_tone_comes_through_whole(codec: Codec) -> None:
    call = Call()
    call.send(coded(codec, tone(1000, 3 * SAMPLE_RATE)), lambda n: 5.0)
    call.run(140)
    assert all(block is not None for block in call.blocks[6:])
    sound = call.heard(60)
    # Coders make noise of their own; a cut in the wave of 0.5 would make steps of 0.1 and more.
    assert largest_step(sound) < 4 * largest_step(tone(1000, SAMPLE_RATE))
    assert sinad_db(sound[-SAMPLE_RATE:], (1000.0,)) > 15
    stats = call.ingress.stats
    assert stats.concealed_ms == 0
    assert (stats.late, stats.dropped, stats.broken) == (0, 0, 0)
    assert stats.codec == codec.name


def test_mono_stands_on_both_sides_and_stereo_stays() -> None:
    call = Call()
    call.send(coded(PCMU, tone(500, SAMPLE_RATE)), lambda n: 0.0)
    call.run(40)
    block = call.blocks[-1]
    assert block is not None
    assert block.shape == (BLOCK_SAMPLES, 2)
    assert block.dtype == np.float32
    assert np.array_equal(block[:, 0], block[:, 1])
    assert 0.45 < np.abs(block).max() < 0.55


@ALL
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_loss_is_bridged_without_clicks(codec: Codec, share: float) -> None:
    chance = random.Random(7)
    call = Call()
    call.send(
        coded(codec, tone(400, 8 * SAMPLE_RATE)),
        lambda n: None if n > 10 and chance.random() < share else 3.0,
    )
    call.run(380)
    sound = call.heard(60)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() < 1.0
    # The wave itself bends by 0.0014 per sample; a hole or a wrong seam would show as 0.1 to 0.5.
    assert largest_step(sound) < 0.05
    assert call.ingress.stats.concealed_ms > share * 6000 / 2
    level = np.sqrt(np.square(sound).mean())
    assert level > (0.8 if share < 0.1 else 0.6) * 0.5 / np.sqrt(2)


def every_tenth_lost(n: int) -> float | None:
    return None if n > 20 and n % 10 == 8 else 3.0


def test_the_frame_after_a_lost_one_brings_it_back() -> None:
    """Speech over Opus, one packet in ten lost: nearly all of it is heard as it was said."""
    voice = voiced(6 * SAMPLE_RATE)
    heard = []
    for lossy, lost in ((True, False), (True, True), (False, True)):
        call = Call()
        units = coded(OPUS, voice, lossy=lossy)
        call.send(units, every_tenth_lost if lost else lambda n: 3.0)
        call.run(300)
        heard.append(call.heard(10))
        if lossy and lost:
            assert call.ingress.stats.recovered_ms > 0.4 * 0.1 * 6000
        else:
            assert call.ingress.stats.recovered_ms == 0
    whole, repaired, made_up = heard
    repaired_db, made_up_db = typical_error_db(repaired, whole), typical_error_db(made_up, whole)
    assert repaired_db < -15
    assert repaired_db < made_up_db - 3
    assert largest_step(repaired) < 1.5 * largest_step(whole)


def typical_error_db(sound: Mono, whole: Mono) -> float:
    """Over stretches of 200 ms, a loss in each: delay may move between them."""
    starts = range(2 * SAMPLE_RATE, 4 * SAMPLE_RATE, SAMPLE_RATE // 5)
    return float(
        np.mean(
            [
                error_db(sound[at - 1000 : at + 11_000], whole[at : at + SAMPLE_RATE // 5])
                for at in starts
            ]
        )
    )


def test_without_libopus_loss_is_bridged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libopus, "library", lambda: None)
    call = Call()
    call.send(coded(OPUS, tone(400, 4 * SAMPLE_RATE)), lambda n: None if n % 9 == 8 else 3.0)
    call.run(190)
    assert largest_step(call.heard(60)) < 0.05
    assert call.ingress.stats.concealed_ms > 300


def test_loss_does_not_make_the_delay_grow() -> None:
    chance = random.Random(9)
    call = Call()
    call.send(
        coded(PCMU, tone(400, 12 * SAMPLE_RATE)),
        lambda n: None if chance.random() < 0.1 else 3.0,
    )
    call.run(580)
    assert max(call.delays[100:]) < 70


@pytest.mark.parametrize("most_ms", [10, 40, 80])
def test_jitter_is_absorbed_after_it_has_been_seen(most_ms: int) -> None:
    call = Call()
    call.send(coded(PCMU, tone(400, 12 * SAMPLE_RATE)), jitter(most_ms))
    call.run(580)
    sound = call.heard(300)
    assert largest_step(sound) < 0.05
    assert np.mean(call.delays[300:]) < most_ms + 70
    assert call.ingress.stats.late < 25


def test_delay_comes_down_again_after_a_burst() -> None:
    """The network stops for 300 ms, then everything comes at once; later all is calm."""

    def transit(n: int) -> float:
        return max(0.0, 300.0 - (n - 100) * 20) if 100 <= n < 115 else 2.0

    call = Call()
    call.send(coded(PCMU, tone(400, 14 * SAMPLE_RATE)), transit)
    call.run(690)
    assert max(call.delays[60:100]) < 60
    assert max(call.delays[130:200]) < 320
    assert max(call.delays[450:]) < 60, "within seconds"
    sound = call.heard(200)
    assert largest_step(sound) < 0.05
    assert call.ingress.stats.shortened > 0


def test_a_second_of_network_failure_leaves_no_lasting_delay() -> None:
    def transit(n: int) -> float:
        return max(0.0, 1000.0 - (n - 100) * 20) if 100 <= n < 150 else 2.0

    call = Call()
    call.send(coded(OPUS, tone(400, 12 * SAMPLE_RATE)), transit)
    call.run(590)
    assert call.blocks[130] is None, "nothing to be heard meanwhile"
    assert max(call.delays[155:]) < 320
    assert max(call.delays[500:]) < 60


@ALL
def test_a_sender_that_stops_fades_and_gives_none_and_comes_back(codec: Codec) -> None:
    call = Call()
    call.send(coded(codec, tone(400, SAMPLE_RATE)), lambda n: 3.0)
    call.send(coded(codec, tone(400, SAMPLE_RATE), first=150), lambda n: 3.0)
    call.run(220)
    assert call.blocks[40] is not None
    assert all(block is None for block in call.blocks[60:149])
    assert all(block is not None for block in call.blocks[155:195])
    click = 0.1 if codec is G722 else 0.05  # another sender's ADPCM begins in another state
    assert largest_step(call.heard(10)) < click
    assert call.ingress.stats.concealed_ms <= 2 * 140


def test_reordered_frames_are_put_right() -> None:
    def transit(n: int) -> float:
        return 24.0 if n % 5 == 0 else 0.0

    call = Call()
    call.send(coded(PCMU, tone(400, 6 * SAMPLE_RATE)), transit)
    call.run(290)
    assert all(sinad_db(call.heard(k, k + 5), (400.0,)) > 25 for k in range(200, 280, 5))


def test_frames_sent_twice_are_heard_once() -> None:
    units = coded(PCMU, tone(400, 2 * SAMPLE_RATE))
    call = Call()
    call.send(units, lambda n: 3.0)
    call.send(units, lambda n: 9.0)
    call.run(95)
    assert all(sinad_db(call.heard(k, k + 5), (400.0,)) > 25 for k in range(65, 95, 5))
    assert call.ingress.stats.refused + call.ingress.stats.late > 80


def test_a_flood_is_bounded_and_passes() -> None:
    units = coded(PCMU, tone(400, 20 * SAMPLE_RATE))
    call = Call()
    for unit in units:
        call.ingress.push(unit)
        assert len(call.ingress._queue) <= WAITING_UNITS
    assert call.ingress.stats.refused > 500
    call.run(100)
    assert max(call.delays) < 1000


def test_garbage_is_bridged() -> None:
    rng = np.random.default_rng(3)
    units = coded(OPUS, tone(400, 2 * SAMPLE_RATE))
    for n in range(20, 90, 7):
        size = int(rng.integers(0, 60))
        data = rng.integers(0, 256, size, np.uint8).tobytes()
        units[n] = AccessUnit(OPUS, data, units[n].stamp_ns)
    call = Call()
    call.send(units, lambda n: 3.0)
    call.run(110)
    assert all(np.isfinite(block).all() for block in call.blocks if block is not None)


def test_a_new_sender_begins_on_a_timeline_of_its_own() -> None:
    call = Call()
    call.send(coded(PCMU, tone(400, SAMPLE_RATE)), lambda n: 3.0)
    call.run(52)
    call.ingress.reset()
    call.run(5)
    assert call.blocks[51] is not None
    call.run(3)
    assert call.blocks[-1] is None
    call.send(coded(OPUS, tone(400, SAMPLE_RATE), first=60), lambda n: 3.0)
    call.run(40)
    assert call.blocks[-5] is not None
    assert call.ingress.stats.codec == "opus"
    assert largest_step(call.heard(10)) < 0.05


def test_stamps_that_jump_are_followed() -> None:
    """A sender restarts its clock without saying so."""
    call = Call()
    call.send(coded(PCMU, tone(400, SAMPLE_RATE)), lambda n: 3.0)
    again = [
        AccessUnit(unit.codec, unit.data, unit.stamp_ns + 3600 * 10**9)
        for unit in coded(PCMU, tone(400, SAMPLE_RATE))
    ]
    call.send(again, lambda n: 1000.0 + 3.0 - 3600_000)
    call.run(98)
    assert all(block is not None for block in call.blocks[62:])
    assert largest_step(call.heard(10, 95)) < 0.05


def test_after_close_there_is_nothing() -> None:
    call = Call()
    call.send(coded(PCMU, tone(400, SAMPLE_RATE)), lambda n: 3.0)
    call.run(20)
    call.ingress.close()
    call.ingress.close()
    call.run(10)
    assert call.blocks[-1] is None
