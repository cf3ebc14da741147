"""H.264 over RTP (RFC 6184): single NAL units, STAP-A and FU-A, to and from Annex B."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from enum import IntEnum

from mcu_core.protocol.payload.frame import VideoAssembly

START_CODE = b"\0\0\0\1"
_SHORT_START_CODE = b"\0\0\1"

# NAL unit header (RFC 6184 1.3): forbidden bit, two bits of importance, five of type.
_TYPE = 0x1F
_IMPORTANCE = 0x60
_KEEP = 0xE0

# FU header (RFC 6184 5.8).
_FU_START = 0x80
_FU_END = 0x40

MAX_SET_BYTES = 4096
MAX_SETS = 64
"""A stream has one to a handful of parameter sets; a hostile one may not fill memory with them."""


class Nal(IntEnum):
    """NAL unit types that matter here (ITU-T H.264 table 7-1, RFC 6184 table 1)."""

    SLICE = 1
    PARTITION_A = 2
    IDR = 5
    SEI = 6
    SPS = 7
    PPS = 8
    DELIMITER = 9
    STAP_A = 24
    FU_A = 28


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B stream, without start codes and the zeros around them."""
    found: list[bytes] = []
    start = data.find(_SHORT_START_CODE)
    while start >= 0:
        start += 3
        after = data.find(_SHORT_START_CODE, start)
        # A NAL unit never ends in zero: those belong to the next, longer start code.
        unit = (data[start:after] if after >= 0 else data[start:]).rstrip(b"\0")
        if unit:
            found.append(unit)
        start = after
    return found


_FRAGMENTED = frozenset(range(1, 24)) - {Nal.SPS, Nal.PPS, Nal.DELIMITER}
"""What may come in pieces; parameter sets and delimiters are far too small for that."""


class ParameterSets:
    """The SPS and PPS that a stream has shown, latest of each id; oldest first out at MAX_SETS."""

    def __init__(self) -> None:
        self._sets: dict[tuple[int, int], bytes] = {}
        self._joined: bytes | None = b""

    def take(self, unit: bytes) -> None:
        """Remember a NAL unit of type SPS or PPS; others and unreadable ones are passed over."""
        kind = unit[0] & _TYPE
        if kind not in (Nal.SPS, Nal.PPS) or len(unit) > MAX_SET_BYTES:
            return
        # An SPS has three bytes before its id, a PPS none (H.264 7.3.2.1, 7.3.2.2).
        identifier = _exp_golomb(unit, 4 if kind == Nal.SPS else 1)
        if identifier is None:
            return
        key = (kind, identifier)
        if self._sets.get(key) == unit:
            return
        if key not in self._sets and len(self._sets) >= MAX_SETS:
            del self._sets[next(iter(self._sets))]
        self._sets[key] = unit
        self._joined = None

    def annex_b(self) -> bytes:
        """All of them with start codes, every SPS before every PPS."""
        if self._joined is None:
            ordered = sorted(self._sets.items())
            self._joined = b"".join(START_CODE + unit for _, unit in ordered)
        return self._joined


def sprop_units(text: str) -> tuple[bytes, ...]:
    """NAL units of a sprop-parameter-sets value: base64, commas between (RFC 6184 8.1).

    What is no base64 is left out: the stream may carry the sets itself.
    """
    units: list[bytes] = []
    for part in text.split(","):
        try:
            units.append(b64decode(part, validate=True))
        except ValueError:
            continue
    return tuple(unit for unit in units if unit)


def _exp_golomb(unit: bytes, at: int) -> int | None:
    """The ue(v) number 0..510 at byte `at` (H.264 9.1); None if there is none."""
    bits = int.from_bytes(unit[at : at + 4].ljust(4, b"\0"))
    zeros = 32 - bits.bit_length()
    if zeros > 8:  # ids go to 255, which is 17 bits
        return None
    return (bits >> (31 - 2 * zeros)) - 1


class H264Depayloader(VideoAssembly):
    """Access units in Annex B from packets of packetization mode 0 or 1.

    Parameter sets are taken out of the stream, remembered, and put before every IDR picture and
    every other one that brought some: a decoder can begin at any keyframe, also where the sets came
    only in the SDP (`parameter_sets`) or long ago. Access unit delimiters are left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sets = ParameterSets()
        self._parts: list[bytes] = []
        self._in_fragment = False
        self._brought_sets = False
        self._idr = False
        self._coded = False
        self._head_missing = False

    def parameter_sets(self, units: Iterable[bytes]) -> None:
        """Parameter sets from outside the stream: NAL units without start codes."""
        for unit in units:
            if unit:
                self._sets.take(unit)

    @classmethod
    def of(cls, fmtp: Mapping[str, str]) -> "H264Depayloader":
        """One that knows the parameter sets of the sender's format parameters."""
        made = cls()
        made.parameter_sets(sprop_units(fmtp.get("sprop-parameter-sets", "")))
        return made

    def _add(self, payload: bytes) -> bool:
        kind = payload[0] & _TYPE
        if kind == Nal.FU_A:
            return self._add_fragment(payload)
        self._in_fragment = False
        if kind == Nal.STAP_A:
            return self._add_aggregate(payload)
        if not 1 <= kind <= 23:  # interleaved mode, which is never agreed on, or nothing at all
            return False
        self._add_unit(kind, payload)
        return True

    def _add_fragment(self, payload: bytes) -> bool:
        if len(payload) < 3:
            return False
        indicator, fu = payload[0], payload[1]
        if fu & _FU_START:
            kind = fu & _TYPE
            if kind not in _FRAGMENTED:
                return False
            self._add_unit(kind, bytes((indicator & _KEEP | kind,)) + payload[2:])
            self._in_fragment = True
        elif self._in_fragment:
            self._parts.append(payload[2:])
        else:
            self._broken = True  # its beginning is lost
        if fu & _FU_END:
            self._in_fragment = False
        return True

    def _add_aggregate(self, payload: bytes) -> bool:
        at = 1
        end = len(payload)
        while at + 2 < end:
            start = at + 2
            at = start + (payload[start - 2] << 8 | payload[start - 1])
            if at > end or at == start:
                return False
            kind = payload[start] & _TYPE
            if not 1 <= kind <= 23:
                return False
            self._add_unit(kind, payload[start:at])
        return at == end and end > 1

    def _add_unit(self, kind: int, unit: bytes) -> None:
        """One NAL unit, or the first piece of one."""
        if kind in (Nal.SPS, Nal.PPS):
            self._sets.take(unit)
            self._brought_sets = True
            return
        if kind == Nal.DELIMITER:
            return
        if kind <= Nal.IDR and not self._coded:
            self._coded = True
            # first_mb_in_slice 0 is one bit 1 after the NAL header (H.264 7.3.3, 9.1).
            self._head_missing = len(unit) < 2 or not unit[1] & 0x80
        if kind == Nal.IDR:
            self._idr = True
        self._parts.append(START_CODE)
        self._parts.append(unit)

    def _gap_inside(self) -> None:
        self._in_fragment = False

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        if self._in_fragment or (gap_before and self._head_missing):
            self._broken = True
        data = b""
        if self._coded:
            if self._idr or self._brought_sets:
                self._parts.insert(0, self._sets.annex_b())
            data = b"".join(self._parts)
        keyframe = self._idr
        self._parts.clear()
        self._in_fragment = False
        self._brought_sets = False
        self._idr = False
        self._coded = False
        self._head_missing = False
        return data, keyframe


class H264Payloader:
    """Annex B to payloads of packetization mode 1, or of mode 0 (RFC 6184 6.2, 6.3).

    Mode 1: small neighbours share a STAP-A, large units are cut into FU-A pieces of about equal
    length. Mode 0 knows neither: the encoder must be told to keep its slices small, for a larger
    unit goes out as it is.
    """

    def __init__(self, max_bytes: int, mode: int = 1) -> None:
        if max_bytes < 16:
            raise ValueError(f"{max_bytes} bytes are too few for H.264 payloads")
        if mode not in (0, 1):
            raise ValueError(f"packetization mode {mode} is not 0 or 1")
        self._max = max_bytes
        self._mode = mode

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one access unit in order; none if there is no NAL unit in it."""
        units = nal_units(data)
        if self._mode == 0:
            return tuple(units)
        payloads: list[bytes] = []
        small: list[bytes] = []
        room = self._max - 1
        for unit in units:
            cost = len(unit) + 2
            if cost > room:
                _flush(small, payloads)
                room = self._max - 1
            if len(unit) > self._max:
                self._fragment(unit, payloads)
            else:
                small.append(unit)
                room -= cost
        _flush(small, payloads)
        return tuple(payloads)

    def _fragment(self, unit: bytes, payloads: list[bytes]) -> None:
        """FU-A (RFC 6184 5.8): the NAL header moves into two bytes before each piece."""
        indicator = unit[0] & _KEEP | Nal.FU_A
        kind = unit[0] & _TYPE
        body = len(unit) - 1
        count = -(-body // (self._max - 2))
        step = -(-body // count)
        further = bytes((indicator, kind))
        first = bytes((indicator, kind | _FU_START))
        last = bytes((indicator, kind | _FU_END))
        payloads.append(first + unit[1 : 1 + step])
        tail = 1 + step * (count - 1)
        payloads.extend(further + unit[at : at + step] for at in range(1 + step, tail, step))
        payloads.append(last + unit[tail:])


def _flush(small: list[bytes], payloads: list[bytes]) -> None:
    """Send what was gathered: one unit as it is, more of them as STAP-A (RFC 6184 5.7.1)."""
    if len(small) > 1:
        forbidden = max(unit[0] & 0x80 for unit in small)
        importance = max(unit[0] & _IMPORTANCE for unit in small)
        parts = [bytes((forbidden | importance | Nal.STAP_A,))]
        for unit in small:
            parts.append(len(unit).to_bytes(2))
            parts.append(unit)
        payloads.append(b"".join(parts))
    else:
        payloads.extend(small)
    small.clear()
