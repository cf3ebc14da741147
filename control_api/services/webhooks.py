"""Webhooks: events of the feed are posted to other systems, signed, and again until they take them.

Each receiver has a queue of its own, so that one that is away keeps nothing from the others. What
waits is in the database, too: a restart goes on where it was, so an event may come twice, with the
same id. What a queue has no room for is dropped, the oldest first; what nobody takes for hours is
given up and kept to be tried again by hand; both are counted.
"""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace

import msgspec
import structlog

from control_api.persistence.hooks import HookRows, WaitingHook
from control_api.services.feed import Feed, FeedEvent, Reader
from control_api.services.hook_target import Network, NotDelivered, Target, deliver, signature
from mcu_core.errors import McuError
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()

MOST_WAITING = 1000
PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 3600.0, 3600.0)
"""Before the second try, the third, and so on; after the last one an event is given up."""

READER = "webhooks"
Deliver = Callable[[Target, Iterable[Network], Iterable[tuple[str, str]], bytes], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


class Queue:
    """What waits for one receiver; `name` stands for it in the database."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.name = hashlib.sha256(f"{target.shown}{target.path}".encode()).hexdigest()[:32]
        self.waiting: deque[WaitingHook] = deque()
        self.under_way = 0
        """The number of the one that is being told."""
        self.ready = asyncio.Event()
        self.delivered = self.dropped = self.failed = self.dead = 0

    def offer(self, hook: WaitingHook) -> WaitingHook | None:
        """Take one; the oldest, which is given back, goes where there is no room."""
        gone = None
        if len(self.waiting) >= MOST_WAITING:
            gone = self.waiting.popleft()
            self.dropped += 1
        self.waiting.append(hook)
        self.ready.set()
        return gone


class Webhooks:
    """Owns a task for the feed and one for each receiver; `open`, `start`, `stop` are its life.

    `names`: the events that are told. A body is `{"id", "event", "at", "conference", "data"}`.
    """

    def __init__(
        self,
        rows: HookRows,
        feed: Feed,
        targets: Iterable[Target],
        networks: Iterable[Network],
        secret: str,
        names: Collection[str],
        wall_s: Callable[[], float] = wall_time_s,
        send: Deliver = deliver,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rows = rows
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
        self.unkept = 0
        """Changes that the database did not take: a restart would forget, or tell twice."""
        self._last = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._changes: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take up what an earlier process of ours did not get rid of."""
        await self._rows.keep_only({queue.name for queue in self.queues} or {""})
        self._last = await self._rows.last_number()
        for queue in self.queues:
            await self._load(queue)

    async def _load(self, queue: Queue) -> None:
        for hook in await self._rows.waiting(queue.name):
            if hook.number != queue.under_way:
                queue.offer(hook)
        queue.dead = await self._rows.dead(queue.name)

    async def revive(self) -> None:
        """Try again what was given up; raises NotStored."""
        for queue in self.queues:
            if queue.dead:
                await self._rows.revive(queue.name)
                queue.waiting.clear()  # all of it is in the rows
                await self._load(queue)

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
        """End and wait for it; safe twice. What waits is kept."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await asyncio.gather(*self._changes)

    async def _listen(self, reader: Reader) -> None:
        try:
            while not self._feed.closed:
                event = await reader.next()
                if event is not None:
                    await self._take(event)
                elif not self._feed.closed:
                    self.missed += 1
                    reader = self._feed.subscribe(name=READER)
        finally:
            reader.close()

    async def _take(self, event: FeedEvent) -> None:
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
        body = msgspec.json.encode(told).decode()
        hooks = []
        for queue in self.queues:
            self._last += 1
            hooks.append(WaitingHook(self._last, queue.name, number, event.name, body))
        await self._keep(self._rows.put(hooks))
        for queue, hook in zip(self.queues, hooks, strict=True):
            gone = queue.offer(hook)
            if gone is not None:
                await self._keep(self._rows.remove(gone.number))

    async def _keep(self, change: Awaitable[None]) -> None:
        """Note it, also where we are stopped meanwhile: what was taken must not be told twice."""
        task = asyncio.create_task(self._kept(change), name="webhook kept")
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        await asyncio.shield(task)

    async def _kept(self, change: Awaitable[None]) -> None:
        """Events are told also while the disk is full."""
        try:
            await change
        except McuError as error:
            self.unkept += 1
            log.warning("webhook not kept", reason=str(error))
        except Exception:  # else nothing would be told any more
            self.unkept += 1
            log.exception("keeping a webhook broke")

    async def _empty(self, queue: Queue) -> None:
        while True:
            queue.ready.clear()
            while queue.waiting:
                hook = queue.waiting.popleft()
                queue.under_way = hook.number
                await self._tell(queue, hook)
                queue.under_way = 0
            await queue.ready.wait()

    async def _tell(self, queue: Queue, hook: WaitingHook) -> None:
        wait_s = hook.due_s - self._wall_s()
        if wait_s > 0:  # tried before a restart
            await self._sleep(min(wait_s, PAUSES_S[-1]))
        while hook.tries <= len(PAUSES_S):
            body = hook.body.encode()
            try:
                await self._send(queue.target, self._networks, self._headers(hook, body), body)
            except NotDelivered as error:
                queue.failed += 1
                log.warning("webhook", reason=str(error), event_name=hook.name, tries=hook.tries)
            else:
                queue.delivered += 1
                await self._keep(self._rows.remove(hook.number))
                return
            hook = replace(hook, tries=hook.tries + 1)
            if hook.tries <= len(PAUSES_S):
                pause_s = PAUSES_S[hook.tries - 1]
                due_s = self._wall_s() + pause_s
                await self._keep(self._rows.tried(hook.number, hook.tries, due_s))
                await self._sleep(pause_s)
        queue.dead += 1
        await self._keep(self._rows.bury(hook, self._wall_s()))

    def _headers(self, hook: WaitingHook, body: bytes) -> list[tuple[str, str]]:
        now = int(self._wall_s())
        return [
            ("X-MCU-Event", hook.name),
            ("X-MCU-Delivery", hook.id),
            ("X-MCU-Timestamp", str(now)),
            ("X-MCU-Signature", f"sha256={signature(self._secret, now, body)}"),
        ]
