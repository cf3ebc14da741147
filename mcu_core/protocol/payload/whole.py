"""Sound frames that travel as they are, one per packet (RFC 7587 4.2, RFC 3551 4.5)."""

from collections.abc import Callable

from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.rtp import RtpPacket


def even_ticks(clock: int, bitrate_bps: int, data: bytes) -> int:
    """How long a payload of a codec of one bit rate lasts; 0 if it ends within a sample."""
    ticks, rest = divmod(8 * len(data) * clock, bitrate_bps)
    return 0 if rest else ticks


def frame_ticks(data: bytes, frame_bytes: int, frame_ticks: int) -> int:
    """How long a payload of frames of one size lasts; 0 if the last one is not whole."""
    frames, rest = divmod(len(data), frame_bytes)
    return 0 if rest else frames * frame_ticks


G723_FRAME_TICKS = 240
_G723_BYTES = (24, 20, 4, 1)
"""By the two low bits of a frame (RFC 3551 4.5.3): 6.3 kbit/s, 5.3, silence, none."""


def g723_ticks(data: bytes) -> int:
    """How long a payload of G.723.1 lasts, 30 ms for each frame; 0 if the last is not whole."""
    at = frames = 0
    while at < len(data):
        at += _G723_BYTES[data[at] & 3]
        frames += 1
    return frames * G723_FRAME_TICKS if at == len(data) else 0


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
