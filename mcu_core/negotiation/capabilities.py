"""What one side can do and where it can be reached: the input of every negotiation."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from mcu_core.contract.definition import Encryption
from mcu_core.media.codec import RTP_CODECS, Codec, Kind
from mcu_core.negotiation.h264_levels import level_for

DEFAULT_MAX_BITRATE_BPS = 8_000_000


class LargestPicture(NamedTuple):
    """Pixels, and pictures per second."""

    width: int
    height: int
    fps: int


SMALLEST = (128, 96)
LARGEST, LARGEST_CONTENT = LargestPicture(1920, 1080, 60), LargestPicture(1920, 1200, 60)
"""What is taken, of cameras and of screens; less is always sent by who obeys b= and TMMBR."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What we can send and receive.

    `codecs` in our order of preference: it decides, not the other side's, so that many sites share
    few encoders. `sendable`: those that we can encode; others are agreed on only where there is
    none of these, and then only come in. `send` and `receive`: the kinds of media that we are
    willing to. `max_bitrate_bps` bits per second of video that we take. `largest`: the largest
    pictures that we take, `largest_content` of slides. `takes_content`: whether slides may come in
    by a second video section (RFC 4796); out they may go as video does.
    `encryption`: whether packets may, must or must not be encrypted. `most_layers`: in how many
    sizes a picture may come in at once (simulcast), 0 for one alone.
    """

    codecs: tuple[Codec, ...] = RTP_CODECS
    sendable: frozenset[Codec] = frozenset(codec for codec in RTP_CODECS if codec.encoder)
    send: frozenset[Kind] = frozenset(Kind)
    receive: frozenset[Kind] = frozenset(Kind)
    max_bitrate_bps: int = DEFAULT_MAX_BITRATE_BPS
    largest: LargestPicture = LARGEST
    largest_content: LargestPicture = LARGEST_CONTENT
    takes_content: bool = True
    encryption: Encryption = Encryption.AUTOMATIC
    most_layers: int = 0

    @property
    def h264_level(self) -> int:
        """The level_idc that takes the largest picture."""
        return level_for(*self.largest)

    def for_content(self) -> "Capabilities":
        """The same for the video section of slides."""
        return replace(self, largest=self.largest_content)


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """Where we take packets: an IP address of either family and a port per kind of media.

    `rtcp_ports`: where RTCP goes without rtcp-mux; the port after RTP's where a kind has none.
    `content_port`: for the video section of slides, `camera_port`: for the line that moves cameras,
    0 where there is none. `session_id` and `version` go into the origin line: one id per session, a
    version per change. `keys`, `content_key`, `camera_key`: what the keys of our packets are cut
    from where they are encrypted, sdes.MOST_MATERIAL_BYTES of chance for each section.
    """

    host: str
    ports: dict[Kind, int] = field(default_factory=dict)
    rtcp_ports: dict[Kind, int] = field(default_factory=dict)
    session_id: int = 0
    version: int = 0
    content_port: int = 0
    camera_port: int = 0
    keys: Mapping[Kind, bytes] = field(default_factory=dict, repr=False)
    content_key: bytes = field(default=b"", repr=False)
    camera_key: bytes = field(default=b"", repr=False)

    def for_content(self) -> "LocalAddress":
        """The same for the video section of slides."""
        ports, keys = {Kind.VIDEO: self.content_port}, {Kind.VIDEO: self.content_key}
        return replace(self, ports=ports, rtcp_ports={}, keys=keys)

    def rtcp_port(self, kind: Kind) -> int:
        """The port for RTCP of that kind without rtcp-mux."""
        return self.rtcp_ports.get(kind) or self.ports[kind] + 1
