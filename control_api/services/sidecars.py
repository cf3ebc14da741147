"""Recordings that have just ended are made ready to be opened: long ones, one after the other."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from control_api.errors import NotStored
from control_api.persistence.library import Found, Search
from control_api.services.own_tasks import OwnTasks
from recorder.catalogue import Catalogue
from recorder.journal import JOURNAL_NAME
from recorder.sidecar import ENDED, SIDECAR_NAME

log = structlog.get_logger()

EVERY_S = 15.0
LONGEST_S = 300.0
NEWEST = 100
"""Of the library; what is older has its sidecar made by who opens it first."""

WORTH_BYTES = 4_000_000
"""A shorter journal, half an hour's, is read while a page loads."""


class Sidecars:
    """Owns one task, and the process that it waits for (recorder/sidecar.py)."""

    def __init__(self, catalogue: Catalogue, find: Callable[[Search], Awaitable[Found]]) -> None:
        self._catalogue = catalogue
        self._find = find
        self._tried: set[str] = set()
        self._tasks = OwnTasks()

    def start(self) -> None:
        """Begin to look."""
        self._tasks.start(self._run(), "sidecars")

    async def stop(self) -> None:
        """End and wait for it; safe twice."""
        await self._tasks.stop()

    async def sweep(self) -> int:
        """Make what is missing of the newest recordings; how many. Each is tried once."""
        newest = (await self._find(Search(limit=NEWEST))).infos
        ended = [info.id for info in newest if info.state in ENDED]
        self._tried &= set(ended)  # what was resumed is to be made again
        made = 0
        for name in ended:
            folder = self._catalogue.folder(name)
            if name in self._tried or not await asyncio.to_thread(_is_missing, folder):
                continue
            self._tried.add(name)
            made += await _make(folder)
        return made

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except NotStored as error:
                log.warning("sidecars wait", reason=str(error))
            except Exception:  # else long recordings would open slowly from now on
                log.exception("making sidecars broke")
            await asyncio.sleep(EVERY_S)


def _is_missing(folder: Path) -> bool:
    try:
        if (folder / JOURNAL_NAME).stat().st_size < WORTH_BYTES:
            return False
        return not (folder / SIDECAR_NAME).exists()
    except OSError:
        return False


async def _make(folder: Path) -> bool:
    """Whether the process could be run to its end; it ends when this is cancelled."""
    words = (sys.executable, "-m", "recorder.sidecar", str(folder))
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    said = b""
    try:
        async with asyncio.timeout(LONGEST_S):
            _, said = await process.communicate()
    except TimeoutError:
        said = b"it takes too long"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        log.warning(
            "no sidecar", recording=folder.name, reason=said.decode(errors="replace")[-300:]
        )
    return process.returncode == 0
