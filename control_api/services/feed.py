"""The event feed: one publisher, many readers, each with a bounded backlog."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from mcu_core.media.clock import NS_PER_SECOND

BACKLOG = 256
"""Events that may wait for one reader: some ten seconds of a lively conference."""

MOST_READERS = 500
MOST_OF_ONE = 100
"""Readers of one name, so that nobody who was let in keeps all others out."""

LEVELS = "levels"
LEVELS_PER_SECOND = 10


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event: its name, the conference that it is about (empty: the system), its JSON.

    `public` is the JSON for guests, who are shown less.
    """

    name: str
    conference: str
    data: str
    public: str


Sees = Callable[[str], bool]


def everything(_conference: str) -> bool:
    """For readers who may see all conferences."""
    return True


class Reader:
    """One reader's backlog. When full, its oldest levels go first; then the reader is cut off."""

    def __init__(
        self, feed: "Feed", conference: str, name: str = "", sees: Sees = everything
    ) -> None:
        self.name = name
        self._sees = sees
        self._feed = feed
        self._conference = conference
        self._events: deque[FeedEvent] = deque()
        self._ready = asyncio.Event()
        self.closed = False

    def offer(self, event: FeedEvent) -> None:
        """Take an event, unless it is about a conference that this reader may not see."""
        if self.closed or (self._conference and event.conference != self._conference):
            return
        if not self._sees(event.conference):
            return
        if len(self._events) >= BACKLOG and not self._make_room():
            self._feed.readers_cut += 1
            self.close()
            return
        self._events.append(event)
        self._ready.set()

    def _make_room(self) -> bool:
        for k, event in enumerate(self._events):
            if event.name == LEVELS:
                del self._events[k]
                self._feed.events_dropped += 1
                return True
        return False

    async def next(self) -> FeedEvent | None:
        """The next event; None once the reader is closed."""
        while not self._events and not self.closed:
            self._ready.clear()
            await self._ready.wait()
        return None if self.closed else self._events.popleft()

    def close(self) -> None:
        """End this reader; safe twice."""
        self.closed = True
        self._events.clear()
        self._ready.set()
        self._feed.forget(self)


class Feed:
    """Hands each event to all readers; never waits for one. Counters say what was lost."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._closed = False
        self._encoder = msgspec.json.Encoder()
        self.events_dropped = 0
        self.readers_cut = 0

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    @property
    def readers(self) -> int:
        """How many read."""
        return len(self._readers)

    def full(self, name: str) -> bool:
        """Whether one more reader, or one more of that name, would be too many."""
        own = sum(reader.name == name for reader in self._readers)
        return len(self._readers) >= MOST_READERS or own >= MOST_OF_ONE

    def publish(self, name: str, conference: str, data: object, public: object = None) -> None:
        """Tell all readers; `data` and what guests see instead are made of plain JSON values."""
        if not self._readers:
            return
        text = self._encoder.encode(data).decode()
        guests = text if public is None else self._encoder.encode(public).decode()
        event = FeedEvent(name, conference, text, guests)
        for reader in list(self._readers):
            reader.offer(event)

    def subscribe(self, conference: str = "", name: str = "", sees: Sees = everything) -> Reader:
        """A new reader of all events, or of one conference's, or of those that it may see (asked
        with the conference's id, empty for what is about the system); close it at the end."""
        reader = Reader(self, conference, name, sees)
        self._readers.add(reader)
        if self._closed:
            reader.close()
        return reader

    def forget(self, reader: Reader) -> None:
        """A reader has ended."""
        self._readers.discard(reader)

    def close(self) -> None:
        """End all readers, also those that still come; safe twice."""
        self._closed = True
        for reader in list(self._readers):
            reader.close()


class Pace:
    """Lets so many pass per second and a few in a row: a virtual schedule (GCRA), pure."""

    def __init__(self, per_second: int = LEVELS_PER_SECOND, in_a_row: int = 2) -> None:
        self._step_ns = NS_PER_SECOND // per_second
        self._slack_ns = self._step_ns * (in_a_row - 1)
        self._due_ns = 0

    def passes(self, now_ns: int) -> bool:
        """Whether one may pass now."""
        if now_ns + self._slack_ns < self._due_ns:
            return False
        self._due_ns = max(self._due_ns, now_ns) + self._step_ns
        return True
