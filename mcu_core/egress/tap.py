"""TapBuffer: the last seconds of a conference in coded form, for a recorder that was away."""

from collections import deque
from collections.abc import Iterator

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.units import EncodedUnit

KEPT_NS = 8 * NS_PER_SECOND
"""More than a recorder needs to be started again and to ask."""

KEPT_BYTES = 32 * 1024 * 1024


class TapBuffer:
    """A bounded backlog of units of several tracks, in the order in which they were made.

    What is older than KEPT_NS, or too much in bytes, is dropped from the old end; `dropped` counts
    that. Keyframes matter only on replay, which begins with one.
    """

    def __init__(self, kept_ns: int = KEPT_NS, kept_bytes: int = KEPT_BYTES) -> None:
        self._units: deque[tuple[str, EncodedUnit]] = deque()
        self._kept_ns = kept_ns
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self.dropped = 0

    def push(self, track: str, unit: EncodedUnit) -> None:
        """Keep a unit of a track; stamps of one track do not fall."""
        self._units.append((track, unit))
        self._bytes += len(unit.data)
        while self._bytes > self._kept_bytes or (
            unit.stamp_ns - self._units[0][1].stamp_ns > self._kept_ns
        ):
            _, old = self._units.popleft()
            self._bytes -= len(old.data)
            self.dropped += 1

    def since(self, stamp_ns: int) -> Iterator[tuple[str, EncodedUnit]]:
        """The kept units after `stamp_ns`, each track from its first keyframe on."""
        begun: set[str] = set()
        for track, unit in tuple(self._units):
            if unit.stamp_ns > stamp_ns and (track in begun or unit.keyframe):
                begun.add(track)
                yield track, unit
