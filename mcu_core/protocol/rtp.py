"""RTP packets (RFC 3550 5.1) and their header extensions (RFC 8285): bytes to values and back."""

import struct
from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

import msgspec

from mcu_core.errors import MalformedInput

HEADER_BYTES = 12
MAX_PACKET_BYTES = 65_535

_FIXED = Struct("!BBHII")
pack_header = _FIXED.pack
"""The fixed header out of its five words, unchecked: the fast way for a sender that has checked."""

PLAIN = 0x80
"""The first of these words: version 2, no padding, no extension, no contributing sources."""

_WORD = Struct("!I")
_PROFILE = Struct("!HH")
_NUMBERED = Struct("!HHBHx")

_PADDING = 0x20
_EXTENSION = 0x10
_MARKER = 0x80

ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
"""The low four bits are free (RFC 8285 4.3)."""

Extensions = dict[int, bytes]

_NO_EXTENSIONS: Extensions = {}


class RtpPacket(msgspec.Struct, frozen=True):
    """One RTP packet without its padding and without its list of contributing sources.

    `payload_type` 0..127, `sequence` 0..65535, `timestamp` and `ssrc` 0..2**32-1. `extensions`: id
    (1..14 in one-byte form, 1..255 in two-byte form) to value; it may be shared, so nobody writes
    to it. A msgspec struct, because one is made per packet and it costs a fifth of a frozen
    dataclass; `msgspec.structs.replace` gives a changed copy.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes
    extensions: Extensions = msgspec.field(default_factory=dict)

    def serialize(self) -> bytes:
        """The packet as bytes; raises ValueError where a value is beyond its range."""
        extensions = self.extensions.items() if self.extensions else ()
        return (
            header(
                self.payload_type,
                self.marker,
                self.sequence,
                self.timestamp,
                self.ssrc,
                extensions,
            )
            + self.payload
        )


def header(
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    ssrc: int,
    extensions: Iterable[tuple[int, bytes]] = (),
) -> bytes:
    """The bytes before a payload: the fast way for a sender that writes one payload to many.

    Raises ValueError where a value is beyond its range.
    """
    if not 0 <= payload_type <= 127:
        raise ValueError(f"payload type {payload_type} is not 0..127")
    second = payload_type | _MARKER if marker else payload_type
    if not extensions:
        return _pack(PLAIN, second, sequence, timestamp, ssrc)
    fixed = _pack(PLAIN | _EXTENSION, second, sequence, timestamp, ssrc)
    return fixed + _write_extensions(tuple(extensions))


def _pack(first: int, second: int, sequence: int, timestamp: int, ssrc: int) -> bytes:
    try:
        return _FIXED.pack(first, second, sequence, timestamp, ssrc)
    except struct.error as error:
        raise ValueError(f"RTP header field beyond its range: {error}") from error


class Burst(NamedTuple):
    """Packets of a stream that leave together, in order: values of their headers, and payloads that
    many receivers share.

    `marked`: which of them has the marker, -1 for none. `sequence` and `timestamp` are those of the
    first; each is one number, and `step` ticks, later than the one before. `octets`: bytes of all
    payloads, counted by whoever made them. `extension`: the header extension (1..14) that numbers
    all packets of a path, from `number` on; 0 for none.
    """

    payload_type: int
    marked: int
    sequence: int
    timestamp: int
    ssrc: int
    step: int
    payloads: tuple[bytes, ...]
    octets: int
    extension: int = 0
    number: int = 0

    def packets(self) -> list[bytes]:
        """Each packet as it is on the wire."""
        return [
            pack_header(
                PLAIN | _EXTENSION if self.extension else PLAIN,
                self.payload_type | (_MARKER if k == self.marked else 0),
                (self.sequence + k) & 0xFFFF,
                (self.timestamp + k * self.step) & 0xFFFF_FFFF,
                self.ssrc,
            )
            + (self._numbered(k) if self.extension else b"")
            + payload
            for k, payload in enumerate(self.payloads)
        ]

    def _numbered(self, k: int) -> bytes:
        """The number of packet k on its path, in a one-byte header extension (RFC 8285 4.2)."""
        number = (self.number + k) & 0xFFFF
        return _NUMBERED.pack(ONE_BYTE_PROFILE, 1, self.extension << 4 | 1, number)


def parse(data: bytes) -> RtpPacket:
    """Read one packet; raises MalformedInput on anything that is not RTP version 2."""
    size = len(data)
    if size < HEADER_BYTES:
        raise MalformedInput("rtp", f"at least {HEADER_BYTES} bytes, not {size}")
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    if first & 0xC0 != PLAIN:
        raise MalformedInput("rtp.version", "2")
    start = HEADER_BYTES
    extensions = _NO_EXTENSIONS
    if first & 0x3F:  # padding, extension or contributing sources: the rarer ways, in one test
        start += 4 * (first & 0x0F)
        if first & _EXTENSION:
            extensions, start = _read_extension_block(data, start)
        if first & _PADDING:
            padding = data[-1]
            if not 0 < padding <= size - start:
                raise MalformedInput("rtp.padding", "a length within the packet")
            size -= padding
        if start > size:
            raise MalformedInput("rtp.csrc", "a list that ends within the packet")
    return RtpPacket(
        second & 0x7F,
        sequence,
        timestamp,
        ssrc,
        second > 0x7F,
        data[start:size],
        extensions,
    )


def _read_extension_block(data: bytes, start: int) -> tuple[Extensions, int]:
    """The extensions and where the payload begins (RFC 3550 5.3.1)."""
    body = start + 4
    if body > len(data):
        raise MalformedInput("rtp.extension", "a header of four bytes")
    profile, words = _PROFILE.unpack_from(data, start)
    end = body + 4 * words
    if end > len(data):
        raise MalformedInput("rtp.extension", "a length within the packet")
    if profile == ONE_BYTE_PROFILE:
        return _read_one_byte(data, body, end), end
    if profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _read_two_byte(data, body, end), end
    return _NO_EXTENSIONS, end  # another profile's extension: skipped, not refused


def _read_one_byte(data: bytes, at: int, end: int) -> Extensions:
    """Elements of four bits id and four bits length minus one (RFC 8285 4.2)."""
    found: Extensions = {}
    while at < end:
        lead = data[at]
        at += 1
        if lead >= 0xF0:  # id 15: the receiver stops here
            break
        if lead < 0x10:  # id 0: padding; with a length it is skipped all the same
            at += (lead & 0x0F) + 1 if lead else 0
            continue
        after = at + (lead & 0x0F) + 1
        if after > end:
            raise MalformedInput("rtp.extension", "elements that end within it")
        found[lead >> 4] = data[at:after]
        at = after
    return found


def _read_two_byte(data: bytes, at: int, end: int) -> Extensions:
    """Elements of one byte id and one byte length (RFC 8285 4.3)."""
    found: Extensions = {}
    while at < end:
        identifier = data[at]
        at += 1
        if identifier == 0:
            continue
        if at >= end:
            raise MalformedInput("rtp.extension", "a length after each id")
        after = at + 1 + data[at]
        if after > end:
            raise MalformedInput("rtp.extension", "elements that end within it")
        found[identifier] = data[at + 1 : after]
        at = after
    return found


def _write_extensions(extensions: tuple[tuple[int, bytes], ...]) -> bytes:
    """The extension block, in one-byte form where every element fits it."""
    short = all(1 <= key <= 14 and 1 <= len(value) <= 16 for key, value in extensions)
    parts: list[bytes] = []
    for key, value in extensions:
        if short:
            parts.append(bytes(((key << 4) | (len(value) - 1),)))
        elif 1 <= key <= 255 and len(value) <= 255:
            parts.append(bytes((key, len(value))))
        else:
            raise ValueError(f"RTP extension {key} with {len(value)} bytes fits no form")
        parts.append(value)
    body = b"".join(parts)
    body += bytes(-len(body) % 4)
    profile = ONE_BYTE_PROFILE if short else TWO_BYTE_PROFILE
    return _PROFILE.pack(profile, len(body) // 4) + body
