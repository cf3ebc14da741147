"""H.261 in packets by RFC 4587: cut at groups of blocks, joined at any bit."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.h261 import picture_facts
from mcu_core.protocol.payload.h261 import H261Depayloader, H261Payloader
from mcu_core.protocol.rtp import RtpPacket

HEAD = "0000 0000 0000 0001 0000 00001 000 {} 1 0 0"
GROUP = "0000 0000 0000 0001 {:04b} 01000 0"
INTRA, INTER = "1 0001", "1 1"
BLOCKS = "1011011" * 40


def picture(cif: bool = True, first: str = INTRA, blocks: str = BLOCKS) -> bytes:
    """A picture whose groups begin with such a block; what follows is no real coding."""
    groups = range(1, 13) if cif else (1, 3, 5)
    text = HEAD.format(int(cif)) + "".join(GROUP.format(n) + first + blocks for n in groups)
    digits = text.replace(" ", "")
    return int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8))


def test_a_picture_tells_its_size_and_whether_it_is_intra() -> None:
    cif, qcif = picture_facts(picture()), picture_facts(picture(False, INTER))
    assert cif is not None
    assert qcif is not None
    assert (cif.width, cif.height, cif.intra, len(cif.groups)) == (352, 288, True, 12)
    assert (qcif.width, qcif.height, qcif.intra, len(qcif.groups)) == (176, 144, False, 3)
    assert picture_facts(b"none") is None


def test_packets_begin_with_groups_and_say_which_bits_are_theirs() -> None:
    data = picture()
    payloads = H261Payloader(150).payloads(data, True)
    assert len(payloads) > 3
    assert max(map(len, payloads)) <= 150
    facts = picture_facts(data)
    assert facts is not None
    begin = 0
    for payload in payloads:
        assert payload[0] >> 5 == begin % 8  # SBIT
        assert payload[1:4] == bytes(3)
        begin += 8 * (len(payload) - 4) - begin % 8 - (payload[0] >> 2 & 7)
        assert begin in (*facts.groups, 8 * len(data))
    taker = H261Depayloader()
    found = []
    for at, payload in enumerate(payloads):
        last = at == len(payloads) - 1
        found += taker.push(RtpPacket(31, at, 3000, 1, last, payload), False)
    (frame,) = found
    assert (frame.data, frame.keyframe, frame.broken) == (data, True, False)


def test_a_group_larger_than_a_packet_stays_whole() -> None:
    data = picture(False, blocks="1011" * 1000)
    payloads = H261Payloader(150).payloads(data, True)
    assert len(payloads) == 3


def test_pictures_may_share_a_byte() -> None:
    """The picture's first packet may begin in the byte in which the one before ended."""
    data = picture()
    shifted = (int.from_bytes(data) | 0b101 << 8 * len(data)).to_bytes(len(data) + 1)
    moved = (int.from_bytes(shifted) << 5 & (1 << 8 * len(shifted)) - 1).to_bytes(len(shifted))
    payload = bytes((3 << 5 | 5 << 2, 0, 0, 0)) + moved
    (frame,) = H261Depayloader().push(RtpPacket(31, 1, 3000, 1, True, payload), False)
    assert frame.keyframe


@given(st.binary(max_size=60))
def test_any_bytes_are_a_picture_or_not(data: bytes) -> None:
    for candidate in (data, bytes.fromhex("000100") + data):
        facts = picture_facts(candidate)
        payloads = H261Payloader(40).payloads(candidate, False)
        assert bool(payloads) == (facts is not None)
