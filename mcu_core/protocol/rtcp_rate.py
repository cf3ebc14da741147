"""RTCP feedback about a sender's greatest rate: TMMBR and its answer TMMBN (RFC 5104 4.2)."""

from dataclasses import dataclass
from struct import Struct

from mcu_core.errors import MalformedInput
from mcu_core.protocol.rtcp_reports import PacketType, packet

_PAIR = Struct("!II")
_ENTRY = Struct("!II")
_MANTISSA_BITS, _OVERHEAD_BITS = 17, 9
MAX_ENTRIES = 32
"""More in one message are passed over: each names a source, and we have few."""

REQUEST, NOTIFICATION = 3, 4
"""Formats of packet type 205."""


@dataclass(frozen=True, slots=True)
class RateBound:
    """At most `bitrate_bps`, the headers of each packet counted as `overhead` bytes (0..511).

    `ssrc`: of the source that is bounded, in a notification of who asked for it.
    """

    ssrc: int
    bitrate_bps: int
    overhead: int = 40

    def serialize(self) -> bytes:
        """Eight bytes; the rate is rounded down to 17 significant bits."""
        exponent = max(0, self.bitrate_bps.bit_length() - _MANTISSA_BITS)
        if not 0 <= exponent <= 63 or self.bitrate_bps < 0 or not 0 <= self.overhead < 512:
            raise ValueError(f"{self} fits no form")
        mantissa = self.bitrate_bps >> exponent
        word = (exponent << _MANTISSA_BITS | mantissa) << _OVERHEAD_BITS | self.overhead
        return _ENTRY.pack(self.ssrc, word)


@dataclass(frozen=True, slots=True)
class RateRequest:
    """TMMBR: a receiver bounds the rate of sources, until it says something else."""

    sender_ssrc: int
    bounds: tuple[RateBound, ...]

    def serialize(self) -> bytes:
        """The packet as bytes; the media SSRC field is 0."""
        return _write(REQUEST, self.sender_ssrc, self.bounds)

    @classmethod
    def read(cls, body: bytes) -> "RateRequest":
        """From what follows the packet's first word; raises MalformedInput."""
        return cls(*_read(body))


@dataclass(frozen=True, slots=True)
class RateNotification:
    """TMMBN: the bounds that a source keeps to, and who asked for them."""

    sender_ssrc: int
    bounds: tuple[RateBound, ...]

    def serialize(self) -> bytes:
        """The packet as bytes; the media SSRC field is 0."""
        return _write(NOTIFICATION, self.sender_ssrc, self.bounds)

    @classmethod
    def read(cls, body: bytes) -> "RateNotification":
        """From what follows the packet's first word; raises MalformedInput."""
        return cls(*_read(body))


def _write(form: int, sender: int, bounds: tuple[RateBound, ...]) -> bytes:
    body = _PAIR.pack(sender, 0) + b"".join(bound.serialize() for bound in bounds)
    return packet(form, PacketType.TRANSPORT_FEEDBACK, body)


def _read(body: bytes) -> tuple[int, tuple[RateBound, ...]]:
    if len(body) < _PAIR.size or len(body) % _ENTRY.size:
        raise MalformedInput("rtcp.rate", "two SSRCs and entries of eight bytes")
    sender = _PAIR.unpack_from(body)[0]
    bounds = []
    for ssrc, word in _ENTRY.iter_unpack(body[_PAIR.size : _PAIR.size + 8 * MAX_ENTRIES]):
        mantissa = word >> _OVERHEAD_BITS & (1 << _MANTISSA_BITS) - 1
        exponent = word >> _MANTISSA_BITS + _OVERHEAD_BITS
        bounds.append(RateBound(ssrc, mantissa << exponent, word & (1 << _OVERHEAD_BITS) - 1))
    return sender, tuple(bounds)
