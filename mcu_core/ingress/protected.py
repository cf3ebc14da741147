"""Pictures whose packets come with repair packets (RFC 5109), bare or in RED (RFC 2198)."""

from msgspec.structs import replace

from mcu_core.errors import MalformedInput
from mcu_core.ingress.recovery import Recovery
from mcu_core.protocol import red
from mcu_core.protocol.rtp import RtpPacket

_PADDED, _MARKER = 0x20, 0x80


class ProtectedPictures:
    """Unpacks one stream. Payload types: `media` of its pictures, `repair` of what mends them,
    `wrapped` of packets that hold one of these, 0 for none.

    Repair packets are numbered with the pictures: what is left of them is a packet without payload,
    which fills its place.
    """

    def __init__(
        self, media: int, repair: int, wrapped: int, moving: frozenset[int] = frozenset()
    ) -> None:
        self.recovery = Recovery(moving)
        self.wrapped = wrapped
        self._media = media
        self._repair = repair

    def take(
        self, packet: RtpPacket, data: bytes, now_ns: int
    ) -> tuple[RtpPacket, list[RtpPacket]]:
        """The packet as one of pictures, and others that could be made now. `data`: all of it as it
        came, empty where that is not known any more."""
        kind, payload = packet.payload_type, packet.payload
        if self.wrapped and kind == self.wrapped:
            try:
                newest = red.parse(payload)[-1]
            except MalformedInput:
                self.recovery.malformed += 1
                return replace(packet, payload_type=self._media, payload=b""), []
            kind, payload = newest.payload_type, newest.payload
        if kind == self._repair:
            made = self.recovery.repair_came(payload, packet.ssrc, now_ns)
            return replace(packet, payload_type=self._media, payload=b""), self._usable(made)
        if kind != self._media:
            return replace(packet, payload_type=self._media, payload=b""), []
        if kind != packet.payload_type:
            data = self._unwrapped(packet, data, payload)
            packet = replace(packet, payload_type=kind, payload=payload)
        made = self.recovery.came(data) if data and self.recovery.runs(now_ns) else []
        return packet, self._usable(made)

    def _unwrapped(self, packet: RtpPacket, data: bytes, payload: bytes) -> bytes:
        """The whole packet as it was before it was wrapped."""
        if not data:
            return b""
        end = len(data) - (data[-1] if data[0] & _PADDED else 0)
        start = end - len(packet.payload)
        marked = _MARKER if packet.marker else 0
        return data[:1] + bytes((marked | self._media,)) + data[2:start] + payload + data[end:]

    def _usable(self, made: list[RtpPacket]) -> list[RtpPacket]:
        return [one for one in made if one.payload_type == self._media]
