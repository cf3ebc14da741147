"""Any packets are protected, any one of those that share a repair packet is had back, any bytes end
in a value or in MalformedInput."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.ingress.protected import ProtectedPictures
from mcu_core.protocol import rtp, ulpfec
from mcu_core.protocol.rtp import RtpPacket

SSRC, KIND, REPAIR, RED = 7, 96, 117, 116
payloads = st.binary(min_size=1, max_size=60)


def packets(bodies: list[bytes], first: int, numbered: bool) -> list[bytes]:
    return [
        RtpPacket(
            KIND,
            (first + k) & 0xFFFF,
            k * 3000,
            SSRC,
            k % 3 == 0,
            body,
            {3: bytes((k, 9))} if numbered else {},
        ).serialize()
        for k, body in enumerate(bodies)
    ]


@given(
    st.lists(payloads, min_size=1, max_size=48),
    st.integers(0, 0xFFFF),
    st.integers(1, 5),
    st.booleans(),
    st.data(),
)
def test_one_packet_of_each_repair_packet_may_be_lost(
    bodies: list[bytes], first: int, count: int, wrapped: bool, data: st.DataObject
) -> None:
    whole = packets(bodies, first, numbered=False)
    strings = [(k, ulpfec.bit_string(one)) for k, one in enumerate(whole)]
    found = ulpfec.repairs(first, strings, count)
    lost = {
        data.draw(st.sampled_from(range(k, len(whole), count)))
        for k in range(min(count, len(whole)))
    }
    pictures = ProtectedPictures(KIND, REPAIR, RED if wrapped else 0)
    got: list[RtpPacket] = []

    def take(packet: bytes) -> None:
        one = rtp.parse(packet)
        if wrapped:
            payload = bytes((one.payload_type,)) + one.payload
            one = RtpPacket(RED, one.sequence, one.timestamp, SSRC, one.marker, payload)
            packet = one.serialize()
        media, made = pictures.take(one, packet, 0)
        got.extend([media, *made] if media.payload else made)

    take(RtpPacket(REPAIR, first - 1 & 0xFFFF, 0, SSRC, False, bytes(10)).serialize())
    for k, packet in enumerate(whole):
        if k not in lost:
            take(packet)
    for k, payload in enumerate(found):
        number = first + len(whole) + k & 0xFFFF
        take(RtpPacket(REPAIR, number, 0, SSRC, False, payload).serialize())
    assert sorted(p.serialize() for p in got) == sorted(whole)
    assert pictures.recovery.made == len(lost)


@given(st.lists(payloads, min_size=2, max_size=12), st.integers(0, 0xFFFF), st.data())
def test_numbers_that_are_written_later_do_not_matter(
    bodies: list[bytes], first: int, data: st.DataObject
) -> None:
    moving = frozenset({3})
    whole = packets(bodies, first, numbered=True)
    still = [ulpfec.still(one, moving) for one in whole]
    assert all(rtp.parse(one).extensions[3] == b"\0\0" for one in still)
    lost = data.draw(st.integers(0, len(whole) - 1))
    strings = [(k, ulpfec.bit_string(one)) for k, one in enumerate(still)]
    repair = ulpfec.Repair.read(ulpfec.repairs(first, strings, 1)[0])
    others = [ulpfec.bit_string(ulpfec.still(p, moving)) for k, p in enumerate(whole) if k != lost]
    assert repair.made(first + lost & 0xFFFF, SSRC, others) == still[lost]


@given(st.binary(max_size=80))
def test_any_bytes_are_a_repair_packet_or_malformed(data: bytes) -> None:
    with suppress(MalformedInput):
        repair = ulpfec.Repair.read(data)
        assert ulpfec.Repair.read(repair.serialize()).numbers == repair.numbers
        with suppress(MalformedInput):
            rtp.parse(repair.made(repair.first, 1, ()))


@given(
    st.lists(st.tuples(st.sampled_from((KIND, REPAIR, RED)), st.binary(max_size=60)), max_size=60)
)
def test_any_payloads_are_taken_and_little_is_kept(stream: list[tuple[int, bytes]]) -> None:
    pictures = ProtectedPictures(KIND, REPAIR, RED)
    for number, (kind, payload) in enumerate(stream):
        packet = RtpPacket(kind, number % 7, 0, SSRC, False, payload)
        media, made = pictures.take(packet, packet.serialize(), number)
        assert media.payload_type == KIND
        assert all(one.payload_type == KIND for one in made)


@given(st.integers(0, 0x3F), st.binary(min_size=11, max_size=59), st.frozensets(st.integers(1, 14)))
def test_any_header_extension_is_kept_in_its_length(
    flags: int, rest: bytes, moving: frozenset[int]
) -> None:
    data = bytes((0x80 | flags,)) + rest
    assert len(ulpfec.still(data, moving)) == len(data)
