"""Which packets of strangers are looked at: those from where no flow has its source.

Media takes of what its host and all hosts may have together. Connectivity checks take of what their
session and all sessions may have: who they are for is told by a name, or a transaction, that only
its other side knows, so a stranger's take nothing from anybody.
"""

from typing import Any

import numpy as np
from numba import types

from mcu_core.kernels.dispatch import INT, kernel
from mcu_core.kernels.flows import IPV6, flow_of, mixed
from mcu_core.kernels.messages import (
    BYTE_ROWS,
    NUMBERS_IN,
    NUMBERS_OUT,
    WORD_ROWS,
    Bytes,
    Numbers,
    Words,
)
from mcu_core.kernels.octets import big_endian

BUCKETS = 256
"""Strangers are counted together by what their hosts' addresses, or the names of the sessions that
they ask for, are mixed to."""

ALL_MEDIA = BUCKETS
CHECKS_OF = BUCKETS + 1
ALL_CHECKS = CHECKS_OF + BUCKETS
BUDGET_WORDS = ALL_CHECKS + 1
"""Places of a budget: media by host, of all hosts; checks by session, of all sessions."""

CUT_COST = 8
"""What a packet takes that was longer than its buffer; all others take one."""

CLOSED, CHECKS, MEDIA = 0, 1, 2
"""What a socket's door is open for: nothing of strangers; STUN; STUN, RTP and RTCP."""

LONGEST_NAME = 24
"""Bytes of a name or transaction of ours at most: three words of a key (kernels/flows.py)."""

_LAST_STUN, _STUN_BYTES, _COOKIE = 3, 20, 0x2112A442
_CLASS, _TRANSACTION, _TRANSACTION_BYTES = 0x0110, 8, 12
_ATTRIBUTE_BYTES, _USERNAME, _MOST_ATTRIBUTES, _COLON = 4, 6, 32, 0x3A
"""Of STUN (RFC 8489 5, 14)."""

_SMALLEST = 8
"""Bytes of a report that reports nothing (RFC 3550 6.4.2); all else is longer."""

_FIRST_MEDIA, _LAST_MEDIA = 128, 191
"""First bytes of RTP and RTCP (RFC 7983 7)."""


@kernel(types.uint64(BYTE_ROWS, INT, INT, INT), inline=True)
def _word(buffers: Bytes, k: int, start: int, end: int) -> Any:
    """Up to eight bytes of buffer k from `start` on as a word, zeros behind `end`."""
    word = np.uint64(0)
    for octet in range(min(8, end - start)):
        word |= np.uint64(buffers[k, start + octet]) << np.uint64(8 * octet)
    return word


@kernel(INT(BYTE_ROWS, INT, INT), inline=True)
def _name(buffers: Bytes, k: int, length: int) -> int:
    """Where the name begins that STUN message k is for, and how long it is, as one number; 0 for
    none. An answer has its transaction for a name."""
    if big_endian(buffers, k, 2, 2) != length - _STUN_BYTES:
        return 0
    if big_endian(buffers, k, 0, 2) & _CLASS:
        return _TRANSACTION << 8 | _TRANSACTION_BYTES
    at = int(_STUN_BYTES)
    for _ in range(_MOST_ATTRIBUTES):
        if at + _ATTRIBUTE_BYTES > length:
            return 0
        size = big_endian(buffers, k, at + 2, 2)
        kind, at = big_endian(buffers, k, at, 2), at + _ATTRIBUTE_BYTES
        if kind == _USERNAME:
            end = at
            while end < min(at + size, length) and buffers[k, end] != _COLON:
                end += 1
            return int(at << 8 | end - at) if end - at <= LONGEST_NAME else 0
        at += size + (-size & 3)
    return 0


@kernel(INT(BYTE_ROWS, INT, INT, INT, WORD_ROWS, NUMBERS_IN), inline=True)
def _session(
    buffers: Bytes, k: int, length: int, socket: int, known: Words, sessions: Numbers
) -> int:
    """The place in a budget of the session that STUN message k is for; -1 for nobody's."""
    told = _name(buffers, k, length)
    start, end = told >> 8, (told >> 8) + (told & 0xFF)
    if start == end:
        return -1
    first, second = _word(buffers, k, start, end), _word(buffers, k, start + 8, end)
    third = _word(buffers, k, start + 16, end)
    key = (first, second, third, np.uint64(socket) << np.uint64(32))
    if flow_of(known, sessions, key) == 0:
        return -1
    return int(CHECKS_OF + np.int64(mixed(first, second) & np.uint64(BUCKETS - 1)))


@kernel(INT(WORD_ROWS, INT), inline=True)
def _host(names: Words, k: int) -> int:
    """The place in a budget of packet k's host, in IPv6 of its network of 64 bits."""
    host = names[k, 0] >> np.uint64(32)
    if names[k, 0] & np.uint64(0xFFFF) == np.uint64(IPV6):
        host = names[k, 1]
    return int(np.int64(mixed(np.uint64(1), host) & np.uint64(BUCKETS - 1)))


@kernel(
    INT(BYTE_ROWS, WORD_ROWS, INT, INT, INT, INT, NUMBERS_OUT, WORD_ROWS, NUMBERS_IN), inline=True
)
def let_in(
    buffers: Bytes, names: Words, k: int, length: int, door: int, socket: int, budget: Numbers,
    known: Words, sessions: Numbers,
) -> int:  # fmt: skip
    """Whether a stranger's packet k, which came to a descriptor with that door, is looked at.
    `known` and `sessions` are a table of names (kernels/flows.py). One that was longer than its
    buffer has a length below 0."""
    place, price = -1, 1
    if length < 0:
        place, price = _host(names, k), CUT_COST
    elif length >= _STUN_BYTES and buffers[k, 0] <= _LAST_STUN:
        if door >= CHECKS and big_endian(buffers, k, 4, 4) == _COOKIE:
            place = _session(buffers, k, length, socket, known, sessions)
    elif length >= _SMALLEST and _FIRST_MEDIA <= buffers[k, 0] <= _LAST_MEDIA and door >= MEDIA:
        place = _host(names, k)
    if place < 0:
        return 0
    together = ALL_CHECKS if place >= CHECKS_OF else ALL_MEDIA
    if budget[place] < price or budget[together] < price:
        return 0
    budget[place] -= price
    budget[together] -= price
    return 1
