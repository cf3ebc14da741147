"""Sound codecs through encoder, packets and decoder, which mostly are different makers' code."""

import numpy as np
import pytest

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.ingress.audio_decoder import audio_decoder
from mcu_core.media.codec import (
    AAC_GENERIC_FORMS,
    AAC_LATM_FORMS,
    G723,
    G726_FORMS,
    G729,
    GSM,
    L16_STEREO,
    OPUS,
    Codec,
)
from mcu_core.media.codec_table import encodes
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE
from mcu_core.media.units import AudioForm
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.formats import offer_parameters
from mcu_core.protocol.payload.base import depayloader
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.tones import Mono, blocks, sinad_db, tone

WIDE = (*AAC_GENERIC_FORMS, *AAC_LATM_FORMS)
LEAST_SINAD_DB = {
    "G726-32": 30,
    "G726-24": 20,
    "G726-16": 9,
    "G729": 12,
    "GSM": 15,
    "G723": 12,
    "mpeg4-generic": 30,
    "MP4A-LATM": 30,
}
CODECS = pytest.mark.parametrize(
    "codec",
    [codec for codec in (*G726_FORMS, G729, GSM, G723, *WIDE) if encodes(codec)],
    ids=lambda codec: f"{codec.name}/{codec.rtp_clock}/{codec.channels}",
)


def through(codec: Codec, sound: Mono) -> Mono:
    """Coded, packed, unpacked by what our own description says, decoded."""
    encoder, decoder = AudioEncoder(AudioForm(codec, codec.channels, 64_000)), audio_decoder(codec)
    unpacked = depayloader(codec, offer_parameters(codec, Capabilities()))
    parts = []
    for turn, block in enumerate(blocks(sound)):
        unit = encoder.encode(block, turn * BLOCK_NS)
        for payload in unit.payloads if unit is not None else ():
            packet = RtpPacket(96, turn, turn * 1000, 1, True, payload)
            parts += [decoder.decode(frame.data)[0] for frame in unpacked.push(packet, False)]
    assert unpacked.malformed == 0
    return np.concatenate(parts)[:, 0].astype(np.float64)


@CODECS
def test_a_tone_comes_through(codec: Codec) -> None:
    heard = through(codec, tone(1000, 2 * SAMPLE_RATE))[SAMPLE_RATE // 2 : 3 * SAMPLE_RATE // 2]
    turned = heard * np.exp(-2j * np.pi * 1000 * np.arange(len(heard)) / SAMPLE_RATE)
    assert 2 * abs(turned.mean()) == pytest.approx(0.5, rel=0.2)
    assert sinad_db(heard, (1000.0,)) > LEAST_SINAD_DB[codec.name]


@pytest.mark.parametrize(
    "codec", [OPUS, L16_STEREO, AAC_GENERIC_FORMS[0], AAC_LATM_FORMS[0]], ids=lambda c: c.name
)
def test_four_codecs_have_the_whole_band(codec: Codec) -> None:
    low, high = (
        through(codec, tone(hertz, SAMPLE_RATE, 0.1))[SAMPLE_RATE // 4 : 3 * SAMPLE_RATE // 4]
        for hertz in (1000, 19_000)
    )
    assert np.abs(high).max() > 0.7 * np.abs(low).max()


@CODECS
def test_its_length_is_kept(codec: Codec) -> None:
    heard = through(codec, tone(400, SAMPLE_RATE))
    assert abs(len(heard) - SAMPLE_RATE) < SAMPLE_RATE // 8
