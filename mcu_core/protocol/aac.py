"""AAC: what its configuration says, and frames that tell it themselves (ISO 14496-3)."""

from dataclasses import dataclass

from mcu_core.errors import MalformedInput

RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
         8_000, 7_350)  # fmt: skip  # by samplingFrequencyIndex (table 1.18)
FRAME_SAMPLES = 1024

_LOW_COMPLEXITY = 2
_WITH_MORE = (5, 29)
"""SBR and PS: the rate above the core's stands first, then what the core is."""
_ADTS_TYPES = range(1, 5)
_OWN_RATE = 15
_NO_MORE_BITS = "a whole AAC configuration"

ADTS_BYTES = 7
MAX_FRAME_BYTES = (1 << 13) - 1 - ADTS_BYTES


class Bits:
    """Bits of a message, the most significant first; raises MalformedInput past its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        begin = 8 * len(self._data) - self.left
        self.left -= count
        if self.left < 0:
            raise MalformedInput("aac", _NO_MORE_BITS)
        # Only the bytes that they are in: else many small takes of a long message are quadratic.
        held = int.from_bytes(self._data[begin // 8 : -(-(begin + count) // 8)])
        return held >> self.left % 8 & (1 << count) - 1


@dataclass(frozen=True, slots=True)
class AacConfig:
    """`rate_index` points into RATES: the core's rate. `channels` 1..7 as in table 1.19."""

    rate_index: int
    channels: int
    object_type: int = _LOW_COMPLEXITY

    @classmethod
    def of(cls, sample_rate: int, channels: int) -> "AacConfig":
        """AAC-LC of that rate, one of RATES."""
        return cls(RATES.index(sample_rate), channels)

    @classmethod
    def read(cls, bits: Bits) -> "AacConfig":
        """An AudioSpecificConfig (1.6.2.1) of AAC-LC or what builds on it; else MalformedInput."""
        kind, index, channels = bits.take(5), _rate_index(bits), bits.take(4)
        if kind in _WITH_MORE:
            _rate_index(bits)
            kind = bits.take(5)
        if kind not in _ADTS_TYPES or not 1 <= channels <= 7:
            raise MalformedInput("aac", "AAC-LC with channels that it names")
        if bits.take(1):
            raise MalformedInput("aac", "frames of 1024 samples")
        if bits.take(1):
            bits.take(14)
        bits.take(1)
        return cls(index, channels, kind)

    def serialize(self) -> bytes:
        """An AudioSpecificConfig of two bytes."""
        return (self.object_type << 11 | self.rate_index << 7 | self.channels << 3).to_bytes(2)

    def adts(self, frame: bytes) -> bytes:
        """The frame with a header in front that tells all of this (1.A.2.2).

        Raises MalformedInput for one of more than MAX_FRAME_BYTES.
        """
        if len(frame) > MAX_FRAME_BYTES:
            raise MalformedInput("aac", f"frames of at most {MAX_FRAME_BYTES} bytes")
        head = 0xFFF1 << 40
        head |= (self.object_type - 1) << 38 | self.rate_index << 34 | self.channels << 30
        head |= (len(frame) + ADTS_BYTES) << 13 | 0x7FF << 2
        return head.to_bytes(ADTS_BYTES) + frame


def _rate_index(bits: Bits) -> int:
    index = bits.take(4)
    if index == _OWN_RATE:
        rate = bits.take(24)
        if rate not in RATES:
            raise MalformedInput("aac", "a rate of table 1.18")
        return RATES.index(rate)
    if index >= len(RATES):
        raise MalformedInput("aac", "a rate of table 1.18")
    return index


@dataclass(frozen=True, slots=True)
class StreamMux:
    """A StreamMuxConfig (1.7.3) of one program and one layer; `frames` in each element."""

    config: AacConfig
    frames: int = 1

    @classmethod
    def read(cls, bits: Bits) -> "StreamMux":
        """Raises MalformedInput for what has several programs, layers, or is of version 1."""
        version, same_timing, more, programs, layers = (bits.take(n) for n in (1, 1, 6, 4, 3))
        if version or not same_timing or programs or layers:
            raise MalformedInput("aac", "one program and one layer, of version 0")
        config = AacConfig.read(bits)
        if bits.take(3):
            raise MalformedInput("aac", "frames whose length is told each time")
        bits.take(8)
        if bits.take(1):
            raise MalformedInput("aac", "no other data")
        if bits.take(1):
            bits.take(8)
        return cls(config, more + 1)

    def serialize(self) -> bytes:
        """Six bytes: version 0, one frame in each element."""
        head = 1 << 42 | int.from_bytes(self.config.serialize()) << 13
        return ((head | 0xFF << 2) << 4).to_bytes(6)
