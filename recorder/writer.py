"""The thread that writes one recording: a bounded queue in front of slow calls.

The loop never waits for the disk. When the disk is so slow that the queue is full, fragments are
dropped and counted until there is room again; when it fails, the recording fails and says why.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, wall_time
from recorder.errors import StoreFailed
from recorder.files import RecordingFiles, Room
from recorder.fragments import Fragment
from recorder.journal import FragmentWritten, Record, Stopped
from recorder.tallies import RecorderTallies
from recorder.timed import Datum

log = structlog.get_logger()

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""What may wait for the disk: half a minute of a recording at 2 Mbit/s."""

MAX_WAITING_ITEMS = 4096

ROOM = Room()

SYNC_NS = NS_PER_SECOND
"""The longest that written data waits to be safe from a power cut."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A record whose writing somebody waits for."""

    record: Record
    done: "asyncio.Future[None]"


Item = Fragment | Record | Asked | Datum


class Writer:
    """Owns the thread and the files. `stop` ends both; nothing is called back after it returned.

    `on_stored` (a fragment is in its file and journal) and `on_failed` are called on the loop.
    """

    def __init__(
        self,
        open_files: Callable[[], RecordingFiles],
        clock: Clock,
        tallies: RecorderTallies,
        on_stored: Callable[[FragmentWritten], None],
        on_failed: Callable[[McuError], None],
        room: Room = ROOM,
    ) -> None:
        self._open_files = open_files
        self._clock = clock
        self._tallies = tallies
        self._on_stored = on_stored
        self._on_failed = on_failed
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._items: deque[Item] = deque()
        self._waiting_bytes = 0
        self._stopping = False
        self._failed = False
        self._synced_ns = clock.now_ns()
        self._dirty = False
        self.stored_bytes = 0
        self._thread = threading.Thread(target=self._run, name="recording-writer")

    def start(self) -> None:
        """Begin; the files are opened in the thread."""
        self._thread.start()

    def offer(self, item: Item) -> bool:
        """Queue a fragment or an event; False when it was dropped (counted if a fragment)."""
        size = len(item.data) if isinstance(item, Fragment) else 0
        with self._changed:
            if self._stopping or self._failed:
                return False
            over = self._waiting_bytes + size > MAX_WAITING_BYTES
            if (size and over) or len(self._items) >= MAX_WAITING_ITEMS:
                self._tallies.recorder_fragments_dropped_total += bool(size)
                return False
            self._items.append(item)
            self._waiting_bytes += size
            self._changed.notify()
        return True

    async def note(self, record: Record, timeout_s: float) -> bool:
        """Write an event and wait until it is in the journal; False when it did not get there."""
        asked = Asked(record, self._loop.create_future())
        if not self.offer(asked):
            return False
        try:
            async with asyncio.timeout(timeout_s):
                await asked.done
        except TimeoutError:
            return False
        return True

    async def stop(self, last: Stopped | None) -> None:
        """Write what waits, then `last`; close, and wait for the thread. Safe twice."""
        with self._changed:
            if not self._stopping and last is not None:
                self._items.append(last)
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        files: RecordingFiles | None = None
        try:
            files = self._open_files()
            self.stored_bytes = files.stored_bytes
            while (items := self._take()) is not None:
                for item in items:
                    self._write(files, item)
                self._sync_if_due(files)
            files.sync()
        except McuError as error:
            self._fail(files, error)
        except Exception as error:
            log.exception("recording writer broke")
            self._fail(files, StoreFailed(f"the writer broke: {error!r}"))
        finally:
            if files is not None:
                files.close()

    def _take(self) -> list[Item] | None:
        """What waits; nothing when a sync is due first, None when there will be no more."""
        with self._changed:
            while not self._items and not self._stopping:
                due_s = (self._synced_ns + SYNC_NS - self._clock.now_ns()) / NS_PER_SECOND
                if not self._changed.wait(max(0.0, due_s) if self._dirty else None):
                    return []
            if not self._items:
                return None
            items = list(self._items)
            self._items.clear()
            return items

    def _write(self, files: RecordingFiles, item: Item) -> None:
        self._dirty = True
        if isinstance(item, Datum):
            files.add(item)
            return
        if not isinstance(item, Fragment):
            files.note(item.record if isinstance(item, Asked) else item)
            if isinstance(item, Asked):
                self._loop.call_soon_threadsafe(_settle, item.done)
            self._synced_ns = 0  # an event goes to the disk at once
            return
        record = files.put(item)
        with self._changed:
            self._waiting_bytes -= len(item.data)
        self.stored_bytes = files.stored_bytes
        self._loop.call_soon_threadsafe(self._on_stored, record)

    def _sync_if_due(self, files: RecordingFiles) -> None:
        begin_ns = self._clock.now_ns()
        if not self._dirty or begin_ns - self._synced_ns < SYNC_NS:
            return
        files.sync()
        files.check_room(self._room)
        self._synced_ns = self._clock.now_ns()
        self._dirty = False
        took_ms = (self._synced_ns - begin_ns) / NS_PER_MS
        self._tallies.recorder_syncs_total += 1
        self._tallies.recorder_sync_longest_ms = max(
            self._tallies.recorder_sync_longest_ms, took_ms
        )

    def _fail(self, files: RecordingFiles | None, error: McuError) -> None:
        with self._changed:
            self._failed = True
            self._items.clear()
            self._waiting_bytes = 0
        if files is not None:
            files.give_back_reserve()
            try:
                files.note(Stopped(wall_time().isoformat(), failed=True, reason=str(error)))
                files.sync()
            except StoreFailed as again:
                log.warning("the journal cannot even say that it failed", reason=str(again))
        self._loop.call_soon_threadsafe(self._on_failed, error)


def _settle(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
