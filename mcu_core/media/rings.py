"""A bounded queue that drops and counts: the only kind of queue between stages."""

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """A thread-safe queue of at most `limit` items; when full, the oldest goes and is counted."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"ring limit {limit} is not positive")
        self._items: deque[T] = deque()
        self._limit = limit
        self._changed = Condition()
        self._closed = False
        self.dropped = 0

    def push(self, item: T) -> bool:
        """Add an item; False if an older one had to go for it, or the ring is closed."""
        with self._changed:
            if self._closed:
                return False
            full = len(self._items) >= self._limit
            if full:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._changed.notify()
            return not full

    def pop(self, timeout_s: float | None = None) -> T | None:
        """Take the oldest item, waiting `timeout_s` at most (None: for ever); None if none came."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._items) or self._closed, timeout_s)
            return self._items.popleft() if self._items else None

    def clear(self) -> int:
        """Drop everything that waits; the number dropped, which is counted too."""
        with self._changed:
            count = len(self._items)
            self._items.clear()
            self.dropped += count
            return count

    def close(self) -> None:
        """Wake all who wait; what is still inside can be popped, nothing more comes in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """True after close()."""
        return self._closed

    def __len__(self) -> int:
        return len(self._items)
