"""Use cases: recording a conference, and the library of what was recorded."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from control_api.errors import Away
from control_api.link.process_link import ProcessLink
from control_api.link.reconcile import unfinished
from control_api.persistence.conferences import WantedConference, WantedRecording
from control_api.services.feed import Feed
from control_api.services.keeper import Keeper
from control_api.services.names import clean_name
from control_api.services.observed import Observed
from control_api.services.views import RecordingView, recording_view
from control_api.services.wanted import Wanted
from mcu_core.errors import McuError, NotFound, Refused
from mcu_core.media.clock import wall_time
from recorder.catalogue import Catalogue, Manifest
from recorder.contract import (
    DeleteRecording,
    GetRecordings,
    RecorderAnswer,
    RecorderCaller,
    RecorderCommand,
    RecorderEvent,
    RecorderSnapshot,
    RecordingChanged,
    RecordingInfo,
    RecordingState,
    StartRecording,
    StopRecording,
)
from recorder.export import Export

log = structlog.get_logger()

START_TIMEOUT_S = 15.0
"""The recorder itself gives up after 5 s without anything to write."""

RESUME_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)

T = TypeVar("T")


class Recordings:
    """Recordings for callers; `start` and `stop` are the life of the line to the recorder."""

    def __init__(
        self,
        socket: Path | None,
        store: Path,
        wanted: Wanted,
        observed: Observed,
        keeper: Keeper,
        feed: Feed,
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._feed = feed
        self._starting: set[str] = set()
        self._resuming: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._catalogue = Catalogue(store)
        self._has_recorder = socket is not None

        async def dial() -> RecorderCaller:
            return await RecorderCaller.connect(socket or Path(), "control", self._event)

        self._link: ProcessLink[RecorderCommand, RecorderAnswer] = ProcessLink(
            "recorder", dial, self._settle, lambda: log.warning("recorder is gone")
        )

    @property
    def up(self) -> bool:
        """Whether the recorder answers now."""
        return self._link.up

    def start(self) -> None:
        """Begin to connect to the recorder, if there is one."""
        self._keeper.moved = self._conference_moved
        if self._has_recorder:
            self._link.start()

    async def stop(self) -> None:
        """Hang up and wait for it; safe twice. What is being recorded goes on."""
        await self._link.stop()
        tasks = [*self._tasks, *self._resuming.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ------------------------------------------------------------------ recording

    async def record(self, conference: str, title: str = "") -> RecordingView:
        """Begin to record; answers once the first fragment is on disk. Raises Refused, Away."""
        wanted = self._wanted[conference]
        if wanted.recording is not None or conference in self._starting:
            raise Refused("this conference is being recorded already")
        cleaned = clean_name(title, "title") if title.strip() else wanted.definition.name
        recording = WantedRecording(f"{wall_time():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}", cleaned)
        self._starting.add(conference)
        try:
            info = await self._start(wanted, recording)
            if not await self._want(conference, recording):
                await self._link.call(StopRecording(recording.id))
                raise NotFound("conference", conference)  # it was ended meanwhile
        finally:
            self._starting.discard(conference)
        self._observed.publish(conference)
        return recording_view(info, True)

    async def stop_recording(self, conference: str) -> RecordingView:
        """End the recording of a conference; raises NotFound when there is none.

        A recorder that is away ends it when it is back.
        """
        recording = self._wanted[conference].recording
        if recording is None:
            raise NotFound("recording of conference", conference)
        await self._want(conference, None)
        self._observed.publish(conference)
        try:
            answer = await self._link.call(StopRecording(recording.id), START_TIMEOUT_S)
        except Away:
            return await self.get(recording.id)
        return recording_view(_as_info(answer), False)

    async def before_end(self, conference: str) -> None:
        """A conference is about to end, and its recording with it."""
        if self._wanted[conference].recording is not None:
            try:
                await self.stop_recording(conference)
            except McuError as error:
                log.error("recording not stopped", conference=conference, reason=str(error))

    async def _start(self, wanted: WantedConference, recording: WantedRecording) -> RecordingInfo:
        member = self._keeper.fleet.members.get(wanted.engine)
        if member is None:
            raise Away(f"there is no engine {wanted.engine!r}")
        answer = await self._link.call(
            StartRecording(
                recording.id, wanted.definition.id, recording.title, str(member.socket.absolute())
            ),
            START_TIMEOUT_S,
        )
        return _as_info(answer)

    async def _want(self, conference: str, recording: WantedRecording | None) -> bool:
        """Keep what is wanted; false when the conference is not there any more."""
        async with self._wanted.lock(conference):
            if conference not in self._wanted:
                return False
            await self._wanted.put(replace(self._wanted[conference], recording=recording))
            return True

    # ------------------------------------------------------------------ the library

    async def list(self) -> list[RecordingView]:
        """All recordings, newest first."""
        infos = await asyncio.to_thread(self._catalogue.recordings)
        return [self._view(info) for info in reversed(infos)]

    async def get(self, recording: str) -> RecordingView:
        """One recording; raises NotFound."""
        return self._view(await self._read(lambda: self._catalogue.info(recording)))

    async def manifest(self, recording: str, after: int = 0) -> Manifest:
        """What a player needs (recorder/catalogue.py), or what is new since `after`."""
        return await self._read(lambda: self._catalogue.manifest(recording, after))

    async def track(self, recording: str, track: str) -> Path:
        """The file of a track, which may be growing; raises NotFound."""
        return await self._read(lambda: self._catalogue.track_path(recording, track))

    async def export(self, recording: str) -> Export:
        """A plain MP4 of what is stored; raises NotFound, Refused when that is nothing."""
        return await self._read(lambda: self._catalogue.export(recording))

    async def delete(self, recording: str) -> None:
        """Remove a recording; raises NotFound, Refused while it is being recorded, Away."""
        view = await self.get(recording)
        if view.state == "recording":
            raise Refused("stop the recording first")
        await self._link.call(DeleteRecording(recording))

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(work)

    def _view(self, info: RecordingInfo) -> RecordingView:
        return recording_view(info, self._is_wanted(info))

    def _is_wanted(self, info: RecordingInfo) -> bool:
        if info.conference not in self._wanted:
            return False
        recording = self._wanted[info.conference].recording
        return recording is not None and recording.id == info.id

    # ------------------------------------------------------------------ the recorder

    async def _settle(self) -> None:
        """The recorder is there (again): what should be running shall run, and nothing else."""
        answer = await self._link.call(GetRecordings())
        if not isinstance(answer, RecorderSnapshot):
            raise Refused(f"the recorder answered {type(answer).__name__} instead of a snapshot")
        log.info("recorder is up", pid=answer.pid, recordings=len(answer.recordings))
        resume, give_up, stray = unfinished(self._wanted.all(), answer)
        for wanted in give_up:
            await self._give_up(wanted.definition.id)
        for recording in stray:
            if not self._starting:  # else it may be the one that is being started now
                await self._link.call(StopRecording(recording))
        for wanted, _ in resume:
            self._resume(wanted.definition.id)

    def _resume(self, conference: str) -> None:
        if conference not in self._resuming:
            task = asyncio.create_task(self._resume_until_done(conference), name="resume")
            self._resuming[conference] = task
            task.add_done_callback(lambda _: self._resuming.pop(conference, None))

    async def _resume_until_done(self, conference: str) -> None:
        """Go on with an interrupted recording; its engine may not be there yet."""
        attempt = 0
        while conference in self._wanted and self._link.up:
            wanted = self._wanted[conference]
            if wanted.recording is None:
                return
            try:
                await self._start(wanted, wanted.recording)
                log.info("recording goes on", recording=wanted.recording.id)
                return
            except Away:
                if not self._link.up:
                    return  # the next recorder's arrival tries again
            except McuError as error:
                log.warning("not resumed yet", conference=conference, reason=str(error))
                if await self._has_ended(wanted.recording.id):
                    await self._give_up(conference)
                    return
            await asyncio.sleep(RESUME_PAUSES_S[min(attempt, len(RESUME_PAUSES_S) - 1)])
            attempt += 1

    async def _has_ended(self, recording: str) -> bool:
        try:
            info = await self._read(lambda: self._catalogue.info(recording))
        except McuError:
            return False
        return info.state is RecordingState.DONE

    async def _give_up(self, conference: str) -> None:
        if await self._want(conference, None):
            self._observed.publish(conference)

    def _event(self, event: RecorderEvent) -> None:
        if not isinstance(event, RecordingChanged):
            self._feed.publish("recording", "", {"id": event.id, "state": "deleted"})
            return
        info = event.recording
        wanted = self._is_wanted(info)
        self._feed.publish("recording", info.conference, recording_view(info, wanted).model_dump())
        if wanted and info.state is RecordingState.INTERRUPTED:
            self._resume(info.conference)
        elif wanted and info.state is not RecordingState.RECORDING:
            self._spawn(self._give_up(info.conference), "recording ended")

    def _conference_moved(self, conference: str) -> None:
        if self._wanted[conference].recording is not None:
            self._spawn(self._record_elsewhere(conference), "record elsewhere")

    async def _record_elsewhere(self, conference: str) -> None:
        """On another engine a new recording takes up where the old one ends."""
        recording = self._wanted[conference].recording
        if recording is None:
            return
        try:
            await self.stop_recording(conference)
            await self.record(conference, recording.title)
        except McuError as error:
            log.error("recording not taken up", conference=conference, reason=str(error))


def _as_info(answer: RecorderAnswer) -> RecordingInfo:
    if not isinstance(answer, RecordingInfo):
        raise Refused(f"the recorder answered {type(answer).__name__} instead of a recording")
    return answer
