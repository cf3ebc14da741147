"""H.263 over RTP as of 1998 (RFC 4629): two bytes of header, then a piece of the picture."""

from mcu_core.protocol.h263 import picture_header
from mcu_core.protocol.payload.frame import VideoAssembly

# First header byte (RFC 4629 5.1): five bits reserved, P, V, and the high bit of PLEN.
_START = 0x04
_REDUNDANT_BYTE = 0x02
_HEADER_BYTES = 2
_ELIDED = b"\0\0"
"""The two zero bytes that every start code begins with; P says that they are left out."""

_FIRST = bytes((_START, 0))
_FURTHER = bytes(2)


class H263PlusDepayloader(VideoAssembly):
    """Pictures from packets. What comes after a gap inside a picture is thrown away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._headless = False

    def _add(self, payload: bytes) -> bool:
        if len(payload) <= _HEADER_BYTES:
            return False
        extra = (payload[0] & 1) << 5 | payload[1] >> 3  # PLEN: a repeated picture header
        start = _HEADER_BYTES + bool(payload[0] & _REDUNDANT_BYTE) + extra
        if start >= len(payload):
            return False
        begins = bool(payload[0] & _START)
        if not self._pieces and not begins:
            self._headless = True
        if self._headless:
            self._broken = True
            return True
        if begins:
            self._pieces.append(_ELIDED)
        self._pieces.append(payload[start:])
        return True

    def _gap_inside(self) -> None:
        self._headless = True

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._headless = False
        header = picture_header(data)
        return (data, header.intra) if header is not None else (b"", False)


class H263PlusPayloader:
    """Pieces of equal length; the first one's start code loses its zeros."""

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 16:
            raise ValueError(f"{max_bytes} bytes are too few for H.263 payloads")
        self._room = max_bytes - _HEADER_BYTES

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one picture in order; none if it does not begin with a start code."""
        if picture_header(data) is None:
            return ()
        body = data[len(_ELIDED) :]
        step = -(-len(body) // -(-len(body) // self._room))
        pieces = [_FURTHER + body[at : at + step] for at in range(step, len(body), step)]
        return (_FIRST + body[:step], *pieces)
