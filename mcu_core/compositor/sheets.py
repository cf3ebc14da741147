"""The memory of canvases: a few sheets in rotation, rewritten only when nobody looks at them."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcu_core.compositor.covers import Cover
from mcu_core.compositor.scene import PixelRect
from mcu_core.compositor.surface import Planes, copy, part

ROTATION = 4
"""Sheets before one is written again."""
MOST = 8
"""Sheets kept; if all are being read, the oldest is left to its readers and replaced."""


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """What lies over the panes at its place, and the panes as they are below it."""

    cover: Cover
    below: Planes


class Sheet:
    """One canvas in memory and what it shows: `held[k]` describes the content of `rects[k]`.

    New memory holds anything: `rects` is None until it is written.
    `covered` are the places where something lies over the panes, none of which overlap.
    `memory` has shape (height * 3 // 2, width): luma, then both chroma planes, without gaps, which
    is what VideoFrame.from_numpy_buffer takes.
    """

    def __init__(self, width: int, height: int) -> None:
        self.memory = np.empty((height * 3 // 2, width), np.uint8)
        self.rects: tuple[PixelRect, ...] | None = None
        self.held: list[Any] = []
        self.covered: list[Covered] = []
        self._width, self._height = width, height
        self._unread = sys.getrefcount(self.memory)

    def begin(self, rects: tuple[PixelRect, ...], held: list[Any]) -> None:
        """Its content is no longer what it was, with nothing laid over it."""
        self.rects, self.held = rects, held
        self.covered.clear()

    def shows(self, panes: list[Any], covers: tuple[Cover, ...]) -> bool:
        """True if that is what its panes show, and what lies over them."""
        return self.held == panes and tuple(c.cover for c in self.covered) == covers

    def cover(self, cover: Cover) -> None:
        """Lay it over the panes, which are kept."""
        there = part(self.planes(), cover.rect)
        self.covered.append(Covered(cover, (there[0].copy(), there[1].copy(), there[2].copy())))
        cover.lay(there)

    def uncover(self, covered: Covered) -> None:
        """Show the panes again at its place."""
        self.covered.remove(covered)
        copy(part(self.planes(), covered.cover.rect), covered.below)

    def copy_panes(self, other: "Sheet", rect: PixelRect) -> None:
        """What the panes of another sheet show within `rect`, without what lies over them."""
        copy(part(self.planes(), rect), part(other.planes(), rect))
        for covered in other.covered:
            place = covered.cover.rect
            if place.overlaps(rect):
                shared = place.shared(rect)
                inside = PixelRect(shared.x - place.x, shared.y - place.y, shared.w, shared.h)
                copy(part(self.planes(), shared), part(covered.below, inside))

    def planes(self) -> Planes:
        """New views on the planes; each keeps the sheet from being written while it lives."""
        width, height = self._width, self._height
        half = width * height // 4
        chroma = self.memory[height:].reshape(-1)
        shape = (height // 2, width // 2)
        return (
            self.memory[:height],
            chroma[:half].reshape(shape),
            chroma[half:].reshape(shape),
        )

    @property
    def read(self) -> bool:
        """True while anybody has a view on the memory: a picture, an encoder's frame, an array.

        Every NumPy view, and whatever shares the buffer, counts as a reference to the array that
        owns the memory; so no reader has to say that it is done.
        """
        return sys.getrefcount(self.memory) > self._unread


class SheetPool:
    """Hands out the sheet that was written longest ago and is not being read.

    `abandoned` counts the sheets left to readers that kept too many.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._sheets: list[Sheet] = []
        self.abandoned = 0

    def take(self) -> Sheet:
        """A sheet to write; it becomes the newest."""
        sheet = self._unread() if len(self._sheets) >= ROTATION else None
        if sheet is not None:
            self._sheets.remove(sheet)
        else:
            if len(self._sheets) >= MOST:
                self._sheets.pop(0)
                self.abandoned += 1
            sheet = Sheet(*self._size)
        self._sheets.append(sheet)
        return sheet

    def _unread(self) -> Sheet | None:
        return next((sheet for sheet in self._sheets if not sheet.read), None)
