"""Use case: stills of recordings and of live conferences, and previews; a few at a time."""

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec
from PIL import Image

from control_api.errors import Away
from control_api.services.keeper import Keeper
from control_api.services.live import Live
from control_api.services.source_stills import image_of, taken
from control_api.services.wanted import Wanted
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import wall_time
from recorder.catalogue import Catalogue
from recorder.contract import RecordingState
from recorder.index import read_index
from recorder.live import Viewer
from recorder.manifest import Manifest
from recorder.poster import kept_poster, poster
from recorder.sidecar import ENDED, sidecar_of
from recorder.stills import (
    FORMATS,
    Stamp,
    encoded,
    picture_of,
    previews,
    stamp_of,
    still,
    told_still,
)

AT_ONCE = 2
PATIENCE_S = 5.0
FIRST_S = 0.2
"""So often it is looked whether there is a first picture."""
SMALL_QUALITY = 60
"""Of JPEG: a composed picture of 480x270 takes some 15 kB, a second of 128 kbit/s."""

T = TypeVar("T")


class Captures:
    """Pictures for callers; each is decoded in a thread, AT_ONCE of them at most."""

    def __init__(self, catalogue: Catalogue, live: Live, wanted: Wanted, keeper: Keeper) -> None:
        self._catalogue = catalogue
        self._live = live
        self._wanted = wanted
        self._keeper = keeper
        self._room = asyncio.Semaphore(AT_ONCE)

    async def of_recording(self, recording: str, track: str, at_s: float, kind: str) -> bytes:
        """What a recording showed at a time; raises NotFound, BadInput, BrokenRecording."""
        _check(kind)

        def make() -> bytes:
            info = self._catalogue.info(recording)
            folder = self._catalogue.folder(recording)
            stamp = stamp_of(recording, info.started_at, track, min(at_s, info.duration_s))
            if info.state in ENDED:  # of hours, the journal takes a second to be read
                told = msgspec.json.decode(sidecar_of(info, folder).manifest, type=Manifest)
                return encoded(told_still(folder, told, track, at_s), kind, stamp)
            return encoded(still(folder, read_index(folder), track, at_s), kind, stamp)

        return await self._work(make)

    async def of_conference(self, conference: str, kind: str, account: str) -> bytes:
        """What a conference shows now; raises NotFound, BadInput, Throttled, Away."""
        _check(kind)
        viewer = self._live.watch(conference, account)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (data := self._live.newest(conference)):
                    if await viewer.next(PATIENCE_S) is None:
                        raise Away("the conference has ended")
        except TimeoutError as error:
            raise Away("the conference gives no picture") from error
        finally:
            self._live.leave(conference, viewer)
        stamp = Stamp(wall_time(), f"conference {conference}")
        return await self._work(lambda: encoded(picture_of(data, float("inf")), kind, stamp))

    async def series(
        self, conference: str, account: str, width: int, every_s: float
    ) -> AsyncGenerator[bytes, None]:
        """What a conference shows, as a JPEG file each `every_s`, `width` pixels wide at most.

        Each is of when it is asked for: who takes them slowly misses those between. Ends with the
        conference; raises NotFound, Refused, Throttled, Away.
        """
        viewer = self._live.watch(conference, account)
        try:
            while True:
                data = self._live.newest(conference)
                if data:
                    yield await self._work(partial(_small, data, width))
                if not await _passes(viewer, every_s if data else FIRST_S):
                    return
        finally:
            self._live.leave(conference, viewer)

    async def of_source(self, conference: str, site: str, content: bool, kind: str) -> bytes:
        """What a site sends now, its content, or with no site the content that is shown.

        Raises NotFound, BadInput, Refused where there is no picture, Away.
        """
        _check(kind)
        got = await taken(self._wanted, self._keeper, conference, site, content)
        what = ", ".join(
            [f"conference {conference}", *([f"site {site}"] * bool(site)), *["content"] * content]
        )
        stamp = Stamp(wall_time() - timedelta(seconds=got.age_s), what)
        return await self._work(lambda: encoded(image_of(got), kind, stamp))

    async def previews(self, recording: str) -> bytes:
        """The sheet of previews of a recording that has ended; raises NotFound, Refused."""

        def make() -> bytes:
            info = self._catalogue.info(recording)
            if info.state in (RecordingState.RECORDING, RecordingState.PAUSED):
                raise Refused("there are previews once it has ended")
            folder = self._catalogue.folder(recording)
            return previews(folder, read_index(folder))

        return await self._work(make)

    async def poster(self, recording: str) -> bytes:
        """The picture of a recording that has ended, for lists; raises NotFound, Refused.

        Kept ones are read beside those that are made, which wait for each other.
        """
        info = await asyncio.to_thread(self._catalogue.info, recording)
        if info.state not in ENDED:
            raise Refused("there is a picture once it has ended")
        folder = self._catalogue.folder(recording)

        def make() -> bytes:
            told = msgspec.json.decode(sidecar_of(info, folder).manifest, type=Manifest)
            return poster(folder, told, info.duration_s)

        return await asyncio.to_thread(kept_poster, folder) or await self._work(make)

    async def _work(self, make: Callable[[], T]) -> T:
        async with self._room:
            return await asyncio.to_thread(make)


async def _passes(viewer: Viewer, seconds: float) -> bool:
    """Let what comes to a viewer go by for a time; False when it is closed."""
    try:
        async with asyncio.timeout(seconds):
            while await viewer.next(seconds) is not None:
                pass
    except TimeoutError:
        return True
    return False


def _small(data: bytes, width: int) -> bytes:
    picture = picture_of(data, float("inf"))
    picture.thumbnail((width, picture.height), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=SMALL_QUALITY)
    return out.getvalue()


def _check(kind: str) -> None:
    if kind not in FORMATS:
        raise BadInput("kind", "jpg or png")
