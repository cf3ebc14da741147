"""AAC over RTP: AAC-hbr of mpeg4-generic (RFC 3640), and LATM (RFC 3016, RFC 6416)."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from mcu_core.errors import MalformedInput
from mcu_core.protocol.aac import FRAME_SAMPLES, AacConfig, Bits, StreamMux
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.rtp import RtpPacket

SIZE_BITS, INDEX_BITS = 13, 3
"""Of an access unit header in mode AAC-hbr (RFC 3640 3.3.6)."""

_LENGTH_BYTES = 2
_UNIT_HEAD_BYTES = 2
MAX_UNITS = 64
"""In one packet: more than fit."""

_Told = TypeVar("_Told", AacConfig, StreamMux)


class AacGenericDepayloader:
    """Frames with ADTS headers from packets of whole frames, or of pieces of one."""

    def __init__(self, config: AacConfig) -> None:
        self.malformed = 0
        self._config = config
        self._pieces: list[bytes] = []
        self._missing = 0
        self._timestamp = 0

    @classmethod
    def of(cls, fmtp: Mapping[str, str], told: AacConfig) -> "AacGenericDepayloader":
        """By the sender's format parameters; `told`: what holds where they have no config."""
        return cls(_from_hex(fmtp, AacConfig.read) or told)

    def push(self, packet: RtpPacket, lost_before: bool) -> list[Frame]:
        """The frames of a packet; none while one is in pieces."""
        if not packet.payload:
            return []
        if lost_before or packet.timestamp != self._timestamp:
            self._pieces.clear()
            self._missing = 0
        self._timestamp = packet.timestamp
        try:
            return self._frames(packet.payload)
        except MalformedInput:
            self.malformed += 1
            self._pieces.clear()
            self._missing = 0
            return []

    def _frames(self, payload: bytes) -> list[Frame]:
        count, rest = divmod(int.from_bytes(payload[:_LENGTH_BYTES]), SIZE_BITS + INDEX_BITS)
        at = _LENGTH_BYTES + count * _UNIT_HEAD_BYTES
        if rest or not 1 <= count <= MAX_UNITS or at >= len(payload):
            raise MalformedInput("aac", "headers of access units, then the units")
        heads = payload[_LENGTH_BYTES:at]
        sizes = [
            int.from_bytes(heads[k : k + _UNIT_HEAD_BYTES]) >> INDEX_BITS
            for k in range(0, len(heads), _UNIT_HEAD_BYTES)
        ]
        if count == 1 and sizes[0] > len(payload) - at:
            return self._piece(sizes[0], payload[at:])
        if sum(sizes) != len(payload) - at:
            raise MalformedInput("aac", "units of the lengths that were told")
        frames = []
        for turn, size in enumerate(sizes):
            frames.append(self._frame(payload[at : at + size], turn))
            at += size
        return frames

    def _piece(self, size: int, piece: bytes) -> list[Frame]:
        """A piece of a frame of `size` bytes; all packets of it have its timestamp."""
        if not self._pieces:
            self._missing = size
        self._pieces.append(piece)
        self._missing -= len(piece)
        if self._missing > 0:
            return []
        whole = b"".join(self._pieces)
        self._pieces.clear()
        if self._missing < 0:
            raise MalformedInput("aac", "pieces of the length that was told")
        return [self._frame(whole, 0)]

    def _frame(self, unit: bytes, turn: int) -> Frame:
        timestamp = (self._timestamp + turn * FRAME_SAMPLES) & 0xFFFFFFFF
        return Frame(self._config.adts(unit), timestamp, keyframe=True, duration=FRAME_SAMPLES)


class AacGenericPayloader:
    """One frame in a packet; a larger one goes in pieces, each with the whole's length."""

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes - _LENGTH_BYTES - _UNIT_HEAD_BYTES
        if self._room <= 0:
            raise ValueError(f"{max_bytes} bytes leave no room for AAC")

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one frame, without ADTS header; none for an empty one."""
        head = (SIZE_BITS + INDEX_BITS).to_bytes(2) + (len(data) << INDEX_BITS).to_bytes(2)
        return tuple(head + data[at : at + self._room] for at in range(0, len(data), self._room))


class LatmDepayloader:
    """Frames with ADTS headers from audioMuxElements; a packet with the marker ends one.

    `mux` None: each element may bring its configuration along (cpresent=1).
    """

    def __init__(self, mux: StreamMux | None) -> None:
        self.malformed = 0
        self._mux = mux
        self._in_band = mux is None
        self._pieces: list[bytes] = []
        self._size = 0
        self._timestamp = 0

    @classmethod
    def of(cls, fmtp: Mapping[str, str]) -> "LatmDepayloader":
        """By the sender's format parameters (RFC 6416 6.3)."""
        told = None if fmtp.get("cpresent", "1") != "0" else _from_hex(fmtp, StreamMux.read)
        return cls(told)

    def push(self, packet: RtpPacket, lost_before: bool) -> list[Frame]:
        """The frames of the element that this packet ends; mostly one."""
        if not packet.payload:
            return []
        if lost_before or packet.timestamp != self._timestamp:
            self._pieces.clear()
            self._size = 0
        self._timestamp = packet.timestamp
        self._pieces.append(packet.payload)
        self._size += len(packet.payload)
        if not packet.marker and self._size < 1 << 16:
            return []
        element = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        try:
            return self._frames(element)
        except MalformedInput:
            self.malformed += 1
            return []

    def _frames(self, element: bytes) -> list[Frame]:
        bits = Bits(element)
        if self._in_band and not bits.take(1):
            self._mux = StreamMux.read(bits)
        mux = self._mux
        if mux is None:
            raise MalformedInput("aac", "a configuration before the first frame")
        frames = []
        for turn in range(mux.frames):
            size = 0
            while (step := bits.take(8)) == 255:
                size += step
            size += step
            unit = bits.take(8 * size).to_bytes(size)
            timestamp = (self._timestamp + turn * FRAME_SAMPLES) & 0xFFFFFFFF
            if unit:
                data = mux.config.adts(unit)
                frames.append(Frame(data, timestamp, keyframe=True, duration=FRAME_SAMPLES))
        if bits.left >= 8:
            raise MalformedInput("aac", "an element without anything after it")
        return frames


class LatmPayloader:
    """One frame in an element, its length in front; a large one goes in pieces."""

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one frame, without ADTS header; none for an empty one."""
        if not data:
            return ()
        whole, rest = divmod(len(data), 255)
        element = b"\xff" * whole + bytes([rest]) + data
        return tuple(element[at : at + self._room] for at in range(0, len(element), self._room))


def _from_hex(fmtp: Mapping[str, str], read: Callable[[Bits], _Told]) -> _Told | None:
    """The sender's configuration; None where it has none that can be read."""
    try:
        return read(Bits(bytes.fromhex(fmtp.get("config", ""))))
    except (ValueError, MalformedInput):
        return None
