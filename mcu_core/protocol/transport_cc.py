"""Transport-wide congestion control: when each packet of a path arrived, told by its receiver.

draft-holmer-rmcat-transport-wide-cc-extensions-01: packets carry a number of their own in a header
extension, whatever stream they belong to; feedback names when each came.
"""

from dataclasses import dataclass
from struct import Struct

from mcu_core.errors import MalformedInput
from mcu_core.protocol.rtcp_reports import PacketType, packet

EXTENSION = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
"""Its name in SDP (RFC 8285)."""

FORMAT = 15
"""Format of packet type 205."""

MAX_PACKETS = 1024
"""Told of in one message; a second of a fast path is a thousand."""

TICK_US, REFERENCE_US = 250, 64_000
_HEAD = Struct("!IIHHI")
_CHUNK = Struct("!H")
_LARGE = Struct("!h")
_GONE, _SMALL_DELTA, _LARGE_DELTA = 0, 1, 2
_PER_CHUNK = 7
_REFERENCES = 1 << 24


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """When packets from number `first` on came, in microseconds on the receiver's clock, which
    wraps after 12 days; None for those that did not come. `number` counts such messages, 0..255.
    """

    sender_ssrc: int
    media_ssrc: int
    first: int
    number: int
    arrivals_us: tuple[int | None, ...]

    def serialize(self) -> bytes:
        """The packet as bytes. Times are cut to 250 us, and may jump by 8 s at most."""
        came = [at for at in self.arrivals_us if at is not None]
        reference = (came[0] // REFERENCE_US if came else 0) % _REFERENCES
        before = came[0] // REFERENCE_US * REFERENCE_US // TICK_US if came else 0
        symbols, deltas = [], b""
        for at in self.arrivals_us:
            if at is None:
                symbols.append(_GONE)
                continue
            delta, before = at // TICK_US - before, at // TICK_US
            small = 0 <= delta <= 255
            symbols.append(_SMALL_DELTA if small else _LARGE_DELTA)
            deltas += bytes((delta,)) if small else _LARGE.pack(delta)
        body = _HEAD.pack(
            self.sender_ssrc,
            self.media_ssrc,
            self.first,
            len(symbols),
            reference << 8 | self.number,
        )
        for at in range(0, len(symbols), _PER_CHUNK):
            word = 0b11
            for symbol in (symbols[at : at + _PER_CHUNK] + [0] * _PER_CHUNK)[:_PER_CHUNK]:
                word = word << 2 | symbol
            body += _CHUNK.pack(word)
        body += deltas
        return packet(FORMAT, PacketType.TRANSPORT_FEEDBACK, body + bytes(-len(body) % 4))

    @classmethod
    def read(cls, body: bytes) -> "TransportFeedback":
        """From what follows the packet's first word; raises MalformedInput."""
        if len(body) < _HEAD.size:
            raise MalformedInput("rtcp.transport_cc", f"at least {_HEAD.size} bytes")
        sender, media, first, count, last = _HEAD.unpack_from(body)
        if count > MAX_PACKETS:
            raise MalformedInput("rtcp.transport_cc", f"at most {MAX_PACKETS} packets")
        symbols, at = _read_symbols(body, count)
        return cls(sender, media, first, last & 0xFF, _read_times(body, at, symbols, last >> 8))


def _read_symbols(body: bytes, count: int) -> tuple[list[int], int]:
    """What is said of each packet, and where the times begin."""
    symbols: list[int] = []
    at = _HEAD.size
    while len(symbols) < count:
        if at + 2 > len(body):
            raise MalformedInput("rtcp.transport_cc", f"the states of {count} packets")
        word = _CHUNK.unpack_from(body, at)[0]
        at += 2
        if word >> 15 == 0:
            symbols += [word >> 13] * min(word & 0x1FFF, count - len(symbols))
            if not word & 0x1FFF:
                raise MalformedInput("rtcp.transport_cc", "runs of at least one packet")
        elif word >> 14 & 1:
            symbols += [word >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [word >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:count], at


def _read_times(body: bytes, at: int, symbols: list[int], reference: int) -> tuple[int | None, ...]:
    now = reference * (REFERENCE_US // TICK_US)
    times: list[int | None] = []
    for symbol in symbols:
        if symbol == _GONE:
            times.append(None)
            continue
        size = symbol if symbol in (_SMALL_DELTA, _LARGE_DELTA) else 0
        if not size or at + size > len(body):
            raise MalformedInput("rtcp.transport_cc", "a time for each packet that came")
        now += body[at] if size == 1 else _LARGE.unpack_from(body, at)[0]
        at += size
        times.append(now * TICK_US)
    return tuple(times)
