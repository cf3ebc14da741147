"""Frames put together from packets: what all payload formats have in common."""

from typing import ClassVar

import msgspec

from mcu_core.protocol.rtp import RtpPacket

MAX_FRAME_BYTES = 8 * 1024 * 1024
"""More than any keyframe; a sender that never ends its frame fills no more memory than this."""

PIECE_BYTES = 64
"""What a piece costs beside its bytes: else millions of tiny ones cost twenty times as much."""


class Frame(msgspec.Struct, frozen=True):
    """One coded picture or sound frame.

    `data`: H.264 as Annex B with start codes, all others as the codec's own frame. `rtp_timestamp`
    0..2**32-1. `keyframe`: decodable on its own. `broken`: packets of it are missing, or a frame
    that it may refer to is; told once per loss, and never of a whole keyframe. `duration`: ticks of
    the RTP clock for sound, 0 for pictures.
    """

    data: bytes
    rtp_timestamp: int
    keyframe: bool
    broken: bool = False
    duration: int = 0


class VideoAssembly:
    """Collects the packets of one picture: the common half of the video depayloaders.

    A picture ends at the marker bit, so it comes out without waiting for the next one; senders
    without markers end it by changing the timestamp. A payload that cannot be read counts as a
    lost packet, is counted in `malformed`, and never raises.

    A format says what a payload adds (`_add`), what a gap spoils (`_gap_inside`), and what the
    picture is (`_take`).
    """

    codec_name: ClassVar[str] = ""

    def __init__(self) -> None:
        self.malformed = 0
        self._timestamp = 0
        self._open = False
        self._size = 0
        self._broken = False
        self._reference_lost = False

    @property
    def idle(self) -> bool:
        """Whether it is between two pictures, and the next one will be told whole if it is."""
        return not self._open and not self._reference_lost

    def push(self, packet: RtpPacket, lost_before: bool) -> list[Frame]:
        """Take the next packet in order; the frames that are now known to be over, mostly 0 or 1.

        `lost_before`: packets between the one before and this one will not come any more.
        """
        payload = packet.payload
        if not payload:  # a probe or keep-alive of padding only
            self._reference_lost |= lost_before
            return []
        frames: list[Frame] = []
        if self._open and packet.timestamp != self._timestamp:
            self._broken |= lost_before
            lost_before = False
            self._finish(frames)
        if lost_before:
            self._note_gap()
        if not self._open:
            self._open = True
            self._timestamp = packet.timestamp
        self._size += len(payload) + PIECE_BYTES
        if self._size > MAX_FRAME_BYTES or not self._add(payload):
            self.malformed += 1
            self._broken = True
            self._gap_inside()
        if packet.marker:
            self._finish(frames)
        return frames

    def _note_gap(self) -> None:
        if self._open:
            self._broken = True
            self._gap_inside()
        else:
            self._reference_lost = True

    def _finish(self, frames: list[Frame]) -> None:
        data, keyframe = self._take(self._reference_lost)
        self._open = False
        self._size = 0
        broken = self._broken
        self._broken = False
        if not data:
            self._reference_lost |= broken
            return
        broken |= self._reference_lost and not keyframe
        self._reference_lost = False
        frames.append(Frame(data, self._timestamp, keyframe, broken))

    def _add(self, payload: bytes) -> bool:
        """Take a payload that is not empty; False if it cannot be read."""
        raise NotImplementedError

    def _gap_inside(self) -> None:
        """Packets of this picture are missing before the next payload."""
        raise NotImplementedError

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        """The picture's data and whether it is a keyframe; the next payload begins another.

        Empty data: nothing that a decoder could use. `gap_before`: its head may be missing.
        """
        raise NotImplementedError
