"""The library: a table of all recordings, kept in step with the store, and what is asked of it."""

import asyncio
from dataclasses import dataclass

import structlog

from control_api.errors import NotStored
from control_api.persistence.library import Found, LibraryRows, Search
from mcu_core.errors import McuError
from recorder.catalogue import Catalogue
from recorder.contract import RecordingInfo, RecordingState
from recorder.export import Span
from recorder.package import Package

log = structlog.get_logger()

MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Whose:
    """What decides who may see a recording: its conference, and the groups that its tag names."""

    conference: str
    group: str


ENDED = (RecordingState.DONE, RecordingState.FAILED)


class Library:
    """Answers from the table; reads the store only where that has changed since."""

    def __init__(self, rows: LibraryRows, catalogue: Catalogue) -> None:
        self._rows = rows
        self._catalogue = catalogue
        self._store_seen: tuple[int, ...] = ()
        self._whose: dict[str, Whose] = {}
        self._refreshing = asyncio.Lock()

    async def find(self, search: Search) -> Found:
        """A page of recordings, newest first; what is being recorded is told as it is now."""
        await self._refresh()
        found = await self._rows.find(search)
        infos = await asyncio.to_thread(self._as_they_are, found.infos)
        return Found(infos, found.total, found.size_bytes)

    async def package(self, recording: str, span: Span | None = None) -> Package:
        """It, or a part of it, to be watched without a server; raises NotFound, BadInput,
        BrokenRecording."""
        return await asyncio.to_thread(self._catalogue.package, recording, span)

    async def whose(self, recording: str) -> Whose:
        """Whose a recording is, as players ask many times a second; raises NotFound."""
        known = self._whose.get(recording)
        if known is None:
            known = self._know(await asyncio.to_thread(self._catalogue.info, recording))
        return known

    def _know(self, info: RecordingInfo) -> Whose:
        if len(self._whose) >= MOST_KNOWN:
            self._whose.clear()
        whose = self._whose[info.id] = Whose(info.conference, info.tags.group)
        return whose

    async def put(self, info: RecordingInfo) -> None:
        """A recording has changed; on a full disk the table learns of it later."""
        self._know(info)
        try:
            await self._rows.put([(info, "")])
        except NotStored:
            self._store_seen = ()

    async def remove(self, recording: str) -> None:
        """A recording is gone."""
        self._whose.pop(recording, None)
        try:
            await self._rows.remove([recording])
        except NotStored:
            self._store_seen = ()

    def _as_they_are(self, infos: list[RecordingInfo]) -> list[RecordingInfo]:
        return [info if info.state in ENDED else self._now(info) for info in infos]

    def _now(self, info: RecordingInfo) -> RecordingInfo:
        try:
            return self._catalogue.info(info.id)
        except McuError:
            return info

    async def _refresh(self) -> None:
        """Bring the table up to the store, if recordings came or went."""
        async with self._refreshing:
            store_seen = await asyncio.to_thread(self._catalogue.looked)
            if store_seen == self._store_seen:
                return
            known = await self._rows.seen()
            there = await asyncio.to_thread(self._catalogue.seen)
            fresh = [name for name, seen in there.items() if known.get(name) != seen]
            infos = await asyncio.to_thread(self._read, fresh)
            for name in {*fresh, *(known.keys() - there.keys())}:
                self._whose.pop(name, None)
            try:
                await self._rows.put([(info, there[info.id]) for info in infos])
                await self._rows.remove(known.keys() - there.keys())
            except NotStored as error:
                log.warning("the library lags behind the store", reason=str(error))
                return
            self._store_seen = store_seen

    def _read(self, names: list[str]) -> list[RecordingInfo]:
        infos = []
        for name in names:
            try:
                infos.append(self._catalogue.info(name))
            except McuError:
                continue
        return infos
