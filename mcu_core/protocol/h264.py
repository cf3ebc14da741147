"""H.264 units: Annex B to length-prefixed samples, and what parameter sets say."""

from collections.abc import Iterator
from dataclasses import dataclass

from mcu_core.errors import MalformedInput

NAL_SPS, NAL_PPS, NAL_DELIMITER, NAL_FILLER = 7, 8, 9, 12
START_CODE = b"\x00\x00\x01"

# Profiles whose SPS carries chroma format, bit depth and scaling lists (H.264 7.3.2.1.1).
PROFILES_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
EXTENDED_SAR = 255
SAMPLE_ASPECTS = (
    (1, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
    (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip  # H.264 table E-1 by aspect_ratio_idc; 0 is "unspecified", taken as square


@dataclass(frozen=True, slots=True)
class Colour:
    """Colour as in ISO 23091-2 code points; the default is BT.709, limited range."""

    primaries: int = 1
    transfer: int = 1
    matrix: int = 1
    full_range: bool = False


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """One sequence and one picture parameter set, without start codes."""

    sps: bytes
    pps: bytes

    @property
    def codec(self) -> str:
        """The codec string of RFC 6381 3.3, such as avc1.42C01F."""
        return f"avc1.{self.sps[1:4].hex().upper()}"


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """What a player must know before the first picture: visible size, pixel aspect, colour.

    `chroma` is chroma_format_idc, 1 for 4:2:0; `references` how many pictures are kept at most.
    """

    width: int
    height: int
    pixel_aspect: tuple[int, int]
    colour: Colour
    chroma: int = 1
    references: int = 0


def nal_units(annex_b: bytes) -> Iterator[bytes]:
    """The units between start codes (H.264 annex B), without trailing zero bytes."""
    start = annex_b.find(START_CODE)
    while start >= 0:
        start += len(START_CODE)
        following = annex_b.find(START_CODE, start)
        unit = annex_b[start:] if following < 0 else annex_b[start:following]
        unit = unit.rstrip(b"\x00")
        if unit:
            yield unit
        start = following


def picture_sample(annex_b: bytes) -> tuple[bytes, ParameterSets | None]:
    """One coded picture with 4-byte lengths (ISO 14496-15 5.3), and its parameter sets if it has.

    Parameter sets stand in the init segment, so they leave the sample, and so do delimiters and
    filler. Empty when there is no picture in it.
    """
    parts: list[bytes] = []
    sps = pps = b""
    for unit in nal_units(annex_b):
        kind = unit[0] & 0x1F
        if kind == NAL_SPS:
            sps = unit
        elif kind == NAL_PPS:
            pps = unit
        elif kind not in (NAL_DELIMITER, NAL_FILLER):
            parts += (len(unit).to_bytes(4, "big"), unit)
    return b"".join(parts), ParameterSets(sps, pps) if sps and pps else None


class BitReader:
    """Bits of a raw byte sequence payload, the most significant first."""

    def __init__(self, unit: bytes) -> None:
        payload = unit.replace(b"\x00\x00\x03", b"\x00\x00")  # emulation prevention, 7.4.1
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    @property
    def left(self) -> int:
        """How many bits have not been read."""
        return self._left

    def bits(self, count: int) -> int:
        """The next `count` bits as a number; raises MalformedInput past the end."""
        self._left -= count
        if self._left < 0:
            raise MalformedInput("sps", "a whole sequence parameter set")
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Exp-Golomb ue(v), H.264 9.1."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise MalformedInput("sps", "a number of at most 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """Exp-Golomb se(v), H.264 9.1.1."""
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _skip_to_size(reader: BitReader, profile: int) -> tuple[int, int]:
    """Read an SPS from its id up to the size: chroma format (1, 4:2:0, unless it says so) and
    max_num_ref_frames."""
    chroma = 1
    reader.unsigned()  # seq_parameter_set_id
    if profile in PROFILES_WITH_CHROMA:
        chroma = reader.unsigned()
        if chroma == 3:
            reader.bits(1)
        reader.unsigned()
        reader.unsigned()
        reader.bits(1)
        if reader.bits(1):
            for index in range(8 if chroma != 3 else 12):
                if reader.bits(1):
                    _skip_scaling_list(reader, 16 if index < 6 else 64)
    reader.unsigned()  # log2_max_frame_num
    order = reader.unsigned()
    if order == 0:
        reader.unsigned()
    elif order == 1:
        reader.bits(1)
        reader.signed()
        reader.signed()
        for _ in range(min(reader.unsigned(), 255)):
            reader.signed()
    references = reader.unsigned()
    reader.bits(1)
    return chroma, references


def _size(reader: BitReader, chroma: int) -> tuple[int, int]:
    width = (reader.unsigned() + 1) * 16
    height_units = reader.unsigned() + 1
    frames_only = reader.bits(1)
    height = height_units * 16 * (2 - frames_only)
    if not frames_only:
        reader.bits(1)
    reader.bits(1)  # direct_8x8_inference
    if reader.bits(1):
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
        step_x = 2 if chroma in (1, 2) else 1
        step_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= step_x * (left + right)
        height -= step_y * (top + bottom)
    return width, height


def _appearance(reader: BitReader) -> tuple[tuple[int, int], Colour]:
    """Pixel aspect and colour of the usability information (H.264 E.1.1), or what stands for it."""
    aspect, colour = (1, 1), Colour()
    if not reader.bits(1):
        return aspect, colour
    if reader.bits(1):
        index = reader.bits(8)
        if index == EXTENDED_SAR:
            aspect = (reader.bits(16) or 1, reader.bits(16) or 1)
        elif index < len(SAMPLE_ASPECTS):
            aspect = SAMPLE_ASPECTS[index]
    if reader.bits(1):
        reader.bits(1)  # overscan
    if reader.bits(1):
        reader.bits(3)  # video_format
        full_range = bool(reader.bits(1))
        if reader.bits(1):
            colour = Colour(reader.bits(8), reader.bits(8), reader.bits(8), full_range)
        else:
            colour = Colour(full_range=full_range)
    return aspect, colour


def sequence_facts(sps: bytes) -> SequenceFacts:
    """Read a sequence parameter set (H.264 7.3.2.1.1); raises MalformedInput."""
    if len(sps) < 4 or sps[0] & 0x1F != NAL_SPS:
        raise MalformedInput("sps", "a sequence parameter set")
    reader = BitReader(sps[4:])
    chroma, references = _skip_to_size(reader, sps[1])
    width, height = _size(reader, chroma)
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise MalformedInput("sps", "a picture of 1..16384 pixels a side")
    aspect, colour = _appearance(reader)
    return SequenceFacts(width, height, aspect, colour, chroma, references)
