"""VP8 over RTP (RFC 7741): a descriptor of one to six bytes, then a piece of the frame."""

from mcu_core.protocol.payload.frame import VideoAssembly

# First descriptor byte (RFC 7741 4.2).
_EXTENDED = 0x80
_START = 0x10
_PARTITION = 0x07

# Second descriptor byte, only where _EXTENDED is set.
_PICTURE_ID = 0x80
_LEVEL_INDEX = 0x40
_LAYER_OR_KEY = 0x30

_LONG_PICTURE_ID = 0x80
_INTER_FRAME = 0x01
_KEYFRAME_HEADER_BYTES = 10
"""Frame tag, start code and size: less is no keyframe (RFC 6386 9.1)."""

_FIRST = bytes((_START,))
_FURTHER = bytes(1)


def descriptor_bytes(payload: bytes) -> int:
    """Length of the descriptor at the payload's start, 1..6; 0 if the payload ends within it."""
    size = 1
    if payload[0] & _EXTENDED:
        if len(payload) < 2:
            return 0
        flags = payload[1]
        size = 2
        if flags & _PICTURE_ID:
            if len(payload) < 3:
                return 0
            size += 2 if payload[2] & _LONG_PICTURE_ID else 1
        size += bool(flags & _LEVEL_INDEX) + bool(flags & _LAYER_OR_KEY)
    return size if size < len(payload) else 0


class Vp8Depayloader(VideoAssembly):
    """Frames from packets. What comes after a gap inside a frame is thrown away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._headless = False

    def _add(self, payload: bytes) -> bool:
        start = descriptor_bytes(payload)
        if not start:
            return False
        if not self._pieces and payload[0] & (_START | _PARTITION) != _START:
            self._headless = True
        if self._headless:
            self._broken = True
        else:
            self._pieces.append(payload[start:])
        return True

    def _gap_inside(self) -> None:
        # The frame can be decoded up to the gap; its later pieces would stand in the wrong place.
        self._headless = True

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._headless = False
        keyframe = len(data) >= _KEYFRAME_HEADER_BYTES and not data[0] & _INTER_FRAME
        return data, keyframe


class Vp8Payloader:
    """Pieces of equal length, each with the shortest descriptor.

    There is no picture id: it would have to run on when a receiver is moved to another encoder.
    """

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 2:
            raise ValueError(f"{max_bytes} bytes leave no room for a VP8 frame")
        self._room = max_bytes - 1

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one frame in order; none for an empty frame."""
        if not data:
            return ()
        count = -(-len(data) // self._room)
        step = -(-len(data) // count)
        pieces = [_FURTHER + data[at : at + step] for at in range(step, len(data), step)]
        return (_FIRST + data[:step], *pieces)
