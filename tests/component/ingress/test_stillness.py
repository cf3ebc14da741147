"""One code all the time is silence: it is not decoded, and nothing is lost around it."""

import numpy as np
import pytest

from mcu_core.ingress.stillness import STILL_AFTER, Stillness
from mcu_core.media.codec import G722, L16_MONO, PCMA, PCMU, Codec
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.media.units import AccessUnit
from tests.fakes.sound_call import Call, coded
from tests.fakes.tones import largest_step, voiced

GATE = -70.0
CODECS = pytest.mark.parametrize("codec", [PCMA, PCMU, L16_MONO], ids=lambda one: one.name)


def marked(codec: Codec, units: list[AccessUnit]) -> list[AccessUnit]:
    """The units as a receiver hands them on."""
    still = Stillness(codec)
    return [
        AccessUnit(codec, unit.data, unit.stamp_ns, True, level_dbov=still.level_dbov(unit.data))
        for unit in units
    ]


@CODECS
def test_a_muted_telephone_is_passed_over_and_its_words_are_whole(codec: Codec) -> None:
    word = voiced(SAMPLE_RATE)
    silence = np.zeros(SAMPLE_RATE)
    sound = np.concatenate((silence, word, silence, word))
    calls = []
    for gate in (None, GATE):
        call = Call(gate)
        call.send(marked(codec, coded(codec, sound)), lambda n: 3.0)
        call.run(len(sound) // BLOCK_SAMPLES - 5)
        calls.append(call)
    always, gated = calls
    assert sum(gated.passed_over) > 60
    assert not any(gated.passed_over[-30:])
    heard = {call: call.heard() for call in calls}
    # Where the sound stands may differ by what the delay was led by meanwhile.
    for call in calls:
        loud = np.flatnonzero(np.abs(heard[call]) > 0.02)
        first = heard[call][loud[0] - 100 : loud[0] + SAMPLE_RATE]
        pause = np.flatnonzero(np.diff(loud) > SAMPLE_RATE // 2)
        assert len(pause) == 1, "two words"
        ends = loud[pause[0]] - loud[0]
        assert abs(ends - SAMPLE_RATE) < SAMPLE_RATE // 50, "the first word to its end"
        assert np.abs(first).max() > 0.1
    assert largest_step(heard[gated]) <= 1.15 * largest_step(heard[always])


@CODECS
def test_how_late_it_is_heard_is_known_also_after_a_silence(codec: Codec) -> None:
    """Lips are kept together by it: a moment's mistake would hold pictures up for seconds."""
    sound = np.concatenate((np.zeros(SAMPLE_RATE * 4 // 5), voiced(SAMPLE_RATE // 5)) * 4)
    call = Call(GATE)
    call.send(marked(codec, coded(codec, sound)), lambda n: 3.0 + n % 3)
    lags_ms = []
    for _ in range(len(sound) // BLOCK_SAMPLES - 5):
        call.run(1)
        lags_ms.append(call.ingress.lag().arrival_ns / 1e6)
    assert sum(call.passed_over) > 60
    assert max(lags_ms[80:]) - min(lags_ms[80:]) < 10


def test_only_what_is_constant_for_a_while_is_still() -> None:
    still = Stillness(PCMA)
    frame = bytes((0xD5,)) * 160
    assert [still.level_dbov(frame) for _ in range(STILL_AFTER)] == [None] * STILL_AFTER
    assert still.level_dbov(frame) == -127.0
    assert still.level_dbov(frame[1:] + b"\x55") is None
    assert still.level_dbov(frame) is None
    assert still.level_dbov(b"") is None


def test_codes_of_other_codecs_say_nothing() -> None:
    still = Stillness(G722)
    assert {still.level_dbov(bytes(160)) for _ in range(2 * STILL_AFTER)} == {None}
