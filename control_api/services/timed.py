"""Use cases: timed data of recordings, such as vital signs, given by programs and read back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from control_api.errors import Throttled
from control_api.services.wanted import Wanted
from mcu_core.errors import NotFound
from mcu_core.media.clock import NS_PER_SECOND, Clock
from recorder.catalogue import Catalogue
from recorder.contract import AddData, RecorderAnswer, RecorderCommand
from recorder.timed import DataPage, data_page, json_lines, web_vtt

MOST_A_SECOND, MOST_AT_ONCE = 50, 500
"""Values of one conference: a patient's monitor gives some each second."""

Value = tuple[str, str, float]
"""Kind, JSON, and how many milliseconds ago it held."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at_ns: int


class TimedData:
    """Values for running recordings, and what recordings hold of them."""

    def __init__(
        self,
        wanted: Wanted,
        catalogue: Catalogue,
        clock: Clock,
        call: Callable[[RecorderCommand], Awaitable[RecorderAnswer]],
    ) -> None:
        self._wanted = wanted
        self._catalogue = catalogue
        self._clock = clock
        self._call = call
        self._buckets: dict[str, _Bucket] = {}

    async def add(self, conference: str, values: Sequence[Value], by: str) -> None:
        """Store values on the clock of the running recording.

        Raises NotFound when there is none, Throttled, BadInput, Refused while it is paused, Away.
        """
        recording = self._wanted[conference].recording
        if recording is None:
            raise NotFound("recording of conference", conference)
        self._take(conference, len(values))
        await self._call(AddData(recording.id, tuple(values), by))

    def _take(self, conference: str, count: int) -> None:
        now_ns = self._clock.now_ns()
        for name in [name for name in self._buckets if name not in self._wanted]:
            del self._buckets[name]
        bucket = self._buckets.setdefault(conference, _Bucket(MOST_AT_ONCE, now_ns))
        since_s = (now_ns - bucket.at_ns) / NS_PER_SECOND
        bucket.left = min(MOST_AT_ONCE, bucket.left + since_s * MOST_A_SECOND)
        bucket.at_ns = now_ns
        if count > bucket.left:
            wait_s = 1 + int((count - bucket.left) / MOST_A_SECOND)
            raise Throttled(f"at most {MOST_A_SECOND} values a second", wait_s)
        bucket.left -= count

    async def page(self, recording: str, after: int) -> DataPage:
        """What is stored behind `after`; raises NotFound."""
        return await asyncio.to_thread(self._page, recording, after)

    def _page(self, recording: str, after: int) -> DataPage:
        self._catalogue.info(recording)
        return data_page(self._catalogue.folder(recording), after)

    async def lines(self, recording: str, form: str) -> Iterator[bytes]:
        """All of it as `jsonl` or `vtt`, read while it is sent; raises NotFound."""
        await asyncio.to_thread(self._catalogue.info, recording)
        folder = self._catalogue.folder(recording)
        return json_lines(folder) if form == "jsonl" else web_vtt(folder)
