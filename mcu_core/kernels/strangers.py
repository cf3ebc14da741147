"""Which packets of strangers are looked at: those from where no flow has its source."""

import numpy as np

from mcu_core.kernels.dispatch import INT, kernel
from mcu_core.kernels.flows import IPV6, mixed
from mcu_core.kernels.messages import BYTE_ROWS, NUMBERS_OUT, WORD_ROWS, Bytes, Numbers, Words
from mcu_core.kernels.octets import big_endian

BUCKETS = 256
"""Strangers are counted together by what their hosts' addresses are mixed to; a word more counts
all of them."""

STUN_COST, MEDIA_COST = 8, 1
"""What a stranger's packet takes of what strangers have: looking at STUN means a hash."""

CLOSED, CHECKS, MEDIA = 0, 1, 2
"""What a socket's door is open for: nothing of strangers; STUN; STUN, RTP and RTCP."""

_LAST_STUN, _STUN_BYTES, _COOKIE = 3, 20, 0x2112A442
"""Of STUN (RFC 8489 5)."""

_SMALLEST = 8
"""Bytes of a report that reports nothing (RFC 3550 6.4.2); all else is longer."""

_FIRST_MEDIA, _LAST_MEDIA = 128, 191
"""First bytes of RTP and RTCP (RFC 7983 7)."""


@kernel(INT(BYTE_ROWS, INT, INT, INT), inline=True)
def _price(buffers: Bytes, k: int, length: int, door: int) -> int:
    """What a stranger's packet k takes of what strangers have; 0: it has no business here.
    One that was longer than its buffer has a length below 0."""
    if length < 0:
        return STUN_COST
    if length < _SMALLEST:
        return 0
    first = buffers[k, 0]
    if first <= _LAST_STUN:
        whole = length >= _STUN_BYTES and big_endian(buffers, k, 4, 4) == _COOKIE
        return STUN_COST if whole and door >= CHECKS else 0
    return MEDIA_COST if _FIRST_MEDIA <= first <= _LAST_MEDIA and door >= MEDIA else 0


@kernel(INT(BYTE_ROWS, WORD_ROWS, INT, INT, INT, NUMBERS_OUT), inline=True)
def let_in(buffers: Bytes, names: Words, k: int, length: int, door: int, budget: Numbers) -> int:
    """Whether a stranger's packet k is looked at. All packets of a host, in IPv6 of a network of 64
    bits, draw on one bucket, so that a flood leaves others what is theirs."""
    price = _price(buffers, k, length, door)
    host = names[k, 0] >> np.uint64(32)
    if names[k, 0] & np.uint64(0xFFFF) == np.uint64(IPV6):
        host = names[k, 1]
    bucket = np.int64(mixed(np.uint64(1), host) & np.uint64(BUCKETS - 1))
    if price == 0 or budget[bucket] < price or budget[BUCKETS] < price:
        return 0
    budget[bucket] -= price
    budget[BUCKETS] -= price
    return 1
