"""Tiles that several canvases of one tick show: scaled once, copied by each.

A tile is kept only where more than one canvas asked for the last picture of that source at that
size; where one alone does, it is scaled straight into that canvas. So there is at most one tile for
a source and a size, its memory is written again and again, and no source picture is held.
"""

from collections import OrderedDict
from threading import Lock

from mcu_core.compositor.scene import PixelRect, Placement
from mcu_core.compositor.surface import Planes, copy
from mcu_core.compositor.tiles import draw_tile, new_tile
from mcu_core.media.picture import Picture

TileName = tuple[str, PixelRect, int, int, int, bool, bool]
"""Source, crop, turns, width and height, greyed, draft: which tile, whatever the picture."""

IDLE_TICKS = 64
"""A tile that nobody asked for in so many ticks goes."""
MOST_SLOTS = 4096


class _Slot:
    """One tile: which picture it is of, who asked, and the memory once it is shared."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.picture: tuple[int, int] | None = None
        self.asked = 0
        self.shared = False
        self.drawn = False
        self.tile: Planes | None = None
        self.bytes = 0
        self.tick = 0

    def turn_to(self, picture: Picture) -> None:
        """Count afresh if this is another picture than the last."""
        name = (picture.serial, picture.stamp_ns)
        if name != self.picture:
            self.shared = self.asked > 1
            self.picture, self.asked, self.drawn = name, 0, False
        self.asked += 1


class TileCache:
    """Draws tiles for several canvases, each scaled once; thread-safe, at most `limit_bytes`.

    `hits` counts tiles that were copied, `misses` those that were scaled, `refused` those that were
    not kept because all that is kept is in use.
    """

    def __init__(self, limit_bytes: int = 64_000_000) -> None:
        self.hits = self.misses = self.refused = 0
        self._limit = limit_bytes
        self._bytes = 0
        self._slots: OrderedDict[TileName, _Slot] = OrderedDict()
        self._lock = Lock()
        self._tick = 0
        self._stamp_ns: int | None = None

    @property
    def bytes_held(self) -> int:
        """Memory of all tiles."""
        return self._bytes

    def begin(self, stamp_ns: int) -> None:
        """A tick begins, unless it is the same one; what is long unused goes."""
        with self._lock:
            if stamp_ns == self._stamp_ns:
                return
            self._stamp_ns = stamp_ns
            self._tick += 1
            while self._slots:
                name, slot = next(iter(self._slots.items()))
                if slot.tick >= self._tick - IDLE_TICKS:
                    break
                self._drop(name)

    def draw(
        self,
        target: Planes,
        source_id: str,
        picture: Picture,
        placement: Placement,
        greyed: bool,
        draft: bool,
    ) -> bool:
        """The tile into `target`, planes of its size; True if it had to be scaled.

        Raises ValueError for a picture whose planes do not belong together.
        """
        name = _name(source_id, placement, greyed, draft)
        slot = self._slot(name)
        # Who asks while another canvas scales the same tile waits for that: it is less work.
        with slot.lock:
            slot.turn_to(picture)
            scaled = not slot.drawn
            if scaled:
                slot.tile = self._memory(name, slot, placement)
                if slot.tile is None:
                    draw_tile(target, picture, placement, greyed, draft)
                else:
                    draw_tile(slot.tile, picture, placement, greyed, draft)
                    slot.drawn = True
            if slot.tile is not None:
                copy(target, slot.tile)
        with self._lock:
            self.misses += scaled
            self.hits += not scaled
        return scaled

    def _slot(self, name: TileName) -> _Slot:
        with self._lock:
            slot = self._slots.get(name)
            if slot is None:
                slot = self._slots[name] = _Slot()
                if len(self._slots) > MOST_SLOTS:
                    self._drop(next(iter(self._slots)))
            self._slots.move_to_end(name)
            slot.tick = self._tick
            return slot

    def _memory(self, name: TileName, slot: _Slot, placement: Placement) -> Planes | None:
        """Where the tile is to be kept; None if only one canvas wants it, or there is no room."""
        with self._lock:
            if slot.asked == 1 and not slot.shared:
                self._bytes -= slot.bytes
                slot.bytes = 0
                return None
            if slot.tile is not None:
                return slot.tile
            size = placement.tile.w * placement.tile.h * 3 // 2
            if not self._has_room(size) or self._slots.get(name) is not slot:
                self.refused += 1
                return None
            slot.bytes = size
            self._bytes += size
        return new_tile(placement)

    def _has_room(self, size: int) -> bool:
        """Whether there is, once tiles are dropped that nobody asked for in the last two ticks."""
        while self._bytes + size > self._limit:
            oldest = next(iter(self._slots), None)
            if oldest is None or self._slots[oldest].tick >= self._tick - 1:
                return False
            self._drop(oldest)
        return True

    def _drop(self, name: TileName) -> None:
        self._bytes -= self._slots.pop(name).bytes


def _name(source_id: str, placement: Placement, greyed: bool, draft: bool) -> TileName:
    tile = placement.tile
    return source_id, placement.crop, placement.turns, tile.w, tile.h, greyed, draft
