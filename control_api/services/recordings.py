"""Use cases: recording a conference, and the library of what was recorded."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import structlog

from control_api.auth.seal import Seal
from control_api.errors import Away
from control_api.link.process_link import ProcessLink
from control_api.link.reconcile import unfinished
from control_api.persistence.conferences import WantedConference, WantedRecording
from control_api.persistence.library import Found, LibraryRows, Search
from control_api.services.feed import Feed
from control_api.services.keeper import Keeper
from control_api.services.library import Library
from control_api.services.names import clean_name
from control_api.services.observed import Observed
from control_api.services.recording_rules import cleaned_tags, new_recording
from control_api.services.views import RecordingView, public_recording, recording_view
from control_api.services.wanted import Wanted
from mcu_core.errors import McuError, NotFound, Refused
from recorder.catalogue import Catalogue
from recorder.contract import (
    AddMark,
    ContinueRecording,
    DeleteRecording,
    GetRecordings,
    PauseRecording,
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
    TagRecording,
)
from recorder.export import Export, Span
from recorder.media_files import MediaFile
from recorder.opened import OpenedRecordings

log = structlog.get_logger()

START_TIMEOUT_S = 15.0
"""The recorder itself gives up after 5 s without a tap, and 12 s without anything to write."""

MOST_MARKS = 64
"""Automatic marks that may be on their way; further ones are left out."""

RESUME_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)

STATES: dict[RecordingState, Literal["paused", "failed"]] = {
    RecordingState.PAUSED: "paused",
    RecordingState.FAILED: "failed",
}

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
        rows: LibraryRows,
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._feed = feed
        self._starting: set[str] = set()
        self._resuming: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._catalogue = Catalogue(store)
        self._opened = OpenedRecordings(self._catalogue)
        self.library = Library(rows, self._catalogue)
        self.seal = Seal(secrets.token_urlsafe())
        """Of patients' references; the bridge puts this installation's own in its place."""
        self.told: Callable[[str, bool], Awaitable[None]] = _nobody
        """Awaited when a conference begins to be recorded, and when that ends."""
        self._has_recorder = socket is not None

        async def dial() -> RecorderCaller:
            return await RecorderCaller.connect(socket or Path(), "control", self._event)

        self._link: ProcessLink[RecorderCommand, RecorderAnswer] = ProcessLink(
            "recorder", dial, self._settle, lambda: log.warning("recorder is gone")
        )

    async def call(self, command: RecorderCommand) -> RecorderAnswer:
        """Ask the recorder; raises what it refuses, Away."""
        return await self._link.call(command)

    @property
    def up(self) -> bool:
        """Whether the recorder answers now."""
        return self._link.up

    def start(self) -> None:
        """Begin to connect to the recorder, if there is one."""
        self._keeper.moved = self._conference_moved
        self._observed.happened = self._happened
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

    async def record_soon(self, conference: str) -> None:
        """Record from when recorder and engine can on, now or later; raises NotFound, Refused."""
        await self._want(conference, new_recording(self._wanted[conference], ""))
        self._observed.publish(conference)
        if self._link.up:
            self._resume(conference)

    async def record(self, conference: str, title: str = "") -> RecordingView:
        """Begin to record; answers once the first fragment is on disk. Raises Refused, Away."""
        wanted = self._wanted[conference]
        if conference in self._starting:
            raise Refused("this conference is being recorded already")
        recording = new_recording(wanted, title)
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
        recording = self._running(conference)
        await self._want(conference, None)
        self._observed.publish(conference)
        try:
            answer = await self._link.call(StopRecording(recording.id), START_TIMEOUT_S)
        except Away:
            return await self.get(recording.id)
        return recording_view(_as_info(answer), False)

    async def pause(self, conference: str, paused: bool) -> RecordingView:
        """Write nothing for a while, or go on; raises NotFound, Refused, Away."""
        recording = self._running(conference)
        command = PauseRecording(recording.id) if paused else ContinueRecording(recording.id)
        answer = await self._link.call(command)
        self._observed.recording_is(conference, "paused" if paused else "recording")
        return recording_view(_as_info(answer), True)

    async def mark(self, conference: str, kind: str, text: str, by: str = "") -> None:
        """Note in the running recording that something happens now; raises NotFound, Refused."""
        cleaned = clean_name(text, "text") if text.strip() else ""
        await self._link.call(AddMark(self._running(conference).id, kind, cleaned, by))

    async def mark_at(self, recording: str, at_s: float, kind: str, text: str, by: str) -> None:
        """Note something at a time of a recording; raises NotFound, BadInput, Away."""
        await self.get(recording)
        cleaned = clean_name(text, "text") if text.strip() else ""
        await self._link.call(AddMark(recording, kind, cleaned, by, at_s * 1000))

    def _happened(self, conference: str, kind: str, text: str) -> None:
        """The engine told something: a running recording notes it, while the recorder keeps up."""
        recording = self._wanted[conference].recording if conference in self._wanted else None
        if recording is not None and self._link.up and len(self._tasks) < MOST_MARKS:
            self._spawn(self._note(AddMark(recording.id, kind, text)), "automatic mark")

    async def _note(self, command: AddMark) -> None:
        try:
            await self._link.call(command)
        except McuError as error:
            log.info("not marked", recording=command.recording, reason=str(error))

    def _running(self, conference: str) -> WantedRecording:
        recording = self._wanted[conference].recording
        if recording is None:
            raise NotFound("recording of conference", conference)
        return recording

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
        if recording is None:
            self._observed.recording_is(conference, "recording")
        await self.told(conference, recording is not None)
        return True

    # ------------------------------------------------------------------ the library

    async def find(
        self, search: Search, patients: bool = False
    ) -> tuple[list[RecordingView], Found]:
        """A page of recordings, newest first, and the sums of all that fit.

        `patients`: whether the caller may read whom they are about.
        """
        found = await self.library.find(search)
        return [self._view(info, patients) for info in found.infos], found

    async def get(self, recording: str, patients: bool = False) -> RecordingView:
        """One recording; raises NotFound."""
        return self._view(await self._read(lambda: self._catalogue.info(recording)), patients)

    async def tag(self, recording: str, changes: Mapping[str, object]) -> RecordingView:
        """Change some of a recording's tags; raises NotFound, BadInput, Away."""
        info = await self._read(lambda: self._catalogue.info(recording))
        tags = msgspec.structs.replace(info.tags, **cleaned_tags(changes, self.seal))
        answer = _as_info(await self._link.call(TagRecording(recording, tags)))
        await self.library.put(answer)
        return self._view(answer, True)

    async def manifest(self, recording: str, after: int = 0) -> bytes:
        """What a player needs (recorder/manifest.py) as JSON, or what is new since `after`."""
        return await self._read(lambda: self._opened.manifest(recording, after))

    async def open_track(self, recording: str, track: str) -> MediaFile:
        """The file of a track, which may be growing, to be closed; raises NotFound."""
        return await self._read(lambda: self._catalogue.open_track(recording, track))

    async def playlist(self, recording: str, name: str) -> str:
        """An HLS playlist (recorder/hls.py); raises NotFound."""
        return await self._read(lambda: self._opened.playlist(recording, name))

    async def export(self, rid: str, span: Span | None = None, *, small: bool = False) -> Export:
        """A plain MP4 of what is stored; raises NotFound, Refused when that is nothing."""
        return await self._read(lambda: self._catalogue.export(rid, span, small=small))

    async def delete(self, recording: str) -> None:
        """Remove a recording; raises NotFound, Refused while it is being recorded, Away."""
        view = await self.get(recording)
        if view.state in ("recording", "paused"):
            raise Refused("stop the recording first")
        await self._link.call(DeleteRecording(recording))

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(work)

    def _view(self, info: RecordingInfo, patients: bool = False) -> RecordingView:
        patient = self.seal.opened(info.tags.patient) if patients and info.tags.patient else ""
        return recording_view(info, self._is_wanted(info), patient)

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
            self._spawn(self.library.remove(event.id), "library")
            self._feed.publish("recording", "", {"id": event.id, "state": "deleted"})
            return
        info = event.recording
        self._spawn(self.library.put(info), "library")
        wanted = self._is_wanted(info)
        view = recording_view(info, wanted)
        self._feed.publish("recording", info.conference, view.model_dump(), public_recording(view))
        if wanted and info.state is RecordingState.DONE:
            self._spawn(self._give_up(info.conference), "recording ended")
        elif wanted:
            self._observed.recording_is(info.conference, STATES.get(info.state, "recording"))
        if wanted and info.state in (RecordingState.INTERRUPTED, RecordingState.FAILED):
            self._resume(info.conference)

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


async def _nobody(conference: str, runs: bool) -> None:
    return


def _as_info(answer: RecorderAnswer) -> RecordingInfo:
    if not isinstance(answer, RecordingInfo):
        raise Refused(f"the recorder answered {type(answer).__name__} instead of a recording")
    return answer
