"""Ahead: what an input yields, made by a pool's threads shortly before it is wanted.

A batch is in hand while the next one is being made, so never more than two exist. A whole batch is
made in one go, by one thread: what a decoder needs stays in that core's cache, and threads meet
once a batch. What comes out does not depend on how many threads there are, nor on their pace.
"""

from collections.abc import Generator
from concurrent.futures import Executor, Future, wait
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """Hands out the items of a generator in their order, made `size` at a time in `pool`."""

    def __init__(self, items: Generator[Item, None, None], size: int, pool: Executor) -> None:
        self._items = items
        self._size = size
        self._pool = pool
        self._in_hand: list[Item] = []
        self._coming: Future[list[Item]] | None = pool.submit(self._make)

    def next(self) -> Item | None:
        """The next one, waited for; None for ever after the last. Raises what the maker raised."""
        return None if self.ended else self._in_hand.pop()

    @property
    def ended(self) -> bool:
        """Whether there are no more, which may have to be waited for."""
        if not self._in_hand and self._coming is not None:
            made = self._coming.result()
            self._coming = self._pool.submit(self._make) if len(made) == self._size else None
            self._in_hand = made[::-1]
        return not self._in_hand

    def close(self) -> None:
        """End the generator, once no thread is at it any more; safe twice."""
        if self._coming is not None and not self._coming.cancel():
            wait((self._coming,))
        self._coming = None
        self._in_hand.clear()
        self._items.close()

    def _make(self) -> list[Item]:
        return list(islice(self._items, self._size))
