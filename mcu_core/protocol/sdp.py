"""Session descriptions (RFC 8866): text to values and back, attributes kept in their order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mcu_core.errors import MalformedInput

MAX_CHARACTERS = 65_536
MAX_MEDIA = 64

Attribute = tuple[str, str | None]
"""Name and value of an ``a=`` line; None where it has no colon."""


class Direction(StrEnum):
    """Which way the author of a description means the media to go (RFC 8866 6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, send: bool, receive: bool) -> "Direction":
        """From what its author does."""
        return _DIRECTIONS[send, receive]

    @property
    def sends(self) -> bool:
        """Whether the author sends."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """Whether the author receives."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)


_DIRECTIONS = {
    (True, True): Direction.SENDRECV,
    (True, False): Direction.SENDONLY,
    (False, True): Direction.RECVONLY,
    (False, False): Direction.INACTIVE,
}
_DIRECTION_NAMES = {direction.value: direction for direction in Direction}


@dataclass(frozen=True, slots=True)
class Connection:
    """A ``c=`` line without multicast parts: `address` is an IP address or a host name."""

    address: str
    ip6: bool = False

    @classmethod
    def to(cls, host: str) -> "Connection":
        """For an address of either family."""
        return cls(host, ":" in host)

    @property
    def held(self) -> bool:
        """The all-zero address, an old way to say that nothing shall be sent (RFC 3264 8.4)."""
        return self.address in ("0.0.0.0", "::")

    def serialize(self) -> str:
        """``IN IP4 192.0.2.1``."""
        return f"IN {'IP6' if self.ip6 else 'IP4'} {self.address}"


@dataclass(frozen=True, slots=True)
class Rtpmap:
    """An ``a=rtpmap`` line: encoding name as written, clock in Hz, channels (1 if not said)."""

    name: str
    clock: int
    channels: int = 1

    def serialize(self) -> str:
        """``opus/48000/2``."""
        tail = f"/{self.channels}" if self.channels != 1 else ""
        return f"{self.name}/{self.clock}{tail}"


@dataclass(frozen=True, slots=True)
class Origin:
    """The ``o=`` line: who made the description, and how often it was changed."""

    username: str = "-"
    session_id: str = "0"
    version: str = "0"
    connection: Connection = Connection("127.0.0.1")

    def serialize(self) -> str:
        """``- 1 1 IN IP4 192.0.2.1``."""
        return f"{self.username} {self.session_id} {self.version} {self.connection.serialize()}"


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One ``m=`` section.

    `kind` audio, video or other; `port` 0..65535, 0: not wanted; `proto` as written; `formats`
    payload types as text; `bandwidth` pairs of type and number (AS: kbit/s, TIAS: bit/s).
    """

    kind: str
    port: int
    proto: str
    formats: tuple[str, ...]
    connection: Connection | None = None
    bandwidth: tuple[tuple[str, int], ...] = ()
    attributes: tuple[Attribute, ...] = ()

    def values(self, name: str) -> Iterator[str]:
        """The values of all attributes of that name, in order."""
        return (value or "" for key, value in self.attributes if key == name)

    def has(self, name: str) -> bool:
        """Whether an attribute of that name stands here."""
        return any(key == name for key, _ in self.attributes)

    @property
    def direction(self) -> Direction | None:
        """The direction that this section states itself; None where it says nothing."""
        return _direction(self.attributes)

    @property
    def rtpmaps(self) -> dict[int, Rtpmap]:
        """Payload type to encoding; static types often have none."""
        return dict(_read_rtpmap(value) for value in self.values("rtpmap"))

    def fmtp(self, payload_type: int) -> dict[str, str]:
        """Format parameters of a payload type, names in lower case; empty where there are none."""
        return _read_parameters(_of_format(self.values("fmtp"), str(payload_type)))

    def rtcp_fb(self, payload_type: int) -> tuple[str, ...]:
        """Feedback that may be sent for a payload type, as ``nack pli`` (RFC 4585 4.2)."""
        found: list[str] = []
        for value in self.values("rtcp-fb"):
            target, _, feedback = value.partition(" ")
            if target in ("*", str(payload_type)):
                found.append(feedback.strip())
        return tuple(found)

    @property
    def rtcp(self) -> tuple[int, Connection | None]:
        """Port of RTCP and its address where it is another one (RFC 3605); else the next port."""
        for value in self.values("rtcp"):
            return _read_rtcp(value)
        return self.port + 1 if self.port else 0, None

    def lines(self) -> Iterator[str]:
        """The section's lines."""
        yield f"m={self.kind} {self.port} {self.proto} {' '.join(self.formats)}"
        yield from _common_lines(self.connection, self.bandwidth, self.attributes)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description; `media` in the order of its m-lines."""

    media: tuple[MediaDescription, ...] = ()
    origin: Origin = Origin()
    name: str = "-"
    connection: Connection | None = None
    bandwidth: tuple[tuple[str, int], ...] = ()
    attributes: tuple[Attribute, ...] = ()

    def connection_of(self, media: MediaDescription) -> Connection | None:
        """The section's own address, else the session's."""
        return media.connection or self.connection

    def direction_of(self, media: MediaDescription) -> Direction:
        """The section's own direction, else the session's, else sendrecv (RFC 8866 6.7)."""
        return media.direction or _direction(self.attributes) or Direction.SENDRECV

    def bandwidth_of(self, media: MediaDescription) -> dict[str, int]:
        """The section's own limits by type, else the session's."""
        return dict(media.bandwidth or self.bandwidth)

    def serialize(self) -> str:
        """The description as text, lines ending in CRLF; the time is unbounded."""
        lines = ["v=0", f"o={self.origin.serialize()}", f"s={self.name}"]
        common = list(_common_lines(self.connection, self.bandwidth, self.attributes))
        before = [line for line in common if not line.startswith("a=")]
        lines += [*before, "t=0 0", *common[len(before) :]]
        for media in self.media:
            lines += media.lines()
        return "\r\n".join(lines) + "\r\n"


def parse(text: str) -> SessionDescription:
    """Read a description; raises MalformedInput.

    Lines may end in LF or CRLF. What stands in unknown line types is passed over. Several
    descriptions one after the other, as FFmpeg writes them one per stream, become one: the
    sections of the later ones take their session's address, limits and direction with them.
    """
    if len(text) > MAX_CHARACTERS:
        raise MalformedInput("sdp", f"at most {MAX_CHARACTERS} characters")
    sessions = [_read_session(lines) for lines in _split_sessions(text)]
    if not sessions:
        raise MalformedInput("sdp", "a line v=0 first")
    first, *further = sessions
    media = list(first.media)
    for session in further:
        media += (_carry_session(session, section) for section in session.media)
    if len(media) > MAX_MEDIA:
        raise MalformedInput("sdp.media", f"at most {MAX_MEDIA} media sections")
    return replace(first, media=tuple(media))


Line = tuple[str, str]


def _split_sessions(text: str) -> list[list[Line]]:
    """The (type, value) lines of each description in the text."""
    sessions: list[list[Line]] = []
    for raw in text.split("\n"):
        line = raw.rstrip("\r")
        if not line.strip():
            continue
        kind, equals, value = line.partition("=")
        if len(kind) != 1 or not equals:
            raise MalformedInput("sdp", "lines of the form <letter>=<value>")
        if kind == "v":
            if value.strip() != "0":
                raise MalformedInput("sdp.v", "0")
            sessions.append([])
        elif not sessions:
            raise MalformedInput("sdp", "a line v=0 first")
        else:
            sessions[-1].append((kind, value))
    return sessions


def _read_session(lines: list[Line]) -> SessionDescription:
    starts = [index for index, (kind, _) in enumerate(lines) if kind == "m"]
    head = lines[: starts[0]] if starts else lines
    ends = [*starts[1:], len(lines)]
    single = dict(reversed(head))  # the first of each type counts
    connection, bandwidth, attributes = _read_common(head)
    return SessionDescription(
        media=tuple(
            _read_media(lines[start:end]) for start, end in zip(starts, ends, strict=False)
        ),
        origin=_read_origin(single["o"]) if "o" in single else Origin(),
        name=single.get("s", "-") or "-",
        connection=connection,
        bandwidth=bandwidth,
        attributes=attributes,
    )


def _read_media(lines: list[Line]) -> MediaDescription:
    words = lines[0][1].split()
    if len(words) < 4:
        raise MalformedInput("sdp.m", "<media> <port> <proto> <format>...")
    kind, port, proto, *formats = words
    connection, bandwidth, attributes = _read_common(lines[1:])
    media = MediaDescription(
        kind=kind,
        port=_number(port.partition("/")[0], "sdp.m", 65_535),
        proto=proto,
        formats=tuple(formats),
        connection=connection,
        bandwidth=bandwidth,
        attributes=attributes,
    )
    # Read once here, so that nobody who asks later meets a malformed line.
    _ = media.rtpmaps, media.rtcp
    return media


def _read_common(
    lines: list[Line],
) -> tuple[Connection | None, tuple[tuple[str, int], ...], tuple[Attribute, ...]]:
    """What session and sections both have: the first address, limits, attributes."""
    connection: Connection | None = None
    bandwidth: list[tuple[str, int]] = []
    attributes: list[Attribute] = []
    for kind, value in lines:
        if kind == "a":
            name, colon, rest = value.partition(":")
            attributes.append((name.strip(), rest.strip() if colon else None))
        elif kind == "b":
            name, _, number = value.partition(":")
            bandwidth.append((name.strip(), _number(number, "sdp.b", 1 << 62)))
        elif kind == "c" and connection is None:
            connection = _read_connection(value.split(), "sdp.c")
    return connection, tuple(bandwidth), tuple(attributes)


def _common_lines(
    connection: Connection | None,
    bandwidth: tuple[tuple[str, int], ...],
    attributes: tuple[Attribute, ...],
) -> Iterator[str]:
    if connection is not None:
        yield f"c={connection.serialize()}"
    for name, number in bandwidth:
        yield f"b={name}:{number}"
    for name, value in attributes:
        yield f"a={name}" if value is None else f"a={name}:{value}"


def _carry_session(session: SessionDescription, media: MediaDescription) -> MediaDescription:
    """The section with what its session said for it written out."""
    attributes = media.attributes
    if media.direction is None and (inherited := _direction(session.attributes)) is not None:
        attributes += ((inherited.value, None),)
    return replace(
        media,
        connection=session.connection_of(media),
        bandwidth=media.bandwidth or session.bandwidth,
        attributes=attributes,
    )


def _direction(attributes: tuple[Attribute, ...]) -> Direction | None:
    for name, _ in attributes:
        if name in _DIRECTION_NAMES:
            return _DIRECTION_NAMES[name]
    return None


def _read_origin(value: str) -> Origin:
    words = value.split()
    if len(words) != 6:
        raise MalformedInput("sdp.o", "six words")
    return Origin(words[0], words[1], words[2], _read_connection(words[3:], "sdp.o"))


def _read_connection(words: list[str], field: str) -> Connection:
    if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
        raise MalformedInput(field, "IN IP4 or IN IP6 and an address")
    address = words[2].partition("/")[0]
    if not address:
        raise MalformedInput(field, "an address")
    return Connection(address, words[1] == "IP6")


def _read_rtpmap(value: str) -> tuple[int, Rtpmap]:
    payload_type, _, encoding = value.partition(" ")
    name, _, rest = encoding.strip().partition("/")
    clock, _, channels = rest.partition("/")
    if not name:
        raise MalformedInput("sdp.a.rtpmap", "<payload type> <name>/<clock>")
    return _number(payload_type, "sdp.a.rtpmap", 127), Rtpmap(
        name,
        _number(clock, "sdp.a.rtpmap", 1 << 31),
        _number(channels, "sdp.a.rtpmap", 255) if channels else 1,
    )


def _read_rtcp(value: str) -> tuple[int, Connection | None]:
    words = value.split()
    if not words:
        raise MalformedInput("sdp.a.rtcp", "a port")
    port = _number(words[0], "sdp.a.rtcp", 65_535)
    return port, _read_connection(words[1:], "sdp.a.rtcp") if len(words) > 1 else None


def _of_format(values: Iterator[str], payload_type: str) -> str:
    for value in values:
        target, _, rest = value.partition(" ")
        if target == payload_type:
            return rest
    return ""


def _read_parameters(text: str) -> dict[str, str]:
    """``a=1; b`` to names and values; a name alone has the value ""."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name.strip():
            found[name.strip().lower()] = value.strip()
    return found


def _number(text: str, field: str, limit: int) -> int:
    digits = text.strip()
    # isdigit() alone lets other scripts' digits through; int() alone lets signs and "_" through.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 20 or int(digits) > limit:
        raise MalformedInput(field, f"a number 0..{limit}")
    return int(digits)
