"""The memory of canvases: a few sheets in rotation, rewritten only when nobody looks at them."""

import sys
from typing import Any

import numpy as np

from mcu_core.compositor.scene import PixelRect
from mcu_core.media.picture import Plane

ROTATION = 4
"""Sheets before one is written again."""
MOST = 8
"""Sheets kept; if all are being read, the oldest is left to its readers and replaced."""


class Sheet:
    """One canvas in memory and what it shows: `held[k]` describes the content of `rects[k]`.

    `memory` has shape (height * 3 // 2, width): luma, then both chroma planes, without gaps, which
    is what VideoFrame.from_numpy_buffer takes.
    """

    def __init__(self, width: int, height: int) -> None:
        self.memory = np.empty((height * 3 // 2, width), np.uint8)
        self.rects: tuple[PixelRect, ...] = ()
        self.held: list[Any] = []
        self._width, self._height = width, height
        self._unread = sys.getrefcount(self.memory)

    def planes(self) -> tuple[Plane, Plane, Plane]:
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
