"""Sound frames that travel as they are, one per packet (RFC 7587 4.2, RFC 3551 4.5)."""

from collections.abc import Callable

from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.rtp import RtpPacket


def even_ticks(clock: int, bitrate_bps: int, data: bytes) -> int:
    """How long a payload of a codec of one bit rate lasts; 0 if it ends within a sample."""
    ticks, rest = divmod(8 * len(data) * clock, bitrate_bps)
    return 0 if rest else ticks


class WholePayloader:
    """One frame, one payload: a sound frame is never split over packets."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The frame itself; nothing for an empty one, which DTX may leave unsent."""
        return (data,) if data else ()


class WholeDepayloader:
    """Each packet is a frame; a loss is seen from the timestamps and breaks none.

    `ticks` tells how long a payload sounds on its RTP clock; 0 if it is none of this codec.
    """

    def __init__(self, ticks: Callable[[bytes], int]) -> None:
        self.malformed = 0
        self._ticks = ticks

    def push(self, packet: RtpPacket, lost_before: bool) -> list[Frame]:
        """The packet's frame; nothing for an empty packet or one that cannot be read."""
        payload = packet.payload
        if not payload:
            return []
        ticks = self._ticks(payload)
        if not ticks:
            self.malformed += 1
            return []
        return [Frame(payload, packet.timestamp, keyframe=True, duration=ticks)]
