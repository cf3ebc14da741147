"""The size of pictures of VP9, H.265 and AV1, read out of keyframes without decoding them."""

from mcu_core.errors import MalformedInput
from mcu_core.protocol.h264 import BitReader, nal_units

Size = tuple[int, int]

_VP9_SYNC = b"\x49\x83\x42"
_H265_SPS = 33
_H265_HEAD_BYTES = 2
_AV1_SEQUENCE = 1
_LOOKED_AT = 2048
"""Headers stand at the beginning."""


def vp9_size(frame: bytes) -> Size | None:
    """Of a keyframe of profile 0 (VP9 bitstream 6.2); None for all else."""
    if len(frame) < 10 or frame[0] & 0xFC != 0x80 or frame[1:4] != _VP9_SYNC:
        return None
    bits = int.from_bytes(frame[4:10])
    before = 3 if bits >> 45 == 7 else 4  # colour space, and range unless it is sRGB
    return (bits >> 32 - before & 0xFFFF) + 1, (bits >> 16 - before & 0xFFFF) + 1


def h265_size(annex_b: bytes) -> Size | None:
    """By the sequence parameter set (H.265 7.3.2.2), cropping left aside; None without one."""
    for unit in nal_units(annex_b[:_LOOKED_AT]):
        if unit[0] >> 1 & 0x3F == _H265_SPS:
            try:
                return _h265_sps(BitReader(unit[_H265_HEAD_BYTES:]))
            except MalformedInput:
                return None
    return None


def _h265_sps(reader: BitReader) -> Size:
    reader.bits(4)
    layers = reader.bits(3)
    reader.bits(1 + 88 + 8)  # nesting; profile, tier and level (7.3.3)
    present = [(reader.bits(1), reader.bits(1)) for _ in range(layers)]
    if layers:
        reader.bits(2 * (8 - layers))
    for profile, level in present:
        reader.bits(88 * profile + 8 * level)
    reader.unsigned()  # id
    if reader.unsigned() == 3:
        reader.bits(1)
    return reader.unsigned(), reader.unsigned()


def av1_size(unit: bytes) -> Size | None:
    """By the sequence header (AV1 bitstream 5.5.1) of a temporal unit; None without one."""
    at = 0
    while at + 2 <= min(len(unit), _LOOKED_AT) and unit[at] & 0x02:
        head = 2 if unit[at] & 0x04 else 1
        length = shift = 0
        position = at + head
        while position < len(unit) and shift < 35:
            length |= (unit[position] & 0x7F) << shift
            shift += 7
            position += 1
            if not unit[position - 1] & 0x80:
                break
        if unit[at] >> 3 & 15 == _AV1_SEQUENCE:
            try:
                return _av1_sequence(_Bits(unit[position : position + length]))
            except MalformedInput:
                return None
        at = position + length
    return None


class _Bits(BitReader):
    """Bits of an OBU, which has no emulation prevention."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)


def _av1_sequence(reader: _Bits) -> Size | None:
    reader.bits(4)
    if not reader.bits(1):  # reduced_still_picture_header has one level and no more
        if reader.bits(1):
            return None  # timing information: nobody in a call sends it
        delays = reader.bits(1)
        for _ in range(reader.bits(5) + 1):
            reader.bits(12)
            if reader.bits(5) > 7:
                reader.bits(1)
            if delays and reader.bits(1):
                reader.bits(4)
    else:
        reader.bits(5)
    width_bits, height_bits = reader.bits(4) + 1, reader.bits(4) + 1
    return reader.bits(width_bits) + 1, reader.bits(height_bits) + 1
