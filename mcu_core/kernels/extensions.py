"""Header extensions of arriving packets (RFC 8285 4.2): elements of one byte in front."""

import numpy as np
from numba import carray

from mcu_core.kernels.addresses import numbers_at
from mcu_core.kernels.dispatch import INT, NOTHING, kernel
from mcu_core.kernels.messages import BYTE_ROWS, HEADER_BYTES, NUMBERS_OUT, Bytes, Numbers
from mcu_core.kernels.octets import big_endian
from mcu_core.kernels.rows import MOMENT_SHIFT, NOTED, NOTED_AT, PATH_ID

_ONE_BYTE_PROFILE, _LAST_ELEMENT = 0xBEDE, 0xF0
_MICROSECOND_NS = 1000
MALFORMED = -2


@kernel(INT(BYTE_ROWS, INT, INT), inline=True)
def extension_end(buffers: Bytes, k: int, length: int) -> int:
    """Where the extension block of packet k ends; beyond `length` if it is none of one-byte
    elements (RFC 8285 4.2), or does not end within the packet."""
    body = HEADER_BYTES + 4
    if length < body or big_endian(buffers, k, HEADER_BYTES, 2) != _ONE_BYTE_PROFILE:
        return length + 1
    return body + 4 * big_endian(buffers, k, HEADER_BYTES + 2, 2)


@kernel(INT(BYTE_ROWS, INT, INT, INT), inline=True)
def element(buffers: Bytes, k: int, end: int, wanted: int) -> int:
    """Where in the extension block of packet k the element of that id begins; 0 if there is none,
    MALFORMED if an element does not end within the block."""
    at, found = np.int64(HEADER_BYTES + 4), np.int64(0)
    while at < end and buffers[k, at] < _LAST_ELEMENT:
        lead = np.int64(buffers[k, at])
        at += 1
        if lead == 0:
            continue
        after = at + (lead & 0x0F) + 1
        if lead >> 4:
            if after > end:
                return MALFORMED
            if lead >> 4 == wanted:
                found = at - 1
        at = after
    return int(found)


@kernel(NOTHING(NUMBERS_OUT, BYTE_ROWS, INT, INT, INT), inline=True)
def note_arrival(row: Numbers, buffers: Bytes, k: int, length: int, now_ns: int) -> None:
    """Note when packet k came, under its number on its path, if it has one."""
    at = element(buffers, k, extension_end(buffers, k, length), row[PATH_ID])
    if at > 0 and buffers[k, at] & 0x0F == 1:
        noted = carray(numbers_at(np.uint64(row[NOTED_AT])), NOTED + 1)
        moment = now_ns // _MICROSECOND_NS << MOMENT_SHIFT
        noted[1 + noted[0] % NOTED] = moment | big_endian(buffers, k, at + 1, 2)
        noted[0] += 1
