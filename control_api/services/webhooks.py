"""Webhooks: events of the feed are posted to other systems, signed, and again until they take them.

Each receiver has a queue of its own, so that one that is away keeps nothing from the others. What
a queue has no room for, or nobody takes for hours, is dropped, the oldest first, and counted.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

import msgspec
import structlog

from control_api.services.feed import Feed, FeedEvent, Reader
from control_api.services.hook_target import Network, NotDelivered, Target, deliver, signature
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()

MOST_WAITING = 1000
PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 3600.0, 3600.0)
"""Before the second try, the third, and so on; after the last one an event is dropped."""

READER = "webhooks"
Deliver = Callable[[Target, Iterable[Network], Iterable[tuple[str, str]], bytes], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: str
    name: str
    at_s: float
    body: bytes


class Queue:
    """What waits for one receiver."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.waiting: deque[_Waiting] = deque()
        self.ready = asyncio.Event()
        self.delivered = self.dropped = self.failed = 0

    def offer(self, event: _Waiting) -> None:
        """Take one; the oldest goes where there is no room."""
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.popleft()
            self.dropped += 1
        self.waiting.append(event)
        self.ready.set()


class Webhooks:
    """Owns a task for the feed and one for each receiver; `start` and `stop` are its life.

    `names`: the events that are told. A body is `{"id", "event", "at", "conference", "data"}`.
    """

    def __init__(
        self,
        feed: Feed,
        targets: Iterable[Target],
        networks: Iterable[Network],
        secret: str,
        names: Collection[str],
        wall_s: Callable[[], float] = wall_time_s,
        send: Deliver = deliver,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._feed = feed
        self._networks = tuple(networks)
        self._secret = secret
        self._names = frozenset(names)
        self._wall_s = wall_s
        self._send = send
        self._sleep = sleep
        self.queues = [Queue(target) for target in targets]
        self.missed = 0
        """How often the feed cut us off for being slow, and events were lost."""
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen and to tell, if there is anybody to tell."""
        if not self.queues:
            return
        reader = self._feed.subscribe(name=READER)
        self._tasks = [asyncio.create_task(self._listen(reader), name="webhooks")]
        self._tasks += [
            asyncio.create_task(self._empty(queue), name=f"webhook {queue.target.host}")
            for queue in self.queues
        ]

    async def stop(self) -> None:
        """End and wait for it; safe twice. What waits is lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _listen(self, reader: Reader) -> None:
        try:
            while not self._feed.closed:
                event = await reader.next()
                if event is not None:
                    self._take(event)
                elif not self._feed.closed:
                    self.missed += 1
                    reader = self._feed.subscribe(name=READER)
        finally:
            reader.close()

    def _take(self, event: FeedEvent) -> None:
        if event.name not in self._names:
            return
        number, at_s = secrets.token_hex(8), self._wall_s()
        told = {
            "id": number,
            "event": event.name,
            "at": at_s,
            "conference": event.conference,
            "data": msgspec.Raw(event.data.encode()),
        }
        waiting = _Waiting(number, event.name, at_s, msgspec.json.encode(told))
        for queue in self.queues:
            queue.offer(waiting)

    async def _empty(self, queue: Queue) -> None:
        while True:
            queue.ready.clear()
            while queue.waiting:
                await self._tell(queue, queue.waiting.popleft())
            await queue.ready.wait()

    async def _tell(self, queue: Queue, event: _Waiting) -> None:
        for pause_s in (*PAUSES_S, None):
            try:
                await self._send(queue.target, self._networks, self._headers(event), event.body)
            except NotDelivered as error:
                queue.failed += 1
                log.warning("webhook", reason=str(error), event_name=event.name, again_s=pause_s)
            else:
                queue.delivered += 1
                return
            if pause_s is not None:
                await self._sleep(pause_s)
        queue.dropped += 1

    def _headers(self, event: _Waiting) -> list[tuple[str, str]]:
        now = int(self._wall_s())
        return [
            ("X-MCU-Event", event.name),
            ("X-MCU-Delivery", event.id),
            ("X-MCU-Timestamp", str(now)),
            ("X-MCU-Signature", f"sha256={signature(self._secret, now, event.body)}"),
        ]
