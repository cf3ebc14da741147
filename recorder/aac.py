"""AAC-LC as files want it: the codec string, the samples of a frame, and a frame of silence."""

from dataclasses import dataclass

from mcu_core.errors import MalformedInput

FRAME_SAMPLES = 1024
"""Samples of one AAC-LC frame (ISO 14496-3 4.5.2.1)."""

SAMPLE_RATES = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000,
    22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
)  # fmt: skip  # ISO 14496-3 table 1.18

# A raw data block that decodes to silence whatever came before it: one element with no spectrum,
# made by FFmpeg's own encoder from zeros.
SILENT_FRAMES = {1: bytes.fromhex("01182007"), 2: bytes.fromhex("211004608c1c")}


@dataclass(frozen=True, slots=True)
class AacFacts:
    """What an AudioSpecificConfig says."""

    object_type: int
    sample_rate: int
    channels: int

    @property
    def codec(self) -> str:
        """The codec string of RFC 6381 3.3, such as mp4a.40.2."""
        return f"mp4a.40.{self.object_type}"

    @property
    def silence(self) -> bytes:
        """A frame of silence, empty where we have none for this shape."""
        return SILENT_FRAMES.get(self.channels, b"") if self.object_type == 2 else b""


def aac_facts(config: bytes) -> AacFacts:
    """Read an AudioSpecificConfig (ISO 14496-3 1.6.2.1), short form; raises MalformedInput."""
    if len(config) < 2:
        raise MalformedInput("config", "an AudioSpecificConfig of two bytes or more")
    bits = int.from_bytes(config[:2], "big")
    object_type, rate_index, channels = bits >> 11, (bits >> 7) & 0xF, (bits >> 3) & 0xF
    if rate_index >= len(SAMPLE_RATES) or object_type == 31 or channels == 0:
        raise MalformedInput("config", "AAC with a listed rate and channel configuration")
    return AacFacts(object_type, SAMPLE_RATES[rate_index], channels)
