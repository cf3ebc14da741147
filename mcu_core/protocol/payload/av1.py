"""AV1 over RTP (AOM's payload specification 1.0), received: pieces of OBUs to temporal units."""

from mcu_core.protocol.payload.frame import VideoAssembly

# Aggregation header (4.4).
_CONTINUES, _CONTINUED = 0x80, 0x40

# OBU header (AV1 bitstream 5.3.2).
_TYPE, _EXTENSION, _HAS_SIZE = 0x78, 0x04, 0x02
_SEQUENCE, _DELIMITER, _TILE_LIST, _PADDING = 1, 2, 8, 15
_LEFT_OUT = (_DELIMITER, _TILE_LIST, _PADDING)
DELIMITER_UNIT = bytes((_DELIMITER << 3 | _HAS_SIZE, 0))

MAX_SIZE_BYTES = 8


def leb128(data: bytes, at: int) -> tuple[int, int] | None:
    """The number at `at` and where it ends (4.10.5); None where there is none."""
    value = 0
    for turn in range(MAX_SIZE_BYTES):
        if at + turn >= len(data):
            return None
        byte = data[at + turn]
        value |= (byte & 0x7F) << 7 * turn
        if not byte & 0x80:
            return value, at + turn + 1
    return None


def to_leb128(value: int) -> bytes:
    """The shortest form of a number."""
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


class Av1Depayloader(VideoAssembly):
    """Temporal units as a decoder takes them: with a delimiter in front, each OBU with its size."""

    def __init__(self) -> None:
        super().__init__()
        self._units: list[bytes] = []
        self._piece = bytearray()
        self._in_piece = False

    def _add(self, payload: bytes) -> bool:
        elements = _elements(payload)
        if elements is None:
            self._in_piece = False
            return False
        continues, continued = payload[0] & _CONTINUES, payload[0] & _CONTINUED
        last = len(elements) - 1
        for turn, element in enumerate(elements):
            if turn == 0 and continues:
                if not self._in_piece:
                    self._broken = True  # its beginning is lost
                    continue
                self._piece += element
                if turn == last and continued:
                    continue
                element = bytes(self._piece)
            elif turn == 0 and self._in_piece:
                self._broken = True  # its end is lost
            self._in_piece = False
            if turn == last and continued:
                self._piece, self._in_piece = bytearray(element), True
            elif element:
                self._units.append(element)
        return True

    def _gap_inside(self) -> None:
        self._in_piece = False

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        if self._in_piece:
            self._broken = True
            self._in_piece = False
        units = [sized for unit in self._units if (sized := _sized(unit))]
        self._units.clear()
        keyframe = any(unit[0] & _TYPE == _SEQUENCE << 3 for unit in units)
        return (DELIMITER_UNIT + b"".join(units) if units else b""), keyframe


def _elements(payload: bytes) -> list[bytes] | None:
    """What stands in a packet; None where it is not as the aggregation header says."""
    count = payload[0] >> 4 & 3
    at, end = 1, len(payload)
    found: list[bytes] = []
    while at < end:
        if count and len(found) == count - 1:
            found.append(payload[at:])
            return found
        length = leb128(payload, at)
        if length is None or length[1] + length[0] > end:
            return None
        found.append(payload[length[1] : length[1] + length[0]])
        at = length[1] + length[0]
    return found if found and count in (0, len(found)) else None


def _sized(unit: bytes) -> bytes:
    """An OBU with its size told; empty for what no decoder needs or what is none."""
    kind = unit[0] >> 3 & 15
    head = 2 if unit[0] & _EXTENSION else 1
    if kind in _LEFT_OUT or unit[0] & 0x80 or len(unit) < head:
        return b""
    if unit[0] & _HAS_SIZE:
        return unit
    flags = bytes((unit[0] | _HAS_SIZE,)) + unit[1:head]
    return flags + to_leb128(len(unit) - head) + unit[head:]
