"""Deleting recordings that are older than they are to be kept, those on hold apart."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from control_api.persistence.library import Found, Search
from control_api.services.own_tasks import OwnTasks
from mcu_core.errors import McuError
from mcu_core.media.clock import wall_time_s
from recorder.contract import RecordingInfo, RecordingState

log = structlog.get_logger()

EVERY_S = 600.0
DAY_S = 86_400.0
AT_ONCE = 100
ENDED = (RecordingState.DONE, RecordingState.FAILED, RecordingState.INTERRUPTED)


class Retention:
    """Owns one task; `keep_days` 0 keeps for ever. `find` and `delete` are the library's."""

    def __init__(
        self,
        keep_days: float,
        find: Callable[[Search], Awaitable[Found]],
        delete: Callable[[str], Awaitable[None]],
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._keep_days = keep_days
        self._find = find
        self._delete = delete
        self._wall_s = wall_s
        self._tasks = OwnTasks()

    def start(self) -> None:
        """Begin to look, if anything is to be deleted at all."""
        if self._keep_days:
            self._tasks.start(self._run(), "retention")

    async def stop(self) -> None:
        """End and wait for it; safe twice."""
        await self._tasks.stop()

    async def expired(self) -> list[RecordingInfo]:
        """What would be deleted now, oldest last; those that run or are on hold are not."""
        until_s = self._wall_s() - self._keep_days * DAY_S
        expired: list[RecordingInfo] = []
        skip = 0
        while len(expired) < AT_ONCE:
            page = (await self._find(Search(until_s=until_s, limit=1000, skip=skip))).infos
            expired += [info for info in page if info.state in ENDED and not info.tags.hold]
            skip += len(page)
            if not page:
                break
        return expired[:AT_ONCE]

    async def sweep(self) -> int:
        """Delete what has expired, AT_ONCE at most; how many went."""
        gone = 0
        for info in await self.expired():
            try:
                await self._delete(info.id)
            except McuError as error:
                log.warning("not deleted", recording=info.id, reason=str(error))
                continue
            gone += 1
            log.info("deleted, as it was older than recordings are kept", recording=info.id)
        return gone

    async def _run(self) -> None:
        while True:
            try:
                gone = await self.sweep()
            except McuError as error:
                log.warning("retention waits", reason=str(error))
                gone = 0
            except Exception:  # else the disk would fill
                log.exception("retention broke")
                gone = 0
            if gone < AT_ONCE:
                await asyncio.sleep(EVERY_S)
