"""Repair packets of RFC 8627: what is written is read again, one lost packet is had back."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol import flexfec
from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.ulpfec import Repair, bit_string, parity

SSRC = 3


@given(
    st.dictionaries(st.integers(0, 109), st.binary(max_size=30), min_size=1, max_size=12),
    st.integers(0, 0xFFFF),
    st.data(),
)
def test_what_is_written_is_read_again_and_mends(
    bodies: dict[int, bytes], first: int, data: st.DataObject
) -> None:
    packets = {
        (first + offset) & 0xFFFF: RtpPacket(
            96, (first + offset) & 0xFFFF, offset * 90, SSRC, offset % 2 == 0, body
        ).serialize()
        for offset, body in sorted(bodies.items())
    }
    whole = Repair(first, tuple(packets), parity(map(bit_string, packets.values())))
    payload = flexfec.serialize(whole)
    assert len(payload) - len(whole.bits) + 8 - 10 in (2, 6, 14)
    found = flexfec.read(payload)
    assert (found.first, found.numbers) == (first, tuple(packets))
    lost = data.draw(st.sampled_from(sorted(packets)))
    others = [bit_string(packet) for number, packet in packets.items() if number != lost]
    assert found.made(lost, SSRC, others) == packets[lost]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_repair_packet_or_malformed(data: bytes) -> None:
    with suppress(MalformedInput):
        found = flexfec.read(data)
        assert flexfec.read(flexfec.serialize(found)).numbers == found.numbers
