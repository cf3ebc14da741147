"""H.263: what a picture's header says (ITU-T H.263 5.1)."""

from dataclasses import dataclass

FORMATS = {1: (128, 96), 2: (176, 144), 3: (352, 288), 4: (704, 576), 5: (1408, 1152)}
"""Source formats by their code (H.263 table 5.1.3): SQCIF, QCIF, CIF, 4CIF, 16CIF."""

START_BITS = 22
START_CODE = 0b100000
PLUS, CUSTOM = 7, 6
HEADER_BYTES = 16
"""All that is read here stands in so many."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """`format` is the three bits of PTYPE; `options` its bits 10 to 13 (5.1.3): vectors beyond the
    edge, arithmetic coding, advanced prediction, PB-frames; 0 with a PLUSPTYPE. `width` and
    `height` are 0 where it relies on an earlier header."""

    intra: bool
    width: int
    height: int
    format: int
    options: int


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:HEADER_BYTES].ljust(HEADER_BYTES, b"\0"))
        self._left = 8 * HEADER_BYTES

    def take(self, count: int) -> int:
        self._left -= count
        return self._value >> self._left & (1 << count) - 1


def picture_header(data: bytes) -> PictureHeader | None:
    """The header at the start of a picture; None where there is none."""
    bits = _Bits(data)
    if len(data) < 6 or bits.take(START_BITS) != START_CODE:
        return None
    bits.take(8)  # temporal reference
    if bits.take(2) != 0b10:
        return None
    bits.take(3)  # split screen, document camera, freeze release
    source = bits.take(3)
    if source != PLUS:
        inter, options = bits.take(1), bits.take(4)
        width, height = FORMATS.get(source, (0, 0))
        return PictureHeader(not inter, width, height, source, options) if width else None
    return _plus_header(bits)


def _plus_header(bits: _Bits) -> PictureHeader:
    """PLUSPTYPE (5.1.4): the size only where UFEP is 1."""
    width = height = source = 0
    if bits.take(3) == 1:
        source = bits.take(3)
        bits.take(15)
        width, height = FORMATS.get(source, (0, 0))
    kind = bits.take(3)
    bits.take(6)
    if bits.take(1):  # CPM: a sub-bitstream indicator follows
        bits.take(2)
    if source == CUSTOM:  # CPFMT (5.1.5)
        bits.take(4)
        width, marker, height = 4 * (bits.take(9) + 1), bits.take(1), 4 * bits.take(9)
        if not marker:
            width = height = 0
    return PictureHeader(kind == 0, width, height, PLUS, 0)
