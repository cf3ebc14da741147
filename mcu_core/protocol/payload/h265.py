"""H.265 over RTP (RFC 7798), received: single units, aggregates and fragments to Annex B."""

from collections.abc import Mapping
from enum import IntEnum

from mcu_core.protocol.payload.frame import VideoAssembly
from mcu_core.protocol.payload.h264 import MAX_SET_BYTES, START_CODE, sprop_units

_HEADER_BYTES = 2
_FU_START, _FU_END, _FU_TYPE = 0x80, 0x40, 0x3F
_FIRST_SLICE = 0x80


class Unit(IntEnum):
    """NAL unit types that matter here (ITU-T H.265 table 7-1, RFC 7798 4.4)."""

    FIRST_ENTRY = 16
    LAST_ENTRY = 23
    LAST_CODED = 31
    VPS = 32
    SPS = 33
    PPS = 34
    DELIMITER = 35
    AGGREGATE = 48
    FRAGMENT = 49


_SETS = (Unit.VPS, Unit.SPS, Unit.PPS)
MAX_SETS_EACH = 16


class H265Depayloader(VideoAssembly):
    """Access units in Annex B; parameter sets, seen or told, stand before each entry picture."""

    def __init__(self) -> None:
        super().__init__()
        self._sets: dict[int, list[bytes]] = {kind: [] for kind in _SETS}
        self._parts: list[bytes] = []
        self._in_fragment = False
        self._coded = self._entry = self._head_missing = self._brought_sets = False

    @classmethod
    def of(cls, fmtp: Mapping[str, str]) -> "H265Depayloader":
        """One that knows the parameter sets of the sender's format parameters (RFC 7798 7.1)."""
        made = cls()
        for name in ("sprop-vps", "sprop-sps", "sprop-pps"):
            for unit in sprop_units(fmtp.get(name, "")):
                if len(unit) > _HEADER_BYTES and _kind(unit) in _SETS:
                    made._remember(unit)
        return made

    def _remember(self, unit: bytes) -> None:
        """The newest comes last, so that it counts where another has its id."""
        known = self._sets[_kind(unit)]
        if len(unit) <= MAX_SET_BYTES:
            known[:] = [one for one in known if one != unit][1 - MAX_SETS_EACH :] + [unit]

    def _add(self, payload: bytes) -> bool:
        if len(payload) <= _HEADER_BYTES:
            return False
        kind = _kind(payload)
        if kind == Unit.FRAGMENT:
            return self._add_fragment(payload)
        self._in_fragment = False
        if kind == Unit.AGGREGATE:
            return self._add_aggregate(payload)
        if kind > Unit.FRAGMENT:
            return False
        self._add_unit(payload)
        return True

    def _add_fragment(self, payload: bytes) -> bool:
        if len(payload) < _HEADER_BYTES + 2:
            return False
        fragment = payload[_HEADER_BYTES]
        if fragment & _FU_START:
            kind = fragment & _FU_TYPE
            if kind >= Unit.AGGREGATE:
                return False
            head = bytes((payload[0] & 0x81 | kind << 1, payload[1]))
            self._add_unit(head + payload[3:])
            self._in_fragment = True
        elif self._in_fragment:
            self._parts.append(payload[3:])
        else:
            self._broken = True  # its beginning is lost
        if fragment & _FU_END:
            self._in_fragment = False
        return True

    def _add_aggregate(self, payload: bytes) -> bool:
        at, end = _HEADER_BYTES, len(payload)
        while at + 2 < end:
            start = at + 2
            at = start + int.from_bytes(payload[start - 2 : start])
            if at > end or at - start <= _HEADER_BYTES or _kind(payload[start:]) >= Unit.AGGREGATE:
                return False
            self._add_unit(payload[start:at])
        return at == end

    def _add_unit(self, unit: bytes) -> None:
        kind = _kind(unit)
        if kind in _SETS:
            self._remember(unit)
            self._brought_sets = True
            return
        if kind == Unit.DELIMITER:
            return
        if kind <= Unit.LAST_CODED:
            if not self._coded:
                self._head_missing = len(unit) < 3 or not unit[2] & _FIRST_SLICE
            self._coded = True
            self._entry |= Unit.FIRST_ENTRY <= kind <= Unit.LAST_ENTRY
        self._parts += (START_CODE, unit)

    def _gap_inside(self) -> None:
        self._in_fragment = False

    def _take(self, gap_before: bool) -> tuple[bytes, bool]:
        if self._in_fragment or (gap_before and self._head_missing):
            self._broken = True
        data, entry = b"", self._entry
        if self._coded:
            known = [unit for kind in _SETS for unit in self._sets[kind]]
            before = [START_CODE + unit for unit in known] if entry or self._brought_sets else []
            data = b"".join(before + self._parts)
        self._parts.clear()
        self._in_fragment = self._coded = self._entry = False
        self._head_missing = self._brought_sets = False
        return data, entry


def _kind(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F
