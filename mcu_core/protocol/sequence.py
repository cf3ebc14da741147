"""Counters of 16 and 32 bits that wrap around (RFC 3550 A.1, RFC 1982)."""

SEQUENCE_MASK = 0xFFFF
TIMESTAMP_MASK = 0xFFFF_FFFF


def sequence_delta(newer: int, older: int) -> int:
    """How far sequence number `newer` lies after `older`, -32768..32767; negative when before."""
    delta = (newer - older) & 0xFFFF
    return delta - 0x10000 if delta & 0x8000 else delta


def timestamp_delta(newer: int, older: int) -> int:
    """How far RTP timestamp `newer` lies after `older`, -2**31..2**31-1 ticks."""
    delta = (newer - older) & 0xFFFF_FFFF
    return delta - 0x1_0000_0000 if delta & 0x8000_0000 else delta


class Unwrapper:
    """Continues a wrapping counter of `bits` bits as an integer that does not wrap.

    The first value stands as it is; each later one is taken as the nearest to the one before it, so
    a value from just before the first one may come out negative.
    """

    __slots__ = ("_half", "_last", "_mask", "_span")

    def __init__(self, bits: int) -> None:
        self._span = 1 << bits
        self._mask = self._span - 1
        self._half = self._span >> 1
        self._last: int | None = None

    def unwrap(self, value: int) -> int:
        """The endless counter that `value` (0..2**bits-1) stands for."""
        last = self._last
        if last is None:
            self._last = value
            return value
        delta = (value - last) & self._mask
        if delta >= self._half:
            delta -= self._span
        self._last = last + delta
        return last + delta

    def reset(self) -> None:
        """Forget everything: the next value stands as it is."""
        self._last = None
