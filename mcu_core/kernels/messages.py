"""What the loops over arriving and leaving datagrams share: C structs as arrays of words.

A call of Python's own sockets lets go of the interpreter's lock for each packet, and has to wait
for it again when another thread computes: with hundreds of sites that costs more than the packets
do. The loops let go of it once for all that is ready. A row of `Words` is an mmsghdr (8 words) or
an iovec (2), as they are on 64-bit Linux.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from mcu_core.kernels.dispatch import matrix, vector

BATCH = 128
"""Datagrams that one call receives at most, and that one system call sends."""

NAME_BYTES = 32
"""Room for a socket address of either family."""

HEADER_BYTES = 12
"""RTP's fixed header."""

PLAIN_RTP, EXTENDED_RTP = 0x80, 0x90
"""Its first byte where nothing but the payload follows, no padding and no contributors; and where
an extension does."""

# A word of an mmsghdr.
NAME, NAME_LENGTH, PIECES, PIECE_COUNT, CONTROL, CONTROL_LENGTH, FLAGS, LENGTH = range(8)
MESSAGE_WORDS, PIECE_WORDS = 8, 2

DONT_WAIT, NO_SIGNAL, TRUNCATED = 0x40, 0x4000, 0x20

BYTES_IN = vector(types.uint8)
BYTES_OUT = vector(types.uint8, readonly=False)
NUMBERS_IN = vector(types.int64)
NUMBERS_OUT = vector(types.int64, readonly=False)
WORDS_IN = vector(types.uint64)
NUMBER_ROWS = matrix(types.int64)
NUMBER_ROWS_OUT = matrix(types.int64, readonly=False)
WORD_ROWS = matrix(types.uint64)
WORD_ROWS_OUT = matrix(types.uint64, readonly=False)
BYTE_ROWS = matrix(types.uint8)
BYTE_ROWS_OUT = matrix(types.uint8, readonly=False)

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]
