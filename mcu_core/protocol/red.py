"""Redundant payloads: several blocks in one packet, the newest last (RFC 2198 3)."""

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from mcu_core.errors import MalformedInput

ENCODING = "red"
"""Its name in descriptions (5)."""

MAX_OFFSET = (1 << 14) - 1
MAX_BLOCK_BYTES = (1 << 10) - 1
MAX_BLOCKS = 32
"""Blocks read of a packet."""

_HEADER = Struct("!I")
_MORE = 0x80


class RedBlock(NamedTuple):
    """One block: its payload type 0..127, how many ticks it is older than the packet's timestamp,
    0..MAX_OFFSET, and its payload."""

    payload_type: int
    offset: int
    payload: bytes


def serialize(older: Sequence[RedBlock], payload_type: int, payload: bytes) -> bytes:
    """A payload of `older` blocks, oldest first, and the newest. Raises ValueError where an older
    one is beyond MAX_OFFSET or MAX_BLOCK_BYTES."""
    heads, bodies = [], []
    for block in older:
        size = len(block.payload)
        if not 0 <= block.offset <= MAX_OFFSET or size > MAX_BLOCK_BYTES:
            raise ValueError(f"no block of {size} bytes, {block.offset} ticks older")
        heads.append(
            _HEADER.pack(_MORE << 24 | block.payload_type << 24 | block.offset << 10 | size)
        )
        bodies.append(block.payload)
    return b"".join((*heads, bytes((payload_type,)), *bodies, payload))


def parse(payload: bytes) -> list[RedBlock]:
    """The blocks of a payload, the newest last; raises MalformedInput."""
    heads: list[tuple[int, int, int]] = []
    at = 0
    while True:
        if at >= len(payload):
            raise MalformedInput("red", "a header of the newest block")
        if not payload[at] & _MORE:
            newest = payload[at]
            at += 1
            break
        if at + _HEADER.size > len(payload) or len(heads) >= MAX_BLOCKS:
            raise MalformedInput("red", f"at most {MAX_BLOCKS} headers of four bytes")
        word = _HEADER.unpack_from(payload, at)[0]
        heads.append((word >> 24 & 0x7F, word >> 10 & MAX_OFFSET, word & MAX_BLOCK_BYTES))
        at += _HEADER.size
    blocks: list[RedBlock] = []
    for payload_type, offset, size in heads:
        if at + size > len(payload):
            raise MalformedInput("red", "blocks that end within the packet")
        blocks.append(RedBlock(payload_type, offset, payload[at : at + size]))
        at += size
    blocks.append(RedBlock(newest, 0, payload[at:]))
    return blocks
