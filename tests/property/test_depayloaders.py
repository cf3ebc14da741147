"""Real packets of every codec, mutated, lost and doubled: frames or nothing, no more."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.media.codec import RTP_CODECS, Codec, Kind
from mcu_core.media.codec_table import encodes
from mcu_core.media.sound import BLOCK_NS
from mcu_core.media.units import AccessUnit, AudioForm, VideoForm
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.formats import offer_parameters
from mcu_core.protocol.payload.base import depayloader
from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.stream_facts import read_facts
from tests.fakes.moving import noisy
from tests.fakes.tones import blocks, tone

SENT = [codec for codec in RTP_CODECS if encodes(codec)]


@cache
def stream(codec: Codec) -> tuple[tuple[bytes, bool, int], ...]:
    """Payload, marker and timestamp of some packets of our own."""
    packets = []
    if codec.kind is Kind.VIDEO:
        pictures = VideoEncoder(VideoForm(codec, 352, 288, 30, 384_000))
        units = [pictures.encode(noisy(352, 288, n), n == 1) for n in range(1, 4)]
    else:
        sounds = AudioEncoder(AudioForm(codec, codec.channels, 64_000))
        made = [sounds.encode(one, n * BLOCK_NS) for n, one in enumerate(blocks(tone(440, 9600)))]
        units = [unit for unit in made if unit is not None]
    for unit in units:
        for payload in unit.payloads:
            packets.append((payload, payload is unit.payloads[-1], unit.rtp_timestamp))
    return tuple(packets)


@pytest.mark.parametrize(
    "codec", SENT, ids=lambda codec: f"{codec.name}/{codec.rtp_clock}/{codec.channels}"
)
@given(st.data())
def test_mutated_packets_give_frames_or_nothing(codec: Codec, data: st.DataObject) -> None:
    packets = stream(codec)
    chosen = data.draw(st.lists(st.integers(0, len(packets) - 1), max_size=8))
    seed = data.draw(st.integers(0, 1 << 32))
    chance = np.random.default_rng(seed)
    taker = depayloader(codec, offer_parameters(codec, Capabilities()))
    before = -1
    for number in chosen:
        payload, marker, timestamp = packets[number]
        spoilt = bytearray(payload[: int(chance.integers(1, len(payload) + 1))])
        for _ in range(int(chance.integers(0, 4))):
            spoilt[int(chance.integers(0, min(len(spoilt), 24)))] = int(chance.integers(0, 256))
        packet = RtpPacket(96, number, timestamp, 1, marker, bytes(spoilt))
        for frame in taker.push(packet, number != before + 1):
            assert frame.data
            read_facts(AccessUnit(codec, frame.data, 0, True))
        before = number
    assert taker.malformed <= len(chosen)
