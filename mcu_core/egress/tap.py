"""TapBuffer: the last seconds of a conference, for a recorder that comes back. Pure."""

from collections import deque

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import Kind
from mcu_core.media.units import EncodedUnit

HELD_NS = 15 * NS_PER_SECOND
"""A recorder that was killed is back within seconds; its disk may stall as long."""

HELD_BYTES = 32 * 1024 * 1024


class TapBuffer:
    """Units of all tracks in the order they were made; the oldest go when time or bytes are full.

    `dropped` counts the units that went.
    """

    def __init__(self, held_ns: int = HELD_NS, held_bytes: int = HELD_BYTES) -> None:
        self.dropped = 0
        self.bytes = 0
        self._held_ns = held_ns
        self._held_bytes = held_bytes
        self._units: deque[tuple[str, EncodedUnit]] = deque()

    def push(self, name: str, unit: EncodedUnit) -> None:
        """Keep a unit of track `name`."""
        self._units.append((name, unit))
        self.bytes += len(unit.data)
        while len(self._units) > 1 and self._full(unit.stamp_ns):
            _, oldest = self._units.popleft()
            self.bytes -= len(oldest.data)
            self.dropped += 1

    def _full(self, newest_ns: int) -> bool:
        oldest_ns = self._units[0][1].stamp_ns
        return self.bytes > self._held_bytes or newest_ns - oldest_ns > self._held_ns

    def since(self, since_ns: int) -> list[tuple[str, EncodedUnit]]:
        """What is held of later stamps, in order; of each picture track from a keyframe on."""
        entered: set[str] = set()
        wanted = []
        for name, unit in self._units:
            if unit.stamp_ns <= since_ns:
                continue
            if unit.keyframe or unit.codec.kind is Kind.AUDIO:
                entered.add(name)
            if name in entered:
                wanted.append((name, unit))
        return wanted

    def __len__(self) -> int:
        return len(self._units)
