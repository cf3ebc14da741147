"""Repair packets beside a twin that goes bit by bit, and beside the example of RFC 5109 (10.1)."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.ulpfec import Repair, bit_string, parity, repairs

SSRC = 2


def slow_parity(strings: Sequence[bytes]) -> bytes:
    found = bytearray(max(map(len, strings), default=0))
    for one in strings:
        for at, octet in enumerate(one):
            for bit in range(8):
                if octet >> bit & 1:
                    found[at] ^= 1 << bit
    return bytes(found)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_the_xor_is_that_of_each_bit(strings: list[bytes]) -> None:
    assert parity(strings) == slow_parity(strings)


def test_the_example_of_the_standard() -> None:
    packets = [
        RtpPacket(kind, number, time, SSRC, marker, bytes(size)).serialize()
        for kind, number, time, marker, size in (
            (11, 8, 3, True, 200), (18, 9, 5, False, 140),
            (11, 10, 7, True, 100), (18, 11, 9, False, 340),
        )
    ]  # fmt: skip
    (payload,) = repairs(8, [(k, bit_string(packet)) for k, packet in enumerate(packets)], 1)
    assert payload[:2] == b"\0\0", "no flags, mark or type remain"
    assert int.from_bytes(payload[2:4], "big") == 8, "the first number"
    assert int.from_bytes(payload[4:8], "big") == 8, "the XOR of the times"
    assert int.from_bytes(payload[8:10], "big") == 372, "the XOR of the lengths"
    assert int.from_bytes(payload[10:12], "big") == 340, "what is protected"
    assert int.from_bytes(payload[12:14], "big") == 61_440, "the mask"
    assert len(payload) == 14 + 340
    repair = Repair.read(payload)
    for lost, packet in enumerate(packets):
        others = [bit_string(one) for k, one in enumerate(packets) if k != lost]
        assert repair.made(8 + lost, SSRC, others) == packet
