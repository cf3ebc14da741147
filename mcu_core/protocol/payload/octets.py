"""G.711 and G.722: one octet per tick of the 8 kHz RTP clock (RFC 3551 4.5.2, 4.5.14).

G.722 samples at 16 kHz and codes two samples per octet, so its octets and its RTP clock, which by
an old mistake runs at 8 kHz, go together as those of G.711 do.
"""

from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.rtp import RtpPacket


class OctetDepayloader:
    """Each packet is a frame, of any length; a loss is seen from the timestamps and breaks none."""

    def __init__(self) -> None:
        self.malformed = 0

    def push(self, packet: RtpPacket, lost_before: bool) -> list[Frame]:
        """The packet's frame; nothing for an empty packet."""
        payload = packet.payload
        if not payload:
            return []
        return [Frame(payload, packet.timestamp, keyframe=True, duration=len(payload))]
