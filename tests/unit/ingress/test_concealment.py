"""What is heard where nothing came, and how real sound takes over again."""

import numpy as np
import pytest

from mcu_core.errors import CodecFailure
from mcu_core.ingress.concealment import (
    FADE_END,
    CarriedOn,
    Concealment,
    MadeByCodec,
    Silence,
    concealment,
)
from mcu_core.ingress.waveform import HISTORY, MATCHED
from mcu_core.media.codec import OPUS
from mcu_core.media.libopus import CONCEALED_STEP
from mcu_core.media.sound import CHANNELS, Block
from tests.fakes.tones import largest_step, tone

WHOLE = np.stack([tone(500, HISTORY + 20_000)] * 2, 1).astype(np.float32)


class ToneDecoder:
    """A decoder whose concealment is exact: the tone goes on."""

    codec = OPUS
    conceals = CONCEALED_STEP

    def __init__(self, broken: bool = False) -> None:
        self.at = HISTORY
        self.broken = broken

    def decode(self, data: bytes) -> tuple[Block, int]:
        raise NotImplementedError

    def recover(self, data: bytes, samples: int) -> Block:
        raise NotImplementedError

    def conceal(self, samples: int) -> Block:
        if self.broken:
            raise CodecFailure("broken")
        assert samples % CONCEALED_STEP == 0
        self.at += samples
        return WHOLE[self.at - samples : self.at]


def carried_on() -> Concealment:
    return CarriedOn(WHOLE[:HISTORY])


def made_by_codec() -> Concealment:
    return MadeByCodec(ToneDecoder())


BOTH = pytest.mark.parametrize("make", [carried_on, made_by_codec])


@BOTH
def test_a_tone_goes_on_and_fades_to_silence(make: type) -> None:
    made_up: Concealment = make()
    parts = [made_up.take(count) for count in (7, 480, 960, 113)]
    assert not made_up.resumed
    while not made_up.over:
        parts.append(made_up.take(960))
    made = np.concatenate([WHOLE[:HISTORY], *parts])[:, 0].astype(np.float64)
    assert largest_step(made) < 1.5 * largest_step(WHOLE[:, 0].astype(np.float64))
    assert not made_up.take(960).any()
    assert len(made) - HISTORY <= FADE_END + 960


@BOTH
@pytest.mark.parametrize("frame", [120, 240, 320, 960])
@pytest.mark.parametrize("lost", [960, 960 * 5])
def test_real_sound_takes_over_without_a_seam(make: type, frame: int, lost: int) -> None:
    """Whatever the length of its frames, and however far it had faded."""
    made_up: Concealment = make()
    parts = [WHOLE[:HISTORY], made_up.take(lost)]
    at = HISTORY + lost
    while True:
        parts.append(made_up.resume(WHOLE[at : at + frame]))
        at += frame
        assert made_up.resumed
        if made_up.joined:
            break
    parts.append(WHOLE[at : at + 960])
    heard = np.concatenate(parts)[:, 0].astype(np.float64)
    assert len(heard) == at + 960
    assert largest_step(heard) < 2 * largest_step(WHOLE[:, 0].astype(np.float64))


def test_out_of_nothing_sound_comes_up_in_five_milliseconds() -> None:
    ones = np.ones((100, CHANNELS), np.float32)
    silence = Silence()
    assert silence.over
    assert not silence.take(5).any()
    heard = np.concatenate([silence.resume(ones) for _ in range(3)])[:, 0]
    assert silence.joined
    assert heard[0] < 0.01
    assert (np.diff(heard) >= 0).all()
    assert heard[MATCHED:].min() == 1.0


def test_a_codec_that_cannot_is_silent() -> None:
    made_up = MadeByCodec(ToneDecoder(broken=True))
    assert made_up.take(700).shape == (700, CHANNELS)
    assert not made_up.take(960).any()


def test_who_makes_it_up() -> None:
    assert isinstance(concealment(ToneDecoder(), WHOLE[:HISTORY]), MadeByCodec)
    assert isinstance(concealment(None, WHOLE[:HISTORY]), CarriedOn)
