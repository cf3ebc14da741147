"""Pieces of a bit stream that do not end on whole bytes, put together again (RFC 2190, 4587)."""


class BitPieces:
    """Collects pieces; where one ends within a byte, the next one begins in that byte."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._unused = 0

    def __len__(self) -> int:
        return len(self._data)

    def add(self, piece: bytes, skipped: int, unused: int) -> bool:
        """Join a piece: `skipped` bits of its first byte and `unused` of its last are not its own.

        What the very first one skips is 0 then. False, and nothing taken, where it does not fit to
        the piece before: something is missing.
        """
        if not piece or skipped + unused >= 8 * len(piece):
            return False
        if self._data and (self._unused + skipped) % 8:
            return False
        kept = 0xFF >> skipped
        start = 1 if skipped else 0
        if skipped and self._data:
            self._data[-1] = self._data[-1] & ~kept & 0xFF | piece[0] & kept
        elif skipped:
            self._data.append(piece[0] & kept)
        self._data += piece[start:]
        self._unused = unused
        return True

    def take(self) -> bytes:
        """All that was joined, its last unused bits 0; the next piece begins anew."""
        if self._unused:
            self._data[-1] &= 0xFF << self._unused & 0xFF
        whole = bytes(self._data)
        self._data.clear()
        self._unused = 0
        return whole
