"""VP9 over RTP (RFC 9628), received: a descriptor, then a piece of the frame."""

from mcu_core.protocol.payload.frame import VideoAssembly
from mcu_core.protocol.sizes import vp9_size

# First descriptor byte (RFC 9628 4.2).
_PICTURE_ID, _PREDICTED, _LAYERS, _FLEXIBLE = 0x80, 0x40, 0x20, 0x10
_BEGIN, _STRUCTURE = 0x08, 0x02

_SIZES, _PICTURES = 0x10, 0x08
_LONG = 0x80
_MORE = 0x01
MAX_REFERENCES = 3


def _descriptor(payload: bytes) -> tuple[int, int] | None:
    """Length of the descriptor and the spatial layer; None where the payload ends within it."""
    flags, at, layer = payload[0], 1, 0
    try:
        if flags & _PICTURE_ID:
            at += 2 if payload[at] & _LONG else 1
        if flags & _LAYERS:
            layer = payload[at] >> 1 & 7
            at += 1 if flags & _FLEXIBLE else 2
        if flags & _FLEXIBLE and flags & _PREDICTED:
            at = _after_references(payload, at)
        if flags & _STRUCTURE:
            at = _after_structure(payload, at)
    except IndexError:
        return None
    return (at, layer) if at < len(payload) else None


def _after_references(payload: bytes, at: int) -> int:
    for _ in range(MAX_REFERENCES):
        at += 1
        if not payload[at - 1] & _MORE:
            break
    return at


def _after_structure(payload: bytes, at: int) -> int:
    """Where the scalability structure (RFC 9628 4.2.1) that begins at `at` ends."""
    head = payload[at]
    at += 1
    if head & _SIZES:  # one for each spatial layer
        at += 4 * ((head >> 5) + 1)
    if head & _PICTURES:
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            at += 1 + (payload[at] >> 2 & 3)
    return at


class Vp9Depayloader(VideoAssembly):
    """Frames from packets, of the lowest spatial layer. After a gap the rest is thrown away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._headless = False

    def _add(self, payload: bytes) -> bool:
        found = _descriptor(payload)
        if found is None:
            return False
        start, layer = found
        if layer:
            return True
        if not self._pieces and not payload[0] & _BEGIN:
            self._headless = True
        if self._headless:
            self._broken = True
        else:
            self._pieces.append(payload[start:])
        return True

    def _gap_inside(self) -> None:
        self._headless = True

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._headless = False
        return data, vp9_size(data) is not None
