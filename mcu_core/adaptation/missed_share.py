"""How many of the packets sent lately a receiver has asked for again. Pure.

Reports tell of losses once a second, and packets that were sent again hide them there; requests for
these come at once, and hide nothing.
"""

from collections import deque
from collections.abc import Iterable

WINDOW, LATELY = 100, 40
"""Packets up to the newest one that was asked for: those that are judged, and those that tell how
it is now."""

COLLAPSE = 0.6
"""So many of them are lost by no network but one that is full: with a fifth lost in bursts of five
it is a third of them in one second of ten, and half in one of a thousand."""


class MissedShare:
    """Follows one stream, whose packets are counted from 0 on."""

    def __init__(self) -> None:
        self._asked: set[int] = set()
        self._order: deque[int] = deque()
        self._newest = -1
        self._from = 0

    def asked(self, numbers: Iterable[int]) -> float:
        """Packets of these numbers are asked for, once more or for the first time; the share 0..1
        of the latest packets that are missing, where that is a collapse, else 0. Where all are, it
        is 0: a path that is full lets some through, one that was broken none, and is no narrower
        now. What was found once is not found again: then as many packets must have been sent since.
        """
        for number in numbers:
            recent = number >= self._from and number > self._newest - WINDOW
            if recent and number not in self._asked:
                self._asked.add(number)
                self._order.append(number)
                self._newest = max(self._newest, number)
        while self._order and self._order[0] <= self._newest - WINDOW:
            self._asked.discard(self._order.popleft())
        if len(self._asked) < COLLAPSE * WINDOW:
            return 0.0
        lately = sum(number > self._newest - LATELY for number in self._asked)
        self._asked.clear()
        self._order.clear()
        self._from = self._newest + 1
        return lately / LATELY if lately < LATELY else 0.0
