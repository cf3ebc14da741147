"""AAC in packets: mpeg4-generic by RFC 3640, LATM by RFC 6416; configurations by ISO 14496-3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol.aac import RATES, AacConfig, Bits, StreamMux
from mcu_core.protocol.payload.aac import (
    AacGenericDepayloader,
    AacGenericPayloader,
    LatmDepayloader,
    LatmPayloader,
)
from mcu_core.protocol.payload.base import Depayloader
from mcu_core.protocol.rtp import RtpPacket

STEREO = AacConfig.of(48_000, 2)
FRAME = bytes(range(200))


def packet(payload: bytes, marker: bool = True, timestamp: int = 7) -> RtpPacket:
    return RtpPacket(96, 1, timestamp, 1, marker, payload)


def test_a_configuration_is_two_bytes() -> None:
    assert STEREO.serialize() == bytes.fromhex("1190")
    assert AacConfig.read(Bits(bytes.fromhex("1190"))) == STEREO
    assert StreamMux(STEREO).serialize() == bytes.fromhex("400023203fc0")
    assert StreamMux.read(Bits(bytes.fromhex("400023203fc0"))) == StreamMux(STEREO)


def test_spectral_band_replication_has_the_core_s_rate() -> None:
    """HE-AAC as ISO 14496-3 1.6.2.1 writes it: type 5, 24 kHz, stereo, 48 kHz, type 2."""
    told = int("00101 0110 0010 0011 00010 000".replace(" ", ""), 2) << 7
    assert AacConfig.read(Bits(told.to_bytes(4))) == AacConfig.of(24_000, 2)


@given(st.sampled_from(RATES), st.integers(1, 7))
def test_configurations_come_back(rate: int, channels: int) -> None:
    config = AacConfig.of(rate, channels)
    assert AacConfig.read(Bits(config.serialize())) == config
    assert StreamMux.read(Bits(StreamMux(config).serialize())).config == config


@given(st.binary(max_size=12))
def test_any_bytes_are_a_configuration_or_malformed(data: bytes) -> None:
    for read in (AacConfig.read, StreamMux.read):
        try:
            assert read(Bits(data))
        except MalformedInput:
            continue


def test_a_packet_may_hold_several_frames() -> None:
    payload = bytes.fromhex("0020") + (4 << 3).to_bytes(2) + (6 << 3).to_bytes(2) + b"abcdefghij"
    frames = AacGenericDepayloader(STEREO).push(packet(payload), False)
    assert [frame.data[7:] for frame in frames] == [b"abcd", b"efghij"]
    assert [frame.rtp_timestamp for frame in frames] == [7, 7 + 1024]


@pytest.mark.parametrize(
    "made",
    [
        (AacGenericPayloader(90), AacGenericDepayloader(STEREO)),
        (LatmPayloader(90), LatmDepayloader(StreamMux(STEREO))),
    ],
    ids=["generic", "LATM"],
)
def test_large_frames_go_in_pieces(
    made: tuple[AacGenericPayloader | LatmPayloader, Depayloader],
) -> None:
    cutter, taker = made
    pieces = cutter.payloads(FRAME, True)
    assert len(pieces) == 3
    for lost in (False, True):
        found = []
        for at, piece in enumerate(pieces):
            found += taker.push(packet(piece, at == 2, 5000 + lost), lost and at == 1)
        assert [frame.data for frame in found] == ([STEREO.adts(FRAME)] if not lost else [])


def test_latm_may_bring_its_configuration() -> None:
    taker = LatmDepayloader.of({})
    config = int.from_bytes(StreamMux(STEREO).serialize()) >> 4  # 44 bits
    element = config << 8 * (1 + len(FRAME)) | int.from_bytes(bytes([len(FRAME)]) + FRAME)
    size = 45 + 8 * (1 + len(FRAME))
    data = (element << -size % 8).to_bytes(-(-size // 8))
    (frame,) = taker.push(packet(data), False)
    assert frame.data == STEREO.adts(FRAME)
    same = (1 << 8 * (1 + len(FRAME)) | int.from_bytes(bytes([len(FRAME)]) + FRAME)) << 7
    (frame,) = taker.push(packet(same.to_bytes(2 + len(FRAME))), False)
    assert frame.data == STEREO.adts(FRAME)
    assert LatmDepayloader.of({}).push(packet(same.to_bytes(2 + len(FRAME))), False) == []


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=8))
def test_any_packets_give_frames_or_count_as_malformed(stream: list[tuple[bytes, bool]]) -> None:
    for taker in (AacGenericDepayloader(STEREO), LatmDepayloader(StreamMux(STEREO))):
        for payload, marker in stream:
            for frame in taker.push(packet(payload, marker), False):
                assert frame.data[:1] == b"\xff"
