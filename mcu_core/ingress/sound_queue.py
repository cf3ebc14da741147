"""Coded sound frames by their stamps, on their way from the event loop to the mixer's thread."""

import threading
from bisect import insort
from operator import attrgetter

from mcu_core.media.codec import OPUS
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.payload.opus import is_silence

WAITING_UNITS = 256
"""A bound against floods: 640 ms of frames of 2.5 ms, five seconds of the usual ones."""

SILENT_DBOV = -127.0

_STAMP = attrgetter("stamp_ns")
_RECENT = 16


class SoundQueue:
    """At most WAITING_UNITS frames in order; one thread puts, one takes. The oldest go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._units: list[AccessUnit] = []
        self._last_level: float | None = None

    def __len__(self) -> int:
        return len(self._units)

    def holds(self, stamp_ns: int) -> bool:
        """Whether a frame of that stamp is among the latest."""
        with self._lock:
            if not self._units or stamp_ns > self._units[-1].stamp_ns:
                return False
            return any(unit.stamp_ns == stamp_ns for unit in self._units[-_RECENT:])

    def push(self, unit: AccessUnit) -> int:
        """Put a frame in its place; how many were dropped for it."""
        with self._lock:
            insort(self._units, unit, key=_STAMP)
            if len(self._units) <= WAITING_UNITS:
                return 0
            del self._units[0]
            return 1

    def first(self) -> AccessUnit | None:
        """The earliest frame; it stays."""
        with self._lock:
            return self._units[0] if self._units else None

    def take(self, unit: AccessUnit) -> None:
        """Take out the frame that was seen first, unless it has gone meanwhile."""
        with self._lock:
            if self._units and self._units[0] is unit:
                del self._units[0]
                self._last_level = level_of(unit)

    def clear(self) -> int:
        """Forget all; how many that were."""
        with self._lock:
            count = len(self._units)
            self._units.clear()
            self._last_level = None
            return count

    def level_dbov(self) -> float | None:
        """The loudest of what was taken last and what waits; None where a frame says nothing."""
        with self._lock:
            if not self._units:
                return self._last_level
            loudest = SILENT_DBOV if self._last_level is None else self._last_level
            for unit in self._units:
                level = level_of(unit)
                if level is None:
                    return None
                loudest = max(loudest, level)
            return loudest


def level_of(unit: AccessUnit) -> float | None:
    """How loud a frame is as far as that can be seen from outside: by RFC 6464, or by Opus."""
    if unit.codec.name == OPUS.name and is_silence(unit.data):
        return SILENT_DBOV
    return unit.level_dbov
