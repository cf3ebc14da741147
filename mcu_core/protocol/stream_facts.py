"""What a coded stream is, read without decoding it: size, profile, bit rate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import AV1, H261, H263_FORMS, H264, H265, VP8, VP9, Codec
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.h261 import picture_facts
from mcu_core.protocol.h263 import picture_header
from mcu_core.protocol.h264 import NAL_SPS, nal_units, sequence_facts
from mcu_core.protocol.sizes import av1_size, h265_size, vp9_size

MEASURE_NS = NS_PER_SECOND
_VP8_START = b"\x9d\x01\x2a"


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """`profile_level`: H.264's profile, constraint flags and level as three bytes (RFC 6184 8.1),
    empty for others. `bitrate_bps` and `fps` are of the last whole second, 0 before.
    """

    codec: Codec
    width: int
    height: int
    profile_level: bytes = b""
    bitrate_bps: int = 0
    fps: float = 0.0


def read_facts(unit: AccessUnit) -> StreamFacts | None:
    """The facts in a keyframe; None where it does not tell them."""
    if unit.codec is H264:
        return _h264_facts(unit.data)
    size_of = _SIZES.get(unit.codec)
    size = size_of(unit.data) if size_of is not None else None
    return StreamFacts(unit.codec, *size) if size is not None else None


def _h264_facts(data: bytes) -> StreamFacts | None:
    """By the sequence parameter set (H.264 7.3.2.1.1)."""
    for nal in nal_units(data[:1024]):
        if nal[0] & 0x1F == NAL_SPS:
            try:
                facts = sequence_facts(nal)
            except MalformedInput:
                return None
            return StreamFacts(H264, facts.width, facts.height, nal[1:4])
    return None


def _vp8_size(data: bytes) -> tuple[int, int] | None:
    """By the frame header (RFC 6386 9.1)."""
    if data[3:6] != _VP8_START:
        return None
    width, height = (int.from_bytes(data[k : k + 2], "little") & 0x3FFF for k in (6, 8))
    return width, height


def _h263_size(data: bytes) -> tuple[int, int] | None:
    header = picture_header(data)
    return (header.width, header.height) if header is not None and header.width else None


def _h261_size(data: bytes) -> tuple[int, int] | None:
    facts = picture_facts(data)
    return (facts.width, facts.height) if facts is not None else None


_SIZES: Mapping[Codec, Callable[[bytes], tuple[int, int] | None]] = {
    VP8: _vp8_size,
    **dict.fromkeys(H263_FORMS, _h263_size),
    H261: _h261_size,
    VP9: vp9_size,
    H265: h265_size,
    AV1: av1_size,
}


class StreamMeter:
    """Follows one stream; give it every unit. `facts` is None before its first keyframe."""

    def __init__(self) -> None:
        self.facts: StreamFacts | None = None
        self._since_ns: int | None = None
        self._bytes = 0
        self._units = 0

    def push(self, unit: AccessUnit, now_ns: int) -> None:
        """Take one unit as it comes."""
        if unit.keyframe and not unit.broken:
            found = read_facts(unit)
            if found is not None:
                rates = self.facts or found
                self.facts = replace(found, bitrate_bps=rates.bitrate_bps, fps=rates.fps)
        if self._since_ns is None:
            self._since_ns = now_ns
        self._bytes += len(unit.data)
        self._units += 1
        length_ns = now_ns - self._since_ns
        if length_ns >= MEASURE_NS:
            if self.facts is not None:
                bitrate = self._bytes * 8 * NS_PER_SECOND // length_ns
                fps = self._units * NS_PER_SECOND / length_ns
                self.facts = replace(self.facts, bitrate_bps=bitrate, fps=fps)
            self._since_ns, self._bytes, self._units = now_ns, 0, 0
