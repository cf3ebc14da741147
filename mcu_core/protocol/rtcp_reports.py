"""RTCP sender and receiver reports, source descriptions and goodbyes (RFC 3550 6.4 to 6.6)."""

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from mcu_core.errors import MalformedInput

MAX_COUNT = 31
"""Five bits count report blocks, chunks or sources."""

_SSRC = Struct("!I")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")


class PacketType(IntEnum):
    """RTCP packet types that are understood here; all others are skipped."""

    SENDER_REPORT = 200
    RECEIVER_REPORT = 201
    SOURCE_DESCRIPTION = 202
    BYE = 203
    TRANSPORT_FEEDBACK = 205
    PAYLOAD_FEEDBACK = 206


class SdesItem(IntEnum):
    """Items of a source description (RFC 3550 6.5)."""

    CNAME = 1
    NAME = 2
    TOOL = 6


def packet(count: int, kind: PacketType, body: bytes) -> bytes:
    """One RTCP packet around a body of whole words; `count` 0..31 is also the feedback format."""
    if not 0 <= count <= MAX_COUNT:
        raise ValueError(f"RTCP count {count} is not 0..{MAX_COUNT}")
    return bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2) + body


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver tells of one source (RFC 3550 6.4.1).

    `fraction_lost` 0..255 of 256 since the last report, `packets_lost` -2**23..2**23-1 in all,
    `highest_sequence` 32 bits with the cycles on top, `jitter` in RTP ticks, `last_report` the
    middle 32 bits of the last sender report's NTP time (0: none yet), `delay` since then in
    1/65536 s.
    """

    ssrc: int
    fraction_lost: int = 0
    packets_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    last_report: int = 0
    delay: int = 0

    def serialize(self) -> bytes:
        """24 bytes; a loss beyond 24 signed bits is clamped (A.3)."""
        lost = max(-0x80_0000, min(0x7F_FFFF, self.packets_lost)) & 0xFF_FFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence,
            self.jitter,
            self.last_report,
            self.delay,
        )


def _read_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    if start + count * _BLOCK.size > len(body):
        raise MalformedInput("rtcp.report", f"{count} whole report blocks")
    blocks: list[ReportBlock] = []
    for at in range(start, start + count * _BLOCK.size, _BLOCK.size):
        ssrc, loss, highest, jitter, last, delay = _BLOCK.unpack_from(body, at)
        lost = loss & 0xFF_FFFF
        if lost & 0x80_0000:
            lost -= 0x100_0000
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last, delay))
    return tuple(blocks)


def _write_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(block.serialize() for block in blocks)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a sender tells of itself (RFC 3550 6.4.1).

    `ntp_time`: 64 bits, 32.32 seconds since 1900, the instant of `rtp_timestamp`; `packet_count`
    and `octet_count` (payload bytes) wrap at 32 bits.
    """

    ssrc: int
    ntp_time: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()

    def serialize(self) -> bytes:
        """The packet as bytes; at most 31 report blocks."""
        own = _SENDER.pack(
            self.ssrc,
            self.ntp_time,
            self.rtp_timestamp,
            self.packet_count & 0xFFFF_FFFF,
            self.octet_count & 0xFFFF_FFFF,
        )
        body = own + _write_blocks(self.reports)
        return packet(len(self.reports), PacketType.SENDER_REPORT, body)

    @classmethod
    def read(cls, count: int, body: bytes) -> "SenderReport":
        """From what follows the packet's first word; raises MalformedInput."""
        if len(body) < _SENDER.size:
            raise MalformedInput("rtcp.sender_report", f"at least {_SENDER.size} bytes")
        ssrc, ntp, rtp, packets, octets = _SENDER.unpack_from(body)
        return cls(ssrc, ntp, rtp, packets, octets, _read_blocks(body, _SENDER.size, count))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """What a receiver that sends nothing tells (RFC 3550 6.4.2); may be empty."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    def serialize(self) -> bytes:
        """The packet as bytes; at most 31 report blocks."""
        body = _SSRC.pack(self.ssrc) + _write_blocks(self.reports)
        return packet(len(self.reports), PacketType.RECEIVER_REPORT, body)

    @classmethod
    def read(cls, count: int, body: bytes) -> "ReceiverReport":
        """From what follows the packet's first word; raises MalformedInput."""
        if len(body) < _SSRC.size:
            raise MalformedInput("rtcp.receiver_report", "the reporter's SSRC")
        return cls(_SSRC.unpack_from(body)[0], _read_blocks(body, _SSRC.size, count))


@dataclass(frozen=True, slots=True)
class SourceChunk:
    """The items of one source: pairs of item type (1..255) and value (at most 255 bytes)."""

    ssrc: int
    items: tuple[tuple[int, bytes], ...]

    def serialize(self) -> bytes:
        """SSRC, items, then one to four zero bytes up to a whole word (RFC 3550 6.5)."""
        parts = [_SSRC.pack(self.ssrc)]
        for kind, value in self.items:
            if not 1 <= kind <= 255 or len(value) > 255:
                raise ValueError(f"SDES item {kind} with {len(value)} bytes fits no form")
            parts.append(bytes((kind, len(value))) + value)
        data = b"".join(parts)
        return data + bytes(4 - len(data) % 4)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """Who stands behind the sources (RFC 3550 6.5)."""

    chunks: tuple[SourceChunk, ...]

    @classmethod
    def named(cls, ssrc: int, cname: str) -> "SourceDescription":
        """The one that every compound packet carries: a canonical name for a source."""
        return cls((SourceChunk(ssrc, ((SdesItem.CNAME, cname.encode()),)),))

    def serialize(self) -> bytes:
        """The packet as bytes; at most 31 chunks."""
        body = b"".join(chunk.serialize() for chunk in self.chunks)
        return packet(len(self.chunks), PacketType.SOURCE_DESCRIPTION, body)

    @classmethod
    def read(cls, count: int, body: bytes) -> "SourceDescription":
        """From what follows the packet's first word; raises MalformedInput."""
        chunks: list[SourceChunk] = []
        at = 0
        for _ in range(count):
            chunk, at = _read_chunk(body, at)
            chunks.append(chunk)
        return cls(tuple(chunks))


def _read_chunk(body: bytes, at: int) -> tuple[SourceChunk, int]:
    """One chunk and where the next begins."""
    if at + 4 > len(body):
        raise MalformedInput("rtcp.sdes", "an SSRC before each chunk")
    ssrc = _SSRC.unpack_from(body, at)[0]
    at += 4
    items: list[tuple[int, bytes]] = []
    while at < len(body) and body[at]:
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise MalformedInput("rtcp.sdes", "items that end within the packet")
        after = at + 2 + body[at + 1]
        items.append((body[at], body[at + 2 : after]))
        at = after
    if at >= len(body):
        raise MalformedInput("rtcp.sdes", "a zero byte after the last item")
    return SourceChunk(ssrc, tuple(items)), at + 4 - at % 4


@dataclass(frozen=True, slots=True)
class Bye:
    """Sources that leave (RFC 3550 6.6), with a reason of at most 255 bytes, perhaps empty."""

    sources: tuple[int, ...]
    reason: bytes = b""

    def serialize(self) -> bytes:
        """The packet as bytes; at most 31 sources."""
        body = b"".join(_SSRC.pack(ssrc) for ssrc in self.sources)
        if self.reason:
            text = bytes((len(self.reason),)) + self.reason
            body += text + bytes(-len(text) % 4)
        return packet(len(self.sources), PacketType.BYE, body)

    @classmethod
    def read(cls, count: int, body: bytes) -> "Bye":
        """From what follows the packet's first word; raises MalformedInput."""
        end = 4 * count
        if end > len(body):
            raise MalformedInput("rtcp.bye", f"{count} SSRCs")
        sources = tuple(_SSRC.unpack_from(body, at)[0] for at in range(0, end, 4))
        if end == len(body):
            return cls(sources)
        after = end + 1 + body[end]
        if after > len(body):
            raise MalformedInput("rtcp.bye", "a reason that ends within the packet")
        return cls(sources, body[end + 1 : after])
