"""Forward error correction of RTP packets by XOR (RFC 5109), one level of protection.

A repair packet names some packets of its stream and holds their XOR: where one of them is missing,
the others and the repair packet give it back. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

from mcu_core.errors import MalformedInput
from mcu_core.protocol.rtp import HEADER_BYTES, PLAIN
from mcu_core.protocol.sequence import SEQUENCE_MASK

ENCODING = "ulpfec"
"""Its name in descriptions (14.1)."""

SHORT_SPAN, LONG_SPAN = 16, 48
"""So many numbers from the first one on can be named by a mask (7.4)."""

LONGEST_BYTES = 1500
"""Of packets that are protected or made: as long as any that arrives."""

_HEAD = Struct("!BBHIHH")
"""Flags, marker and type, first number, timestamp, length; and the length that is protected."""

_WORDS = Struct("!BBIH")
_EXTENDED, _LONG_MASK, _FLAGS = 0x80, 0x40, 0x3F
_HAS_EXTENSION = 0x10
_ONE_BYTE_PROFILE = b"\xbe\xde"


def bit_string(packet: bytes) -> bytes:
    """What of a whole packet is protected (7.3, 8.2): flags, marker and type, timestamp, length,
    and everything after the fixed header."""
    body = packet[HEADER_BYTES:]
    return packet[:2] + packet[4:8] + len(body).to_bytes(2, "big") + body


def parity(strings: Iterable[bytes]) -> bytes:
    """The XOR of byte strings, as long as the longest: shorter ones count as filled with zeros."""
    total, size = 0, 0
    for one in strings:
        total ^= int.from_bytes(one, "little")
        size = max(size, len(one))
    return total.to_bytes(size, "little")


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair packet's payload.

    `first`: a sequence number; `numbers`: those of the packets that are named, in order, `first`
    or up to LONG_SPAN - 1 later. `bits`: the XOR of their `bit_string`s, whose first two bits mean
    nothing.
    """

    first: int
    numbers: tuple[int, ...]
    bits: bytes

    def serialize(self) -> bytes:
        """The payload as bytes."""
        offsets = [(number - self.first) & SEQUENCE_MASK for number in self.numbers]
        if not offsets or max(offsets) >= LONG_SPAN:
            raise ValueError(f"no mask from {self.first} on names {self.numbers}")
        span = SHORT_SPAN if max(offsets) < SHORT_SPAN else LONG_SPAN
        mask = sum(1 << (span - 1 - offset) for offset in offsets)
        flags, kind, timestamp, length = _WORDS.unpack_from(self.bits)
        flags = flags & _FLAGS | (_LONG_MASK if span == LONG_SPAN else 0)
        body = self.bits[_WORDS.size :]
        head = _HEAD.pack(flags, kind, self.first, timestamp, length, len(body))
        return head + mask.to_bytes(span // 8, "big") + body

    @classmethod
    def read(cls, payload: bytes) -> "Repair":
        """From a payload; levels beyond the first are passed over. Raises MalformedInput."""
        if len(payload) < _HEAD.size + SHORT_SPAN // 8:
            raise MalformedInput("ulpfec", f"at least {_HEAD.size + SHORT_SPAN // 8} bytes")
        flags, kind, first, timestamp, length, size = _HEAD.unpack_from(payload)
        if flags & _EXTENDED:
            raise MalformedInput("ulpfec", "a header without an extension")
        span = LONG_SPAN if flags & _LONG_MASK else SHORT_SPAN
        start = _HEAD.size + span // 8
        if start + size > len(payload):
            raise MalformedInput("ulpfec", "a level that ends within the packet")
        mask = int.from_bytes(payload[_HEAD.size : start], "big")
        numbers = tuple(
            (first + offset) & SEQUENCE_MASK
            for offset in range(span)
            if mask >> (span - 1 - offset) & 1
        )
        if not numbers:
            raise MalformedInput("ulpfec", "a mask that names packets")
        bits = _WORDS.pack(flags, kind, timestamp, length) + payload[start : start + size]
        return cls(first, numbers, bits)

    def made(self, sequence: int, ssrc: int, others: Iterable[bytes]) -> bytes:
        """The packet of that number, given the bit strings of all others that are named.

        Raises MalformedInput where they do not fit together.
        """
        bits = parity((self.bits, *others))
        words: tuple[int, int, int, int] = _WORDS.unpack_from(bits)
        flags, kind, timestamp, length = words
        if length > min(len(bits) - _WORDS.size, LONGEST_BYTES):
            raise MalformedInput("ulpfec", "a packet no longer than what protects it")
        head = bytes((PLAIN | flags & _FLAGS, kind)) + sequence.to_bytes(2, "big")
        body = bits[_WORDS.size : _WORDS.size + length]
        return head + timestamp.to_bytes(4, "big") + ssrc.to_bytes(4, "big") + body


def repairs(first: int, strings: Sequence[tuple[int, bytes]], count: int) -> list[bytes]:
    """Payloads that protect packets, given as offsets (0..LONG_SPAN - 1) from the number `first`
    and bit strings: each packet by one of `count`, neighbours by different ones, since losses come
    in bursts."""
    found = []
    for k in range(min(count, len(strings))):
        mine = strings[k::count]
        numbers = tuple((first + offset) & SEQUENCE_MASK for offset, _ in mine)
        bits = parity(one for _, one in mine)
        found.append(Repair(first, numbers, bits).serialize())
    return found


def still(packet: bytes, moving: frozenset[int]) -> bytes:
    """A packet as it was protected, where its sender wrote the header extensions of the ids
    `moving` (1..14) only afterwards: their values are zeros. As it is where it has none of them in
    one-byte form (RFC 8285 4.2)."""
    start = HEADER_BYTES + 4 * (packet[0] & 0x0F)
    if (
        not moving
        or not packet[0] & _HAS_EXTENSION
        or packet[start : start + 2] != _ONE_BYTE_PROFILE
    ):
        return packet
    at = start + 4
    end = min(len(packet), at + 4 * int.from_bytes(packet[start + 2 : at], "big"))
    changed = bytearray(packet)
    while at < end and changed[at] < 0xF0:
        lead = changed[at]
        after = at + 2 + (lead & 0x0F) if lead else at + 1
        if lead >> 4 in moving and after <= end:
            changed[at + 1 : after] = bytes(after - at - 1)
        at = after
    return bytes(changed)
