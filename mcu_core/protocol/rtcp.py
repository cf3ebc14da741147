"""RTCP packets (RFC 3550 6, RFC 4585, RFC 5104, REMB): compound packets to values and back."""

from collections.abc import Callable, Iterable

from mcu_core.errors import MalformedInput
from mcu_core.protocol.rtcp_feedback import (
    FullIntra,
    Nack,
    PayloadFormat,
    PictureLoss,
    Remb,
    TransportFormat,
)
from mcu_core.protocol.rtcp_rate import (
    NOTIFICATION,
    REQUEST,
    RateBound,
    RateNotification,
    RateRequest,
)
from mcu_core.protocol.rtcp_reports import (
    Bye,
    PacketType,
    ReceiverReport,
    ReportBlock,
    SdesItem,
    SenderReport,
    SourceChunk,
    SourceDescription,
)
from mcu_core.protocol.transport_cc import FORMAT as TRANSPORT_CC
from mcu_core.protocol.transport_cc import MAX_PACKETS, TransportFeedback

__all__ = [
    "Bye",
    "FullIntra",
    "Nack",
    "PacketType",
    "PictureLoss",
    "RateBound",
    "RateNotification",
    "RateRequest",
    "ReceiverReport",
    "Remb",
    "ReportBlock",
    "RtcpPacket",
    "SdesItem",
    "SenderReport",
    "SourceChunk",
    "SourceDescription",
    "TransportFeedback",
    "compound",
    "is_rtcp",
    "parse",
]

RtcpPacket = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Bye
    | Nack
    | PictureLoss
    | FullIntra
    | Remb
    | RateRequest
    | RateNotification
    | TransportFeedback
)

_BY_TYPE: dict[int, Callable[[int, bytes], RtcpPacket]] = {
    PacketType.SENDER_REPORT: SenderReport.read,
    PacketType.RECEIVER_REPORT: ReceiverReport.read,
    PacketType.SOURCE_DESCRIPTION: SourceDescription.read,
    PacketType.BYE: Bye.read,
}

_FEEDBACK: dict[tuple[int, int], Callable[[bytes], RtcpPacket | None]] = {
    (PacketType.TRANSPORT_FEEDBACK, TransportFormat.NACK): Nack.read,
    (PacketType.TRANSPORT_FEEDBACK, TRANSPORT_CC): TransportFeedback.read,
    (PacketType.TRANSPORT_FEEDBACK, REQUEST): RateRequest.read,
    (PacketType.TRANSPORT_FEEDBACK, NOTIFICATION): RateNotification.read,
    (PacketType.PAYLOAD_FEEDBACK, PayloadFormat.PICTURE_LOSS): PictureLoss.read,
    (PacketType.PAYLOAD_FEEDBACK, PayloadFormat.FULL_INTRA): FullIntra.read,
    (PacketType.PAYLOAD_FEEDBACK, PayloadFormat.APPLICATION): Remb.read,
}


MAX_COMPOUND_BYTES = 2048
"""A compound packet fits the path's MTU (RFC 3550 6.1); larger ones only cost time to read."""


FIRST_TYPE, LAST_TYPE = 192, 223
"""RTCP packet types stand where RTP has marker and payload types 64..95, which nobody assigns."""


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram of a shared port is RTCP and not RTP (RFC 5761 4)."""
    return len(data) >= 2 and FIRST_TYPE <= data[1] <= LAST_TYPE


def parse(data: bytes) -> list[RtcpPacket]:
    """Read a compound packet; raises MalformedInput.

    Reduced-size packets (RFC 5506) are taken too. Types that are not understood are skipped.
    """
    if not 0 < len(data) <= MAX_COMPOUND_BYTES:
        raise MalformedInput("rtcp", f"1..{MAX_COMPOUND_BYTES} bytes, not {len(data)}")
    found: list[RtcpPacket] = []
    at = told = 0
    while at < len(data):
        count, kind, body, at = _split(data, at)
        if kind == PacketType.TRANSPORT_FEEDBACK and count == TRANSPORT_CC:
            # A few bytes tell of thousands: of one datagram's worth no more is read than of one's.
            told += int.from_bytes(body[10:12])
            if told > MAX_PACKETS:
                raise MalformedInput("rtcp.transport_cc", f"at most {MAX_PACKETS} packets")
        known = _read(count, kind, body)
        if known is not None:
            found.append(known)
    return found


def _split(data: bytes, at: int) -> tuple[int, int, bytes, int]:
    """Count, type and body without padding of the packet at `at`, and where the next begins."""
    if at + 4 > len(data):
        raise MalformedInput("rtcp", "a header of four bytes")
    first = data[at]
    if first & 0xC0 != 0x80:
        raise MalformedInput("rtcp.version", "2")
    after = at + 4 * (1 + int.from_bytes(data[at + 2 : at + 4]))
    if after > len(data):
        raise MalformedInput("rtcp.length", "a length within the datagram")
    body = data[at + 4 : after]
    if first & 0x20:
        # Browsers pad feedback of transport-cc to whole words as if the padding were its own.
        loose = data[at + 1] == PacketType.TRANSPORT_FEEDBACK and first & 0x1F == TRANSPORT_CC
        if not body or not 0 < body[-1] <= len(body) or (body[-1] % 4 and not loose):
            raise MalformedInput("rtcp.padding", "a multiple of four within the packet")
        body = body[: -body[-1]]
    return first & 0x1F, data[at + 1], body, after


def _read(count: int, kind: int, body: bytes) -> RtcpPacket | None:
    by_type = _BY_TYPE.get(kind)
    if by_type is not None:
        return by_type(count, body)
    feedback = _FEEDBACK.get((kind, count))
    return feedback(body) if feedback is not None else None


def compound(packets: Iterable[RtcpPacket]) -> bytes:
    """Packets one after the other in a datagram; a report should stand first (RFC 3550 6.1)."""
    return b"".join(one.serialize() for one in packets)
