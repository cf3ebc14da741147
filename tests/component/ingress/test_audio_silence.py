"""Silence that costs nothing: it is passed over undecoded, and no onset is lost after it."""

import numpy as np
import pytest

from mcu_core.ingress import playback
from mcu_core.ingress.audio_decoder import AudioDecoder, audio_decoder
from mcu_core.media.codec import G722, L16_STEREO, OPUS, PCMU, Codec
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.media.units import AccessUnit
from tests.fakes.sound_call import Call, coded
from tests.fakes.tones import Mono, error_db, largest_step, voiced

GATE = -60.0
BEGINS = 2 * SAMPLE_RATE + 300
"""Where the talk begins: inside a block."""

CODECS = pytest.mark.parametrize("codec", [L16_STEREO, PCMU, G722, OPUS], ids=lambda one: one.name)


def background(samples: int) -> Mono:
    """Noise of about -75 dBov."""
    return np.random.default_rng(1).normal(0, 2e-4, samples)


def talk(seconds: float = 5.0) -> Mono:
    """Background, and from BEGINS on for a second a voice that begins at once."""
    sound = background(int(seconds * SAMPLE_RATE))
    sound[BEGINS : BEGINS + SAMPLE_RATE] += voiced(SAMPLE_RATE + 4000)[4000:]
    return sound


def heard(codec: Codec, gate: float | None, sound: Mono) -> Call:
    call = Call(gate)
    call.send(coded(codec, sound, levelled=True), lambda n: 3.0)
    call.run(len(sound) // BLOCK_SAMPLES - 5)
    return call


@CODECS
def test_no_onset_is_lost(codec: Codec) -> None:
    """From the first sample of the talk on all is as if it had been decoded all the time."""
    always, gated = (heard(codec, gate, talk()) for gate in (None, GATE))
    assert sum(gated.passed_over) > 100
    begins = next(n for n, over in enumerate(gated.passed_over) if n > 60 and not over)
    whole, sound = always.heard(begins - 1, begins + 20), gated.heard(begins - 1, begins + 20)
    if codec is L16_STEREO:  # which `always` may hear at another fraction of a sample
        whole = talk()[BEGINS - BLOCK_SAMPLES :]
    loud = int(np.flatnonzero(np.abs(whole) > 0.02)[0])
    onset = whole[loud - 100 : loud + 4 * BLOCK_SAMPLES]
    assert error_db(sound, onset) < (-80 if codec is L16_STEREO else -20)
    first = whole[loud - 100 : loud + BLOCK_SAMPLES // 4]
    assert error_db(sound, first) < (-60 if codec is L16_STEREO else -10), "its first 5 ms"


@CODECS
def test_going_in_and_out_makes_no_click(codec: Codec) -> None:
    gated = heard(codec, GATE, np.tile(talk(4.0), 3))
    changes = np.flatnonzero(np.diff(gated.passed_over))
    assert len(changes) >= 6
    loud = largest_step(heard(codec, None, np.tile(talk(4.0), 3)).heard(70))
    assert largest_step(gated.heard(70)) <= 1.15 * loud
    for change in changes[1:]:
        if gated.passed_over[change + 1]:  # the voice is over: only background may step
            around = gated.heard(change, change + 3)
            assert largest_step(around) < 0.01


@CODECS
def test_what_is_passed_over_is_not_decoded(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def counting(wanted: Codec) -> AudioDecoder:
        decoder = audio_decoder(wanted)
        decode = decoder.decode

        def counted(data: bytes) -> tuple[np.ndarray, int]:
            decoded.append(data)
            return decode(data)

        monkeypatch.setattr(decoder, "decode", counted, raising=False)
        return decoder

    monkeypatch.setattr(playback, "audio_decoder", counting)
    call = heard(codec, GATE, background(4 * SAMPLE_RATE))
    assert all(call.passed_over[2:])
    assert len(decoded) <= 4
    assert call.ingress.stats.passed_over_ms > 3500
    assert call.ingress.stats.codec == codec.name
    assert (call.ingress.stats.dropped, call.ingress.stats.late) == (0, 0)
    assert len(call.ingress._queue) < 12


def test_the_delay_is_the_same_before_and_after() -> None:
    call = heard(PCMU, GATE, talk())
    begins = next(n for n, over in enumerate(call.passed_over) if n > 60 and not over)
    assert call.delays[begins + 5] == pytest.approx(25, abs=1)


def test_a_sender_that_stops_sending_is_silent_without_a_level() -> None:
    """Its last word is not taken for ever: what was loud last fades out by itself."""
    call = Call(GATE)
    call.send(coded(PCMU, voiced(SAMPLE_RATE), levelled=True), lambda n: 3.0)
    call.run(90)
    assert call.blocks[-1] is None
    assert not any(call.passed_over[3:])


def test_dtx_counts_as_silence_without_any_level() -> None:
    call = Call(GATE)
    units = coded(OPUS, voiced(SAMPLE_RATE))
    units += [AccessUnit(OPUS, units[-1].data[:1], (50 + n) * 20_000_000) for n in range(50)]
    call.send(units, lambda n: 3.0)
    call.run(95)
    assert not any(call.passed_over[:50])
    assert all(call.passed_over[56:])
