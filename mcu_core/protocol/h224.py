"""H.224 frames in RTP packets (RFC 4573, H.323 Annex Q), and how clients make themselves known.

One packet has one frame, without the flags, stuffed bits and check sequence of HDLC, which the
network takes the place of (H.224 as Annex Q has it). A frame belongs to a client: the management,
by which each side tells which others it has (H.224 9), or one of these, as the camera's (H.281).
"""

from dataclasses import dataclass
from struct import Struct

from mcu_core.errors import MalformedInput

ENCODING, CLOCK = "h224", 4800
"""Of its rtpmap line; Hz (RFC 4573 5)."""

MANAGEMENT, CAMERA = b"\x00", b"\x01"
"""Clients by their octets; others have two (7E, number) or six (7F, country, maker, number)."""

MOST_DATA = 254
"""Octets of a client in one frame."""

EVERYBODY = 0
"""A terminal address: whoever is at the other end."""

_HEAD = Struct("!BBBHH")
_HIGH, _LOW, _UNNUMBERED = 0x71, 0x61, 0x03
_LONGER = {0x7E: 2, 0x7F: 6}
_ID = 0x7F
_MORE = 0x80
_LAST, _FIRST = 0x80, 0x40
_LIST, _CAPABILITIES = 1, 2
_TELLS, _ASKS = 0x00, 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `data` of `client` is whole where it is both `first` and `last` of its segments.

    `urgent`: of the high priority, as all about cameras is. Addresses are 0..65535.
    """

    client: bytes
    data: bytes
    urgent: bool = True
    first: bool = True
    last: bool = True
    destination: int = EVERYBODY
    source: int = EVERYBODY

    def serialize(self) -> bytes:
        """The payload of an RTP packet."""
        if len(self.data) > MOST_DATA:
            raise ValueError(f"{len(self.data)} octets in an H.224 frame, at most {MOST_DATA}")
        priority = _HIGH if self.urgent else _LOW
        head = _HEAD.pack(0, priority, _UNNUMBERED, self.destination, self.source)
        segment = (_LAST if self.last else 0) | (_FIRST if self.first else 0)
        return head + self.client + bytes([segment]) + self.data


def read(payload: bytes) -> Frame:
    """The frame of an RTP packet; raises MalformedInput."""
    if len(payload) < _HEAD.size + 2:
        raise MalformedInput("h224", f"at least {_HEAD.size + 2} octets")
    zero, priority, control, destination, source = _HEAD.unpack_from(payload)
    if zero or priority not in (_HIGH, _LOW) or control != _UNNUMBERED:
        raise MalformedInput("h224", "the address and control octets of H.224 6.3")
    client, at = _client_at(payload, _HEAD.size)
    if at >= len(payload):
        raise MalformedInput("h224", "an octet of its segment")
    data = payload[at + 1 :]
    if len(data) > MOST_DATA:
        raise MalformedInput("h224", f"at most {MOST_DATA} octets of a client")
    first, last = bool(payload[at] & _FIRST), bool(payload[at] & _LAST)
    return Frame(client, data, priority == _HIGH, first, last, destination, source)


def _client_at(data: bytes, at: int) -> tuple[bytes, int]:
    """The client that is named there, without its mark, and where it ends."""
    number = data[at] & _ID
    end = at + _LONGER.get(number, 1)
    if end > len(data):
        raise MalformedInput("h224", "a whole client id")
    return bytes([number]) + data[at + 1 : end], end


# ------------------------------------------------------------------------------------- management


@dataclass(frozen=True, slots=True)
class ClientList:
    """Which clients its sender has; True for those that have more to tell of themselves."""

    clients: tuple[tuple[bytes, bool], ...]

    def serialize(self) -> bytes:
        """The data of a management frame."""
        named = b"".join(_marked(client, more) for client, more in self.clients)
        return bytes([_LIST, _TELLS, len(self.clients)]) + named


@dataclass(frozen=True, slots=True)
class ClientListWanted:
    """The other side is to tell its clients."""

    def serialize(self) -> bytes:
        """The data of a management frame."""
        return bytes([_LIST, _ASKS])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client tells of itself, in its own words."""

    client: bytes
    data: bytes

    def serialize(self) -> bytes:
        """The data of a management frame."""
        return bytes([_CAPABILITIES, _TELLS]) + _marked(self.client, True) + self.data


@dataclass(frozen=True, slots=True)
class CapabilitiesWanted:
    """A client of the other side is to tell of itself."""

    client: bytes

    def serialize(self) -> bytes:
        """The data of a management frame."""
        return bytes([_CAPABILITIES, _ASKS]) + _marked(self.client, True)


Management = ClientList | ClientListWanted | Capabilities | CapabilitiesWanted


def managed(message: Management) -> Frame:
    """The frame of a message."""
    return Frame(MANAGEMENT, message.serialize())


def read_management(data: bytes) -> Management | None:
    """The data of a management frame; None for what is not known. Raises MalformedInput."""
    if len(data) < 2:
        raise MalformedInput("h224.management", "at least two octets")
    match data[0], data[1]:
        case (1, 0):
            return _read_list(data)
        case (1, 0xFF):
            return ClientListWanted()
        case (2, 0 | 0xFF) if len(data) == 2:
            raise MalformedInput("h224.management", "a client")
        case (2, 0):
            client, end = _client_at(data, 2)
            return Capabilities(client, data[end:])
        case (2, 0xFF):
            return CapabilitiesWanted(_client_at(data, 2)[0])
        case _:
            return None


def _read_list(data: bytes) -> ClientList:
    if len(data) < 3:
        raise MalformedInput("h224.management", "a number of clients")
    found, at = [], 3
    for _ in range(data[2]):
        if at >= len(data):
            raise MalformedInput("h224.management", f"{data[2]} clients")
        more = bool(data[at] & _MORE)
        client, at = _client_at(data, at)
        found.append((client, more))
    return ClientList(tuple(found))


def _marked(client: bytes, more: bool) -> bytes:
    return bytes([client[0] | (_MORE if more else 0)]) + client[1:]
