"""Flexible forward error correction (RFC 8627), repair packets with a mask: round trip only.

No call uses it yet: no browser offers it without a switch. What it holds is what ULPFEC does, told
otherwise; the stream that it protects is named in the list of contributing sources of its packet.
"""

from struct import Struct

from mcu_core.errors import MalformedInput
from mcu_core.protocol.sequence import SEQUENCE_MASK
from mcu_core.protocol.ulpfec import Repair

ENCODING = "flexfec"
"""Its name in descriptions (5.1)."""

SPANS = (15, 46, 110)
"""So many numbers from the first one on can be named by masks of 16, 48 and 112 bits (4.2.2.1)."""

_HEAD = Struct("!BBHIH")
"""Flags, marker and type, length, timestamp, first number."""

_WORDS = Struct("!BBIH")
_AGAIN, _FIXED, _FLAGS = 0x80, 0x40, 0x3F
_LAST_MASK = 1


def serialize(repair: Repair) -> bytes:
    """The payload of a repair packet; raises ValueError where it names numbers too far apart."""
    offsets = {(number - repair.first) & SEQUENCE_MASK for number in repair.numbers}
    if not offsets or max(offsets) >= SPANS[-1]:
        raise ValueError(f"no mask from {repair.first} on names {repair.numbers}")
    flags, kind, timestamp, length = _WORDS.unpack_from(repair.bits)
    head = _HEAD.pack(flags & _FLAGS, kind, length, timestamp, repair.first)
    return head + _masks(offsets) + repair.bits[_WORDS.size :]


def _masks(offsets: set[int]) -> bytes:
    """Masks of 15, 31 and 64 bits; a bit before each of the first two: whether it is the last."""
    masks = b""
    for begin, end in zip((0, *SPANS), SPANS, strict=False):
        size = end - begin
        mask = sum(1 << (end - 1 - offset) for offset in offsets if begin <= offset < end)
        last = max(offsets) < end
        if end < SPANS[-1]:
            mask, size = mask | (_LAST_MASK if last else 0) << size, size + 1
        masks += mask.to_bytes(size // 8, "big")
        if last:
            break
    return masks


def read(payload: bytes) -> Repair:
    """A repair packet's payload; raises MalformedInput, also for packets that are sent again and
    for masks of fixed rows and columns."""
    if len(payload) < _HEAD.size:
        raise MalformedInput("flexfec", f"at least {_HEAD.size} bytes")
    flags, kind, length, timestamp, first = _HEAD.unpack_from(payload)
    if flags & (_AGAIN | _FIXED):
        raise MalformedInput("flexfec", "a repair packet with a mask")
    offsets, at = _offsets(payload)
    if not offsets:
        raise MalformedInput("flexfec", "a mask that names packets")
    numbers = tuple((first + offset) & SEQUENCE_MASK for offset in offsets)
    return Repair(first, numbers, _WORDS.pack(flags, kind, timestamp, length) + payload[at:])


def _offsets(payload: bytes) -> tuple[list[int], int]:
    """What the masks name, and where they end."""
    offsets: list[int] = []
    at = _HEAD.size
    for begin, end in zip((0, *SPANS), SPANS, strict=False):
        size = end - begin
        marked = end < SPANS[-1]
        after = at + (size + marked) // 8
        if after > len(payload):
            raise MalformedInput("flexfec", "masks that end within the packet")
        mask = int.from_bytes(payload[at:after], "big")
        offsets += [begin + k for k in range(size) if mask >> (size - 1 - k) & 1]
        at = after
        if marked and mask >> size:
            break
    return offsets, at
