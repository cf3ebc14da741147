"""Sound codecs through our encoder and our decoder, which mostly are two different makers' code."""

import numpy as np
import pytest

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.ingress.audio_decoder import audio_decoder
from mcu_core.media.codec import G726_FORMS, Codec
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE
from mcu_core.media.units import AudioForm
from tests.fakes.tones import Mono, blocks, sinad_db, tone

LEAST_SINAD_DB = {"G726-32": 30, "G726-24": 20, "G726-16": 9}
CODECS = pytest.mark.parametrize("codec", G726_FORMS, ids=lambda codec: codec.name)


def through(codec: Codec, sound: Mono) -> Mono:
    """A second and more of sound, coded and decoded."""
    encoder, decoder = AudioEncoder(AudioForm(codec, codec.channels, 64_000)), audio_decoder(codec)
    parts = []
    for turn, block in enumerate(blocks(sound)):
        unit = encoder.encode(block, turn * BLOCK_NS)
        if unit is not None:
            parts += [decoder.decode(unit.data)[0]]
    return np.concatenate(parts)[:, 0].astype(np.float64)


@CODECS
def test_a_tone_comes_through(codec: Codec) -> None:
    heard = through(codec, tone(1000, 2 * SAMPLE_RATE))[SAMPLE_RATE // 2 : 3 * SAMPLE_RATE // 2]
    assert np.abs(heard).max() == pytest.approx(0.5, rel=0.25)
    assert sinad_db(heard, (1000.0,)) > LEAST_SINAD_DB[codec.name]


@CODECS
def test_its_length_is_kept(codec: Codec) -> None:
    heard = through(codec, tone(400, SAMPLE_RATE))
    assert abs(len(heard) - SAMPLE_RATE) < SAMPLE_RATE // 20
