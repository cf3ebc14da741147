"""Pictures put together where their packets arrive: H.264 (RFC 6184) and VP8 (RFC 7741).

Only the usual is done here: whole pictures that are no keyframes. Payloads are kept as they came
until the picture is over, so that protocol/payload/ can go on with them at any moment; what it
would make of them is what is made here.
"""

from numba import carray, types

from mcu_core.kernels.addresses import bytes_at, copy_memory
from mcu_core.kernels.dispatch import INT, kernel
from mcu_core.kernels.messages import BYTES_IN, BYTES_OUT, NUMBERS_OUT, Bytes, Numbers
from mcu_core.kernels.rows import ANNEX_B, FORM, KEPT, KEPT_AT, KEPT_ROOM

REFUSED = -1
"""Instead of where a picture ends: it, or the payload, is none of the usual ones."""

GOES_ON = 0
"""Instead of that: the picture is not over."""

_FOUND = types.UniTuple(types.int64, 3)

_LENGTH_BYTES = 2
_LONGEST = 0xFFFF
_START_BYTES = 4

_LAST_SLICE, _KEYFRAME, _SEQUENCE, _PICTURE, _DELIMITER, _LAST_UNIT = 5, 5, 7, 8, 9, 23
_AGGREGATE, _FRAGMENT = 24, 28
_TYPE, _KEEP, _FIRST, _LAST = 0x1F, 0xE0, 0x80, 0x40
"""Types and bits of NAL units and of fragments (RFC 6184 1.3, 5.7, 5.8)."""

_EXTENDED, _PICTURE_ID, _LONG_ID, _LEVEL, _LAYER = 0x80, 0x80, 0x80, 0x40, 0x30
_BEGIN_MASK, _BEGIN, _INTER = 0x17, 0x10, 0x01
"""Bits of VP8's descriptor, and of a frame's first byte (RFC 7741 4.2, RFC 6386 9.1)."""


@kernel(INT(INT), inline=True)
def _usual_unit(kind: int) -> int:
    """Whether a NAL unit of that type needs no second look: no keyframe, no parameter set."""
    if kind in (_KEYFRAME, _SEQUENCE, _PICTURE):
        return 0
    return 1 if 1 <= kind <= _LAST_UNIT else 0


@kernel(INT(BYTES_OUT, INT, BYTES_IN, INT, INT), inline=True)
def _copy(made: Bytes, at: int, kept: Bytes, start: int, end: int) -> int:
    """Copy a stretch; where the copy ends."""
    copy_memory(made[at:].ctypes.data, kept[start:].ctypes.data, end - start)
    return at + end - start


@kernel(INT(BYTES_OUT, INT, BYTES_IN, INT, INT), inline=True)
def _copy_unit(made: Bytes, at: int, kept: Bytes, start: int, end: int) -> int:
    """Copy a NAL unit, a start code before it; where that ends. Delimiters are left out."""
    if kept[start] & _TYPE == _DELIMITER:
        return at
    made[at] = made[at + 1] = made[at + 2] = 0
    made[at + 3] = 1
    return _copy(made, at + _START_BYTES, kept, start, end)


@kernel(INT(BYTES_IN, INT), inline=True)
def _length_at(kept: Bytes, at: int) -> int:
    """The number of two bytes there."""
    return int(kept[at]) << 8 | int(kept[at + 1])


@kernel(_FOUND(BYTES_IN, INT, INT, BYTES_OUT, INT), inline=True)
def _single(kept: Bytes, start: int, end: int, made: Bytes, to: int) -> tuple[int, int, int]:
    """A payload that is a NAL unit: where it ends as written, REFUSED for an unusual one; slices in
    it; whether it is to be continued."""
    kind = int(kept[start]) & _TYPE
    if not _usual_unit(kind):
        return REFUSED, 0, 0
    return _copy_unit(made, to, kept, start, end), 1 if kind <= _LAST_SLICE else 0, 0


@kernel(_FOUND(BYTES_IN, INT, INT, BYTES_OUT, INT), inline=True)
def _aggregate(kept: Bytes, start: int, end: int, made: Bytes, to: int) -> tuple[int, int, int]:
    """The same for a STAP-A."""
    at, slices = start + 1, 0
    while at + _LENGTH_BYTES < end:
        unit = at + _LENGTH_BYTES
        at = unit + _length_at(kept, at)
        if at > end or at == unit:
            return REFUSED, 0, 0
        to, more, _ = _single(kept, unit, at, made, to)
        if to == REFUSED:
            return REFUSED, 0, 0
        slices += more
    return to if at == end > start + 1 else REFUSED, slices, 0


@kernel(_FOUND(BYTES_IN, INT, INT, INT, BYTES_OUT, INT), inline=True)
def _fragment(
    kept: Bytes, start: int, end: int, within: int, made: Bytes, to: int
) -> tuple[int, int, int]:
    """The same for an FU-A; `within`: the payload before is to be continued."""
    if end - start < 3:
        return REFUSED, 0, 0
    lead = int(kept[start + 1])
    kind, first, slices = lead & _TYPE, lead & _FIRST, 0
    if (first != 0) == (within != 0) or not _usual_unit(kind) or kind == _DELIMITER:
        return REFUSED, 0, 0
    if first:
        made[to] = made[to + 1] = made[to + 2] = 0
        made[to + 3] = 1
        made[to + _START_BYTES] = int(kept[start]) & _KEEP | kind
        to += _START_BYTES + 1
        slices = 1 if kind <= _LAST_SLICE else 0
    return _copy(made, to, kept, start + 2, end), slices, 0 if lead & _LAST else 1


@kernel(INT(BYTES_IN, INT, BYTES_OUT, INT), brief=True)
def annex_b(kept: Bytes, size: int, made: Bytes, to: int) -> int:
    """Write the picture of `kept[:size]` to `made[to:]`, in Annex B; where it ends, or REFUSED.

    Nothing grows to twice its size: a start code takes two bytes more than a length.
    """
    at, slices, within, more = 0, 0, 0, 0
    while at < size:
        start = at + _LENGTH_BYTES
        at = start + _length_at(kept, at)
        kind = int(kept[start]) & _TYPE
        if kind == _FRAGMENT:
            to, more, within = _fragment(kept, start, at, within, made, to)
        elif within:
            return REFUSED
        elif kind == _AGGREGATE:
            to, more, within = _aggregate(kept, start, at, made, to)
        else:
            to, more, within = _single(kept, start, at, made, to)
        if to == REFUSED:
            return REFUSED
        slices += more
    return to if slices and not within else REFUSED


@kernel(INT(BYTES_IN, INT, INT), inline=True)
def _frame_begin(kept: Bytes, start: int, end: int) -> int:
    """Where a VP8 payload's piece of the frame begins; `end` or more if there is none."""
    if not kept[start] & _EXTENDED:
        return start + 1
    if end - start < 3:
        return end
    flags = kept[start + 1]
    at = start + 2
    if flags & _PICTURE_ID:
        at += 2 if kept[start + 2] & _LONG_ID else 1
    return at + (1 if flags & _LEVEL else 0) + (1 if flags & _LAYER else 0)


@kernel(INT(BYTES_IN, INT, BYTES_OUT, INT), brief=True)
def vp8_frame(kept: Bytes, size: int, made: Bytes, to: int) -> int:
    """The same for a frame of VP8."""
    at, began = 0, to
    while at < size:
        start = at + _LENGTH_BYTES
        at = end = start + _length_at(kept, at)
        begin = _frame_begin(kept, start, end)
        if begin >= end or (to == began and kept[start] & _BEGIN_MASK != _BEGIN):
            return REFUSED
        to = _copy(made, to, kept, begin, end)
    return to if to > began and made[began] & _INTER else REFUSED


@kernel(INT(NUMBERS_OUT, BYTES_IN, INT, INT, INT, BYTES_OUT, INT), brief=True)
def keep(
    row: Numbers, packet: Bytes, body: int, length: int, last: int, made: Bytes, to: int
) -> int:
    """Keep the payload `packet[body:length]`; if it is the last one, write the picture to
    `made[to:]`: where it ends. GOES_ON if it is not; REFUSED, and all as it was, for what is not
    usual."""
    used, size = row[KEPT], length - body
    kept_bytes = used + _LENGTH_BYTES + size
    if kept_bytes > row[KEPT_ROOM] or size > _LONGEST:
        return REFUSED
    kept = carray(bytes_at(row[KEPT_AT]), (row[KEPT_ROOM],))
    kept[used], kept[used + 1] = size >> 8, size & 0xFF
    copy_memory(row[KEPT_AT] + used + _LENGTH_BYTES, packet[body:].ctypes.data, size)
    if not last:
        row[KEPT] = kept_bytes
        return GOES_ON
    if to + 2 * kept_bytes > len(made):
        return REFUSED
    end = (
        annex_b(kept, kept_bytes, made, to)
        if row[FORM] == ANNEX_B
        else vp8_frame(kept, kept_bytes, made, to)
    )
    if end != REFUSED:
        row[KEPT] = 0
    return int(end)
