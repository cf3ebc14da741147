"""Two sockets for the loops that send and receive, packets for them, and kinds of keys."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pylibsrtp

PROFILES = {
    pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM: 44,
    pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80: 30,
}
"""And how long key and salt are."""

Pair = tuple[socket.socket, socket.socket]


@contextmanager
def open_pair() -> Iterator[Pair]:
    """Two bound sockets that do not wait."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for bound in (one, other):
            bound.setblocking(False)
            bound.bind(("127.0.0.1", 0))
        yield one, other


def packets(count: int, seed: int = 1) -> list[bytes]:
    """RTP packets of many sizes, one stream's in sequence; as many as a socket holds."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 300, count)
    return [
        struct.pack("!BBHII", 0x80, 96, number, 3000 * number, 77) + rng.bytes(int(size))
        for number, size in enumerate(sizes, 1)
    ]
