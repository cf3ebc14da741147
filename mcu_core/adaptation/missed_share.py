"""How many of the packets sent lately a receiver has asked for again. Pure.

Reports tell of losses once a second, and packets that were sent again hide them there; requests for
these come at once, and hide nothing.
"""

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

WINDOW, LATELY = 100, 40
"""Packets up to the newest one that was asked for: those that are judged, and those that tell how
it is now."""

COLLAPSE = 0.6
"""So many of them are lost by no network but one that is full: with a fifth lost in bursts of five
it is a third of them in one second of ten, and half in one of a thousand."""

FULL_WINDOW, FULL_MISSING, FULL_RUNS = 30, 24, 4
"""Of so many packets so many lost, and the others came one here, one there: a queue that is full
takes a packet whenever one has left it. Bursts of a bad network (a fifth lost, mean five) look like
that a few times in an hour; one that becomes narrow does within a third of a second."""


class MissedShare:
    """Follows one stream, whose packets are counted from 0 on."""

    def __init__(self) -> None:
        self._asked: set[int] = set()
        self._order: deque[int] = deque()
        self._newest = -1
        self._from = self._settled_from = 0

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
        if self._newest < self._settled_from:
            return 0.0
        if self._full():
            return self._found(FULL_WINDOW)
        return self._found(LATELY) if len(self._asked) >= COLLAPSE * WINDOW else 0.0

    def _full(self) -> bool:
        """Whether the latest packets got lost as those do that find a queue full."""
        latest = range(self._newest - FULL_WINDOW + 1, self._newest + 1)
        missing = [number in self._asked for number in latest]
        runs = sum(lost and not next_ for lost, next_ in pairwise(missing))
        return sum(missing) >= FULL_MISSING and runs >= FULL_RUNS

    def _found(self, window: int) -> float:
        """The share missing of so many latest packets, which are forgotten; 0 where all are."""
        lately = sum(number > self._newest - window for number in self._asked)
        self._asked.clear()
        self._order.clear()
        self._from = self._newest + 1
        self._settled_from = self._from + WINDOW
        return lately / window if lately < window else 0.0
