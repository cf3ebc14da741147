"""H.263 over RTP as of 1996 (RFC 2190): headers of 4, 8 or 12 bytes, pieces cut at any bit."""

from itertools import pairwise

from mcu_core.protocol.h263 import picture_header
from mcu_core.protocol.payload.bits import BitPieces
from mcu_core.protocol.payload.frame import VideoAssembly

# First header byte (RFC 2190 5.1 to 5.3): F, P, SBIT, EBIT.
_NOT_MODE_A = 0x80
_PB_FRAMES = 0x40
_MODE_A_BYTES, _MODE_B_BYTES, _MODE_C_BYTES = 4, 8, 12

_INTER = 0x10
"""In the second byte of mode A, below the three bits of the source format."""


class H263Depayloader(VideoAssembly):
    """Pictures from packets of all three modes; after a gap inside a picture the rest is lost."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = BitPieces()
        self._headless = False

    def _add(self, payload: bytes) -> bool:
        first = payload[0]
        size = _MODE_A_BYTES
        if first & _NOT_MODE_A:
            size = _MODE_C_BYTES if first & _PB_FRAMES else _MODE_B_BYTES
        if len(payload) <= size:
            return False
        if self._headless:
            self._broken = True
        elif not self._pieces.add(payload[size:], first >> 3 & 7, first & 7):
            self._headless = self._broken = True
        return True

    def _gap_inside(self) -> None:
        self._headless = True

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        data = self._pieces.take()
        self._headless = False
        header = picture_header(data)
        return (data, header.intra) if header is not None else (b"", False)


class H263Payloader:
    """Whole groups of blocks, as many as fit, each with a header of mode A (RFC 2190 5.1).

    A group that is larger than a packet stays whole: IP cuts it. Our encoder begins each group
    with a start code on a byte boundary, and one of CIF is seldom so large.
    """

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 16:
            raise ValueError(f"{max_bytes} bytes are too few for H.263 payloads")
        self._room = max_bytes - _MODE_A_BYTES

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one picture in order; none if it does not begin with a start code."""
        header = picture_header(data)
        if header is None:
            return ()
        coding = (0 if header.intra else _INTER) | header.options & 0x0E
        head = bytes((0, header.format << 5 | coding, 0, 0))
        starts = [*_group_starts(data), len(data)]
        payloads: list[bytes] = []
        begin = 0
        for group, following in pairwise(starts):
            if following - begin > self._room and group > begin:
                payloads.append(head + data[begin:group])
                begin = group
        payloads.append(head + data[begin:])
        return tuple(payloads)


def _group_starts(data: bytes) -> list[int]:
    """Where the picture and its groups begin: 16 zero bits and a one (H.263 5.1.1, 5.2.2)."""
    found: list[int] = []
    at = data.find(b"\0\0")
    while 0 <= at < len(data) - 2:
        if data[at + 2] & 0x80:
            found.append(at)
            at = data.find(b"\0\0", at + 3)
        else:
            at = data.find(b"\0\0", at + 1)
    return found
