"""H.261 over RTP (RFC 4587): four bytes of header, pieces cut at any bit."""

from itertools import pairwise

from mcu_core.protocol.h261 import picture_facts
from mcu_core.protocol.payload.bits import BitPieces
from mcu_core.protocol.payload.frame import VideoAssembly

_HEADER_BYTES = 4
_VECTORS = 0x01
"""V: motion vectors may be used. All else is 0 where a group begins (RFC 4587 4.1)."""


class H261Depayloader(VideoAssembly):
    """Pictures from packets; after a gap inside a picture the rest of it is lost."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = BitPieces()
        self._headless = False

    def _add(self, payload: bytes) -> bool:
        if len(payload) <= _HEADER_BYTES:
            return False
        first = payload[0]
        if self._headless:
            self._broken = True
        elif not self._pieces.add(payload[_HEADER_BYTES:], first >> 5, first >> 2 & 7):
            self._headless = self._broken = True
        return True

    def _gap_inside(self) -> None:
        self._headless = True

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        data = self._pieces.take()
        self._headless = False
        facts = picture_facts(data)
        return (data, facts.intra) if facts is not None else (b"", False)


class H261Payloader:
    """Whole groups of blocks, as many as fit. One larger than a packet stays whole: IP cuts it."""

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 16:
            raise ValueError(f"{max_bytes} bytes are too few for H.261 payloads")
        self._room = 8 * (max_bytes - _HEADER_BYTES - 1)

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one picture in order; none if it does not begin with a start code."""
        facts = picture_facts(data)
        if facts is None:
            return ()
        cuts = [0]
        for group, following in pairwise([*facts.groups, 8 * len(data)]):
            first_or_cut = group in (facts.groups[0], cuts[-1])
            if following - cuts[-1] > self._room and not first_or_cut:
                cuts.append(group)
        return tuple(_piece(data, begin, end) for begin, end in pairwise([*cuts, 8 * len(data)]))


def _piece(data: bytes, begin: int, end: int) -> bytes:
    head = bytes((begin % 8 << 5 | -end % 8 << 2 | _VECTORS, 0, 0, 0))
    return head + data[begin // 8 : -(-end // 8)]
