"""A stream's row: what is counted of its packets, in words of 64 bits that loops without the
interpreter's lock read and write, too.

Whoever has a row keeps it where it is (array('q')). NONE stands for what is not known yet.
"""

from array import array
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

WORDS = 16
NONE = -1
UNTOLD = -1
"""Instead of a level, 0..127 dB below full scale: the packet tells none."""

NEVER = -(1 << 62)

OPENED = NEVER + 1
"""Not a moment: the packet has been decrypted, and is no usual one."""

FARTHEST = 1 << 45
"""Ticks from 0 beyond which `UNWRAPPED` begins anew: a sender whose timestamps jump half a circle
with each packet must not take the moments beyond 64 bits of nanoseconds."""


def new_row() -> Row:
    """All zeros."""
    return array("q", bytes(8 * WORDS))
