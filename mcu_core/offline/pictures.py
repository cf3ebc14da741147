"""Pictures of an input by time: decoded, and painted into their panes at once.

A decoded picture is scaled while the cache still holds it, into the canvas where it will be seen,
and let go. That needs to be told beforehand what will be seen, and when. A mix knows, since nothing
in its decisions depends on what pictures show; on when they end, though, which `look_ahead` tells
in time.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mcu_core.compositor.surface import Planes, copy
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture
from mcu_core.offline.cards import Card, Spot, paint
from mcu_core.offline.inputs import InputInfo
from mcu_core.offline.track import VideoTrack

HELD_NS = NS_PER_SECOND
"""How long the last picture is shown on while the sound goes on."""


class Sight(NamedTuple):
    """A moment at which an input may be seen, and where it will be."""

    at_ns: int
    spots: tuple[Spot, ...]


class PictureReader:
    """The pictures of one file; one thread at a time may use it.

    `pictures` counts decoded ones, `scaled` the panes painted with them; what stays as it was is
    copied.
    """

    def __init__(self, info: InputInfo) -> None:
        self.pictures = self.scaled = 0
        self._track = VideoTrack(info) if info.has_video else None
        self._current: Picture | None = None
        self._next: Picture | None = None
        self._begun = False
        self._painted: dict[Card, Planes] = {}

    @property
    def end_ns(self) -> int | None:
        """When the last picture is over; None: not before where `look_ahead` has looked."""
        return 0 if self._track is None else self._track.end_ns

    @property
    def damage(self) -> str:
        """Why the pictures ended early, empty if they did not."""
        return "" if self._track is None else self._track.damage

    def look_ahead(self, until_ns: int) -> None:
        """Find an end before that time."""
        if self._track is not None:
            self._track.look_ahead(until_ns)

    def see(self, sights: Sequence[Sight]) -> list[bool]:
        """Paint what is seen at each moment; whether there was a picture.

        Times never go back, not between calls either. What was painted is looked at until the next
        picture: it must stay as it is.
        """
        return [self._see(sight) for sight in sights]

    def close(self) -> None:
        """Let the file go; safe twice."""
        if self._track is not None:
            self._track.close()
        self._current = self._next = None
        self._painted.clear()

    def _see(self, sight: Sight) -> bool:
        self._go_to(sight.at_ns)
        if self._current is None:
            return False
        for spot in sight.spots:
            before = self._painted.get(spot.card)
            if before is None:
                paint(spot, self._current)
                self.scaled += 1
            else:
                copy(spot.target, before)
            self._painted[spot.card] = spot.target
        return True

    def _go_to(self, time_ns: int) -> None:
        if not self._begun:
            self._begun = True
            self._take()
        while self._next is not None and self._next.stamp_ns <= time_ns:
            self._current = self._next
            self._painted.clear()
            self._take()
        if self._next is None and time_ns >= (self.end_ns or 0) + HELD_NS:
            self._current = None
            self._painted.clear()

    def _take(self) -> None:
        self._next = None if self._track is None else self._track.next()
        self.pictures += self._next is not None
