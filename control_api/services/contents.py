"""Use cases: the content (辅流) of conferences, as operators show and withdraw it."""

import asyncio
import secrets
from pathlib import Path

import msgspec

from control_api.errors import NotStored, Throttled
from control_api.services.conferences import Conferences
from control_api.services.documents import FIRST, READERS, Part, converted
from control_api.services.keeper import Keeper
from control_api.services.names import clean_name
from control_api.services.stills import prepared
from control_api.services.views import ConferenceView
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import EndContent, TakeContent
from mcu_core.contract.content import StillSource
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.errors import NotFound

AT_ONCE = 2
"""An image of 40 million pixels takes half a gigabyte while it is unpacked and made smaller."""

MOST_WAITING = 8
"""With those that are at it: each holds its file of up to 20 MB."""


class Contents:
    """Content for callers; keeps the images that are shown in `folder`, a file each."""

    def __init__(
        self, folder: Path, wanted: Wanted, keeper: Keeper, conferences: Conferences
    ) -> None:
        self._folder = folder.resolve()
        self._wanted = wanted
        self._keeper = keeper
        self._conferences = conferences
        self._room = asyncio.Semaphore(AT_ONCE)
        self._preparing = 0

    async def show_still(
        self,
        conference: str,
        data: bytes,
        media_type: str,
        name: str = "",
        part: Part = FIRST,
    ) -> ConferenceView:
        """Show an image, or a part of a document, until it is withdrawn.

        Raises BadInput, TooLarge, Refused, NotStored.
        """
        name = clean_name(name) if name else ""
        png = await self._prepared(data, media_type, part)
        path = self._folder / f"{conference}-{secrets.token_hex(8)}.png"
        self._wanted[conference]  # gone while the image was prepared: nothing is written
        try:
            await asyncio.to_thread(_write, path, png)
        except OSError as error:
            raise NotStored(f"the image cannot be kept: {error.strerror}") from error
        try:
            return await self._show(conference, StillSource(str(path), name))
        except BaseException:
            await asyncio.to_thread(_remove, [path])
            raise

    async def _prepared(self, data: bytes, media_type: str, part: Part) -> bytes:
        """The image as it is kept, AT_ONCE at a time; raises Throttled when too many wait."""
        if self._preparing >= MOST_WAITING:
            raise Throttled("too many images at once", 2)
        self._preparing += 1
        try:
            async with self._room:
                if media_type in READERS:
                    return await converted(data, media_type, part)
                return await asyncio.to_thread(prepared, data, media_type)
        finally:
            self._preparing -= 1

    async def withdraw(self, conference: str) -> ConferenceView:
        """Show the image no more; who shared before it, and still does, is seen again."""
        return await self._show(conference, None)

    async def take(self, conference: str, site: str) -> None:
        """Show the content of a site, over all others and any lock; raises Refused, Away."""
        self._site(conference, site)
        await self._keeper.fleet.call(
            self._wanted[conference].engine, TakeContent(conference, site)
        )

    async def end(self, conference: str, site: str) -> None:
        """Show a site's content no more until it begins anew; raises Away."""
        self._site(conference, site)
        await self._keeper.fleet.call(self._wanted[conference].engine, EndContent(conference, site))

    def _site(self, conference: str, site: str) -> None:
        if all(row.id != site for row in self._wanted[conference].definition.sites):
            raise NotFound("site", site)

    async def _show(self, conference: str, still: StillSource | None) -> ConferenceView:
        before: list[Path] = []

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            if now.content.still is not None:
                before.append(Path(now.content.still.path))
            content = msgspec.structs.replace(now.content, still=still)
            return msgspec.structs.replace(now, content=content)

        view = await self._conferences.amend(conference, edit)
        await asyncio.to_thread(_remove, before)
        return view

    async def tidy(self) -> None:
        """Remove the images that no conference shows; before anybody may push one."""
        shown = [row.definition.content.still for row in self._wanted.all()]
        kept = {Path(still.path) for still in shown if still is not None}
        there = await asyncio.to_thread(lambda: list(self._folder.glob("*.png")))
        await asyncio.to_thread(_remove, [path for path in there if path not in kept])

    async def before_end(self, conference: str) -> None:
        """A conference is about to end: its image goes with it."""
        still = self._wanted[conference].definition.content.still
        await asyncio.to_thread(_remove, [Path(still.path)] if still is not None else [])


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
