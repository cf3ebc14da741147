"""Moving recordings that have ended to an archive by themselves, one at a time."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from control_api.persistence.library import Found, Search
from control_api.services.own_tasks import OwnTasks
from mcu_core.errors import McuError, Refused
from mcu_core.media.clock import wall_time_s
from recorder.catalogue import Catalogue
from recorder.contract import RecordingInfo, RecordingState

log = structlog.get_logger()

EVERY_S = 300.0
DAY_S = 86_400.0
LONGEST_S = 6 * 3600.0
"""What takes longer is tried again: the disk of eight hours' 1080p in a quarter of that."""


class Archiver:
    """Owns one task, and the processes that copy (recorder/archive.py).

    `url` empty: nothing is moved. `find` is the library's, `changed` is told of what was moved.
    """

    def __init__(
        self,
        url: str,
        after_days: float,
        catalogue: Catalogue,
        find: Callable[[Search], Awaitable[Found]],
        changed: Callable[[RecordingInfo], Awaitable[None]],
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._url = url
        self._after_days = after_days
        self._catalogue = catalogue
        self._find = find
        self._changed = changed
        self._wall_s = wall_s
        self._one = asyncio.Lock()
        self._tasks = OwnTasks()

    def start(self) -> None:
        """Begin to look, if there is an archive."""
        if self._url:
            self._tasks.start(self._run(), "archiver")

    async def stop(self) -> None:
        """End what is under way and wait for it; safe twice. It is taken up again later."""
        await self._tasks.stop()

    async def move(self, recording: str, archived: bool) -> RecordingInfo:
        """Move a recording to the archive, or back to its disk; answers when that is done.

        Raises NotFound, Refused while it runs, where there is no archive, or with the reason.
        """
        info = await asyncio.to_thread(self._catalogue.info, recording)
        if info.archived == archived:
            return info
        if archived and not self._url:
            raise Refused("there is no archive: set MCU_CONTROL_ARCHIVE")
        folder = self._catalogue.folder(recording)
        async with self._one:
            await _run("back" if not archived else self._url, folder)
        info = await asyncio.to_thread(self._catalogue.info, recording)
        await self._changed(info)
        return info

    async def sweep(self) -> int:
        """Move all that is old enough; how many went."""
        until_s = self._wall_s() - self._after_days * DAY_S
        gone = skip = 0
        while page := (await self._find(_ended(until_s, skip))).infos:
            for info in (one for one in page if not one.archived):
                try:
                    await self.move(info.id, True)
                except McuError as error:
                    log.warning("not archived", recording=info.id, reason=str(error))
                    return gone  # most likely the archive: the rest would wait as long
                gone += 1
                log.info("archived", recording=info.id)
            skip += len(page)
        return gone

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except McuError as error:
                log.warning("the archive waits", reason=str(error))
            except Exception:  # else the disk would fill
                log.exception("archiving broke")
            await asyncio.sleep(EVERY_S)


def _ended(until_s: float, skip: int) -> Search:
    return Search(until_s=until_s, state=RecordingState.DONE.value, limit=500, skip=skip)


async def _run(url: str, folder: Path) -> None:
    """The copying process; raises Refused with what it says. It ends when this is cancelled."""
    words = (sys.executable, "-m", "recorder.archive", url, str(folder))
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(LONGEST_S):
            _, said = await process.communicate()
    except TimeoutError as error:
        raise Refused("the archive is too slow") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise Refused(last[0] if last else "the copying process broke")
