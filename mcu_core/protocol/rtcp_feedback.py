"""RTCP feedback: lost packets, keyframe requests, bit rate advice.

RFC 4585 6.2.1 (generic NACK), 6.3.1 (PLI), RFC 5104 4.3.1 (FIR), draft-alvestrand-rmcat-remb-03.
"""

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from mcu_core.errors import MalformedInput
from mcu_core.protocol.rtcp_reports import PacketType, packet
from mcu_core.protocol.sequence import SEQUENCE_MASK

_PAIR = Struct("!II")
_NACK = Struct("!HH")
_FIR = Struct("!IBxxx")
_SSRC = Struct("!I")

_REMB_NAME = b"REMB"
_REMB_MANTISSA_BITS = 18
MAX_SOURCES = 255
MAX_LOST = 256
"""Numbers read of one NACK: so many lost at once are better answered by a keyframe, and each one
costs time that a stranger could spend for us."""


class TransportFormat(IntEnum):
    """Feedback message types of packet type 205."""

    NACK = 1


class PayloadFormat(IntEnum):
    """Feedback message types of packet type 206."""

    PICTURE_LOSS = 1
    FULL_INTRA = 4
    APPLICATION = 15


def _read_pair(body: bytes) -> tuple[int, int]:
    """The SSRCs of who tells and of what it is about, which begin every feedback message."""
    if len(body) < _PAIR.size:
        raise MalformedInput("rtcp.feedback", f"at least {_PAIR.size} bytes")
    sender, media = _PAIR.unpack_from(body)
    return sender, media


@dataclass(frozen=True, slots=True)
class Nack:
    """Sequence numbers (0..65535) that `sender_ssrc` misses from `media_ssrc`."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]

    def serialize(self) -> bytes:
        """Each entry names one number and marks the sixteen after it (RFC 4585 6.2.1)."""
        entries: list[bytes] = []
        rest = list(self.lost)
        while rest:
            first = rest.pop(0)
            mask = 0
            while rest and 1 <= (offset := (rest[0] - first) & SEQUENCE_MASK) <= 16:
                mask |= 1 << (offset - 1)
                rest.pop(0)
            entries.append(_NACK.pack(first, mask))
        body = _PAIR.pack(self.sender_ssrc, self.media_ssrc) + b"".join(entries)
        return packet(TransportFormat.NACK, PacketType.TRANSPORT_FEEDBACK, body)

    @classmethod
    def read(cls, body: bytes) -> "Nack":
        """From what follows the packet's first word, MAX_LOST numbers or few more of it; raises
        MalformedInput."""
        sender, media = _read_pair(body)
        lost: list[int] = []
        for first, mask in _NACK.iter_unpack(body[_PAIR.size :]):
            if len(lost) >= MAX_LOST:
                break
            lost.append(first)
            for bit in range(16):
                if mask >> bit & 1:
                    lost.append((first + bit + 1) & SEQUENCE_MASK)
        return cls(sender, media, tuple(lost))


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """PLI: the receiver has lost the picture and wants a keyframe (RFC 4585 6.3.1)."""

    sender_ssrc: int
    media_ssrc: int

    def serialize(self) -> bytes:
        """The packet as bytes."""
        body = _PAIR.pack(self.sender_ssrc, self.media_ssrc)
        return packet(PayloadFormat.PICTURE_LOSS, PacketType.PAYLOAD_FEEDBACK, body)

    @classmethod
    def read(cls, body: bytes) -> "PictureLoss":
        """From what follows the packet's first word; raises MalformedInput."""
        return cls(*_read_pair(body))


@dataclass(frozen=True, slots=True)
class FullIntra:
    """FIR: keyframes wanted from sources (RFC 5104 4.3.1).

    `entries`: pairs of source SSRC and command number 0..255; one and the same number again is one
    and the same request again.
    """

    sender_ssrc: int
    entries: tuple[tuple[int, int], ...]

    def serialize(self) -> bytes:
        """The packet as bytes; the media SSRC field is 0 (RFC 5104 4.3.1.2)."""
        body = _PAIR.pack(self.sender_ssrc, 0)
        body += b"".join(_FIR.pack(ssrc, number) for ssrc, number in self.entries)
        return packet(PayloadFormat.FULL_INTRA, PacketType.PAYLOAD_FEEDBACK, body)

    @classmethod
    def read(cls, body: bytes) -> "FullIntra":
        """From what follows the packet's first word; raises MalformedInput."""
        sender, _ = _read_pair(body)
        if len(body) % _FIR.size:
            raise MalformedInput("rtcp.fir", "entries of eight bytes")
        return cls(sender, tuple(_FIR.iter_unpack(body[_PAIR.size :])))


@dataclass(frozen=True, slots=True)
class Remb:
    """REMB: how many bits per second the receiver can take of these sources together."""

    sender_ssrc: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]

    def serialize(self) -> bytes:
        """The packet as bytes; the rate is rounded down to 18 significant bits."""
        if len(self.ssrcs) > MAX_SOURCES:
            raise ValueError(f"REMB of {len(self.ssrcs)} sources, at most {MAX_SOURCES}")
        exponent = max(0, self.bitrate_bps.bit_length() - _REMB_MANTISSA_BITS)
        if exponent > 63 or self.bitrate_bps < 0:
            raise ValueError(f"REMB of {self.bitrate_bps} bit/s fits no form")
        mantissa = self.bitrate_bps >> exponent
        rate = len(self.ssrcs) << 24 | exponent << _REMB_MANTISSA_BITS | mantissa
        body = _PAIR.pack(self.sender_ssrc, 0) + _REMB_NAME + _SSRC.pack(rate)
        body += b"".join(_SSRC.pack(ssrc) for ssrc in self.ssrcs)
        return packet(PayloadFormat.APPLICATION, PacketType.PAYLOAD_FEEDBACK, body)

    @classmethod
    def read(cls, body: bytes) -> "Remb | None":
        """From what follows the packet's first word; None for another application's message.

        Raises MalformedInput.
        """
        sender, _ = _read_pair(body)
        if body[8:12] != _REMB_NAME:
            return None
        if len(body) < 16:
            raise MalformedInput("rtcp.remb", "at least 16 bytes")
        rate = _SSRC.unpack_from(body, 12)[0]
        count = rate >> 24
        if len(body) < 16 + 4 * count:
            raise MalformedInput("rtcp.remb", f"{count} SSRCs")
        bitrate = (rate & 0x3_FFFF) << (rate >> _REMB_MANTISSA_BITS & 0x3F)
        ssrcs = tuple(_SSRC.unpack_from(body, 16 + 4 * index)[0] for index in range(count))
        return cls(sender, bitrate, ssrcs)
