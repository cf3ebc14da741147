"""Packets sent again in a stream of their own (RFC 4588 4, 8.6)."""

from struct import Struct

import msgspec

from mcu_core.errors import MalformedInput
from mcu_core.protocol.rtp import RtpPacket

ENCODING = "rtx"
"""Its name in descriptions (8.6)."""

_ORIGINAL = Struct("!H")


def wrapped(sequence: int, payload: bytes) -> bytes:
    """The payload that carries once more what was sent under that number, 0..65535."""
    return _ORIGINAL.pack(sequence) + payload


def unwrapped(packet: RtpPacket, payload_type: int, ssrc: int) -> RtpPacket | None:
    """The packet of that type and stream that was sent again in `packet`.

    None for one without content, by which senders try how much a path carries. Raises
    MalformedInput where there is not even a number.
    """
    payload = packet.payload
    if not payload:
        return None
    if len(payload) < _ORIGINAL.size:
        raise MalformedInput("rtx", f"at least {_ORIGINAL.size} bytes")
    return msgspec.structs.replace(
        packet,
        payload_type=payload_type,
        sequence=_ORIGINAL.unpack_from(payload)[0],
        ssrc=ssrc,
        payload=payload[_ORIGINAL.size :],
    )
