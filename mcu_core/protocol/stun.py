"""As much of STUN (RFC 8489) as tells whose a connectivity check is, where many share a port.

Whether it is genuine is for those to say whose it seems to be.
"""

from dataclasses import dataclass
from struct import Struct

from mcu_core.errors import MalformedInput

LAST_FIRST_BYTE = 3
"""STUN begins with two bits of zeros; where it shares a port, all above is something else."""

HEADER = Struct("!HHI12s")
ATTRIBUTE = Struct("!HH")
COOKIE = 0x2112A442
CLASS_MASK, REQUEST = 0x0110, 0x0000
USERNAME = 0x0006
MAX_ATTRIBUTES = 32


@dataclass(frozen=True, slots=True)
class Check:
    """A request names the one that it is for by `ufrag` (RFC 8445 7.2.2); an answer by the
    `transaction` that it belongs to, and has no `ufrag`."""

    transaction: bytes
    ufrag: bytes = b""


def read_check(data: bytes) -> Check:
    """Whom a STUN message is for; raises MalformedInput."""
    if len(data) < HEADER.size:
        raise MalformedInput("stun", "a header of 20 bytes")
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if cookie != COOKIE or length != len(data) - HEADER.size or kind >> 8 > LAST_FIRST_BYTE:
        raise MalformedInput("stun", "a cookie and a true length")
    if kind & CLASS_MASK != REQUEST:
        return Check(transaction)
    at = HEADER.size
    for _ in range(MAX_ATTRIBUTES):
        if at + ATTRIBUTE.size > len(data):
            break
        attribute, size = ATTRIBUTE.unpack_from(data, at)
        at += ATTRIBUTE.size
        if attribute == USERNAME:
            return Check(transaction, data[at : at + size].partition(b":")[0])
        at += size + -size % 4
    raise MalformedInput("stun", "a request with a user's name")
