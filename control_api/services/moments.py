"""Use cases: finding a moment within recordings by what slides, marks, titles and tags say.

What is found stands in a table made from files. One task keeps it in step with the library, and
has slides of recordings that have ended read (recorder/slides.py), one recording after the other.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog

from control_api.errors import NotStored
from control_api.persistence.grams import compared
from control_api.persistence.library import Found, Search
from control_api.persistence.moments import NOT_READ, Asked, Hit, Moment, MomentRows, Unread
from control_api.services.documents import LEFT_TO_IT
from control_api.services.own_tasks import OwnTasks
from mcu_core.errors import McuError
from recorder.catalogue import Catalogue
from recorder.index import read_index
from recorder.slide_texts import MISSING, Slide, slides_of

log = structlog.get_logger()

EVERY_S = 30.0
AT_ONCE = 50
LONGEST_S = 4 * 3600.0
MOST_TRIES = 3
SNIPPET = 160
TOLD_OFTEN = frozenset({"speaker", "join", "leave", "layout"})
"""Marks that repeat themselves: of each text the first of a recording is enough to be found."""


class Moments:
    """Owns two tasks, and the process that reads slides.

    `find` is the library's, `whose` tells the organisation of a conference. `reads` false: slides
    are not read, only what was read is found.
    """

    def __init__(
        self,
        rows: MomentRows,
        catalogue: Catalogue,
        find: Callable[[Search], Awaitable[Found]],
        whose: Callable[[str], str],
        reads: bool = True,
    ) -> None:
        self._rows = rows
        self._catalogue = catalogue
        self._find = find
        self._whose = whose
        self._reads = reads
        self._tries: dict[str, int] = {}
        self._tasks = OwnTasks()

    def start(self) -> None:
        """Begin to look, and to read."""
        self._tasks.start(self._run(self.sweep), "moments")
        if self._reads:
            self._tasks.start(self._run(self.read), "slides")

    async def stop(self) -> None:
        """End and wait for it; safe twice. Reading goes on where it was at the next start."""
        await self._tasks.stop()

    async def search(self, asked: Asked, limit: int, before: int) -> list[Hit]:
        """The newest moments that are asked for; `before`: older than that hit's id."""
        return await self._rows.find(asked, limit, before)

    async def slides(self, recording: str) -> Sequence[Slide]:
        """What was read of a recording's slides, in their order; raises NotFound."""
        await asyncio.to_thread(self._catalogue.info, recording)
        folder = self._catalogue.folder(recording)
        return (await asyncio.to_thread(slides_of, folder)).slides

    async def sweep(self) -> None:
        """Bring the table up to the library."""
        await self._find(Search(limit=1))  # the library looks at its store first
        await self._rows.tidy()
        while changed := await self._rows.changed(AT_ONCE):
            for one in changed:
                await self._take(one)

    async def read(self) -> None:
        """Have the slides read of all recordings that have ended."""
        while self._reads and (unread := await self._rows.unread(1)):
            (one,) = unread
            code, said = await _process(self._catalogue.folder(one.recording))
            if code == MISSING:
                self._reads = False
                log.warning("slides are not read", reason=said)
                return
            if code:
                self._tries[one.recording] = self._tries.get(one.recording, 0) + 1
                log.warning("slides not read", recording=one.recording, reason=said)
            await self._take(one)

    async def _take(self, one: Unread) -> None:
        """Put what a recording's files say into the table."""
        moments, slides = await asyncio.to_thread(self._moments, one.recording)
        if self._tries.get(one.recording, 0) >= MOST_TRIES:
            slides = max(slides, 0)
        await self._rows.put(one, self._whose(one.conference), moments, slides)

    def _moments(self, recording: str) -> tuple[list[Moment], int]:
        try:
            info = self._catalogue.info(recording)
            folder = self._catalogue.folder(recording)
            index = read_index(folder)
        except McuError:
            return [], 0
        about = (info.title, *info.tags.searched())
        moments = [Moment("title", 0.0, " · ".join(part for part in about if part))]
        told: set[tuple[str, str]] = set()
        for mark in index.marks:
            if mark.text and (mark.kind not in TOLD_OFTEN or (mark.kind, mark.text) not in told):
                moments.append(Moment(mark.kind, mark.at_ms, mark.text))
                told.add((mark.kind, mark.text))
        texts = slides_of(folder)
        moments += [Moment("slide", one.at_ms, one.text) for one in texts.slides if one.text]
        nothing = "content" not in index.tracks
        return _clean(moments), len(texts.slides) if texts.complete or nothing else NOT_READ

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except NotStored as error:
                log.warning("the search waits", reason=str(error))
            except Exception:  # else nothing new would be found any more
                log.exception("the search broke")
            await asyncio.sleep(EVERY_S)


def words_of(text: str) -> tuple[str, ...]:
    """The words to look for, the first eight that have anything to be found by."""
    return tuple(word for word in text.split()[:8] if compared(word))


def snippet(text: str, words: str) -> str:
    """The part of a text around the first of the words, SNIPPET characters at most."""
    even = " ".join(text.split())
    folded = even.casefold()
    places = [folded.find(word) for word in compared(words).split()]
    at = min((place for place in places if place >= 0), default=0)
    begin = max(0, min(at - SNIPPET // 4, len(even) - SNIPPET))
    part = even[begin : begin + SNIPPET]
    return f"{'…' if begin else ''}{part}{'…' if begin + SNIPPET < len(even) else ''}"


def _clean(moments: list[Moment]) -> list[Moment]:
    """Without the sign that PostgreSQL has no place for."""
    return [Moment(one.kind, one.at_ms, one.text.replace("\x00", "")) for one in moments]


async def _process(folder: Path) -> tuple[int, str]:
    """The exit code of reading, and what was said; it ends when this is cancelled."""
    # What it reads strangers drew: it gets what it needs to find the recording, and no secret else.
    env = {name: one for name, one in os.environ.items() if name in LEFT_TO_IT or "AWS" in name}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "recorder.slides", str(folder)),
        stderr=asyncio.subprocess.PIPE,
        env=env,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            _, said = await process.communicate()
    except TimeoutError:
        return -1, "it takes too long"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace").strip()[-300:]
