"""A stream's row: what is counted of its packets, in words of 64 bits that loops without the
interpreter's lock read and write, too.

Whoever has a row keeps it where it is (array('q')). NONE stands for what is not known yet.
"""

from array import array
from collections.abc import Sequence
from operator import is_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Row = array[int]
else:
    Row = array  # which takes no type of its elements when it runs

RECEIVED, BYTES, HIGHEST, COUNTED = 0, 1, 2, 3
"""Packets and payload bytes of any kind; highest sequence number; packets that count (RFC 3550)."""

TIMESTAMP, ARRIVAL, JITTER_16, CLOCK_RATE = 4, 5, 6, 7
"""Of the last packet measured, in ticks; interarrival jitter times sixteen; Hz."""

UNWRAPPED = 8
"""The last timestamp, as a number that does not wrap; NEVER before the first."""

QUICK, QUICK_BYTES, HEARD_NS = 9, 10, 11
"""Packets, and their bytes, that needed no second look; when the last of them came."""

SSRC, PAYLOAD_TYPE = 12, 13
"""Of the packets that are the stream's."""

SUSPECT = 14
"""A sequence number far off, which the next one may confirm."""

LEVEL_ID = 15
"""The header extension that tells how loud a packet is (RFC 6464), 0 for none."""

NEXT, TICKET = 16, 17
"""Address of the row of another stream that comes to the same socket, 0 for none; what the loop's
owner knows the stream by."""

FORM = 18
"""What its packets are put together to: one of the following."""

EACH, ANNEX_B, VP8_FRAME = 0, 1, 2
"""A unit each; pictures of H.264; of VP8."""

OPEN = 19
"""Of pictures: 1 while packets may be kept until theirs is over. The loop sets it to 0 where it
meets what it does not know, and then everything is handed on until somebody sets it to 1."""

KEPT, KEPT_AT, KEPT_ROOM = 20, 21, 22
"""Payloads kept of a picture that is not over: their bytes, the address that they are at, and how
many there is room for. Each has its length before it, in two bytes, the higher one first."""

RED_TYPE = 23
"""Payload type of packets that hold one of the stream's with its own type before it (RFC 2198), 0
for none."""

PATH_ID, NOTED_AT = 24, 25
"""The header extension that numbers all packets of a path, 0 for none; the address of where their
arrivals are noted: how many were, and behind that each, the latest NOTED of them, in turn."""

NOTED = 2048
MOMENT_SHIFT = 16
"""An arrival: microseconds, times 65536, and the packet's number."""

WORDS = 26
NONE = -1
UNTOLD = -1
"""Instead of a level, 0..127 dB below full scale: the packet tells none."""

NEVER = -(1 << 62)

OPENED = NEVER + 1
"""Not a moment: the packet has been decrypted, and is no usual one."""

WITHHELD = NEVER + 2
"""Not a moment: the packet has been counted, and its payload is kept until its picture is over."""

FARTHEST = 1 << 45
"""Ticks from 0 beyond which `UNWRAPPED` begins anew: a sender whose timestamps jump half a circle
with each packet must not take the moments beyond 64 bits of nanoseconds."""


def new_row() -> Row:
    """All zeros."""
    return array("q", bytes(8 * WORDS))


def same_rows(some: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether these are the very same rows, in the same order."""
    return len(some) == len(others) and all(map(is_, some, others))
