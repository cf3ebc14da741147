"""What the recorder is asked: owns all running recordings, and answers on its socket."""

import asyncio
import math
import os
from collections import Counter
from pathlib import Path
from weakref import WeakValueDictionary

import structlog

from mcu_core.contract.caller import failure_of
from mcu_core.contract.commands import Done, Failure
from mcu_core.contract.line import Door, Line, LineClosed
from mcu_core.errors import BadInput, McuError, NotFound, Refused
from mcu_core.media.clock import Clock, wall_time
from recorder.catalogue import Catalogue
from recorder.contract import (
    RECORDER_CONTRACT_VERSION,
    RECORDER_FRAMING,
    AddData,
    AddMark,
    ContinueRecording,
    DeleteRecording,
    GetRecordings,
    Hello,
    Notice,
    PauseRecording,
    RecorderAnswer,
    RecorderCommand,
    RecorderEvent,
    RecorderMessage,
    RecorderSnapshot,
    RecordingChanged,
    RecordingDeleted,
    RecordingInfo,
    RecordingState,
    Reply,
    Request,
    StartRecording,
    StopRecording,
    TagRecording,
)
from recorder.errors import BrokenRecording
from recorder.files import RecordingFiles, Room, free_bytes, note_alone
from recorder.journal import MARK_KINDS, Mark, Stopped
from recorder.participant import Participant
from recorder.prior import Prior
from recorder.tallies import RecorderTallies

log = structlog.get_logger()

TAP_S = 5.0
"""How long a start waits for its conference's tap."""

FIRST_FRAGMENT_S = 12.0
"""How long it waits for something to record where there is a tap; less than callers wait."""

MAX_MARK_TEXT = 200

MAX_REQUESTS = 64
"""Requests of one connection that may be under way; further ones wait in the socket."""


class RecorderService:
    """The recorder of one store."""

    def __init__(self, socket: Path, store: Path, clock: Clock, room: Room) -> None:
        self._store = store
        self._clock = clock
        self._room = room
        self._catalogue = Catalogue(store)
        self._tallies = RecorderTallies()
        self._started_ns = clock.now_ns()
        self._running: dict[str, Participant] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._lines: set[Line[RecorderMessage]] = set()
        self._door: Door[RecorderMessage] = Door(socket, RECORDER_FRAMING, self._serve)

    async def open(self) -> None:
        """Look after the store and listen."""
        await asyncio.to_thread(self._store.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self._catalogue.sweep)
        await self._door.open()
        log.info("recorder listens", store=str(self._store))

    async def close(self) -> None:
        """Stop listening, and leave what is being recorded so that it can go on; safe twice."""
        await self._door.close()
        running, self._running = list(self._running.values()), {}
        await asyncio.gather(*(participant.stop(None) for participant in running))

    async def answer(self, command: RecorderCommand) -> RecorderAnswer:
        """Do what is asked; raises McuError for a refusal."""
        reply: RecorderAnswer
        match command:
            case StartRecording():
                reply = await self._start(command)
            case StopRecording():
                reply = await self._stop(command.recording)
            case PauseRecording():
                reply = await self._running_one(command.recording).pause()
            case ContinueRecording():
                reply = self._running_one(command.recording).go_on()
            case AddMark():
                reply = await self._mark(command)
            case AddData():
                self._running_one(command.recording).add(command.values, command.by)
                reply = Done()
            case TagRecording():
                reply = await self._tag(command)
            case DeleteRecording():
                reply = await self._delete(command.recording)
            case GetRecordings():
                reply = await self._snapshot()
        return reply

    async def _start(self, command: StartRecording) -> RecordingInfo:
        recording = command.recording
        self._catalogue.folder(recording)  # refuses a bad id
        async with self._turn(recording):
            participant = self._running.get(recording)
            if participant is not None and participant.failed:
                await self._running.pop(recording).stop(None)
                participant = None
            if participant is None:
                folder = await asyncio.to_thread(self._place, recording)
                prior = await asyncio.to_thread(self._prior, command)
                participant = self._participant(command, folder, prior)
                participant.start()
                self._running[recording] = participant
            await participant.move(command.engine_socket)
        try:
            return await participant.wait_first(TAP_S, FIRST_FRAGMENT_S)
        except McuError as error:
            await self._give_up(recording, participant)
            raise Refused(str(error)) from error

    def _place(self, recording: str) -> Path:
        """Where it lies, or on the disk with most room beside what those that run there need.

        Raises Refused where not some minutes are left.
        """
        known = self._catalogue.known(recording)
        roots = [known.parent] if known is not None else self._catalogue.roots()
        taken = Counter(participant.folder.parent for participant in self._running.values())
        left = {root: free_bytes(root) - self._room.kept_free for root in roots}
        best = max(roots, key=lambda root: left[root] - self._room.least * taken[root])
        if left[best] < self._room.least * (taken[best] + 1):
            room = max(0, left[best]) // 1_000_000
            raise Refused(f"the disk is full: {room} MB are left to record")
        return best / recording

    def _participant(
        self, command: StartRecording, folder: Path, prior: Prior | None
    ) -> Participant:
        return Participant(
            command,
            folder,
            prior,
            self._clock,
            self._tallies,
            self._tell_changed,
            self._room,
        )

    def _prior(self, command: StartRecording) -> Prior | None:
        """What is there of this recording already, opened; None when it is new."""
        try:
            info = self._catalogue.info(command.recording)
        except NotFound:
            return None
        if info.state is RecordingState.DONE:
            raise Refused("this recording has ended; begin one with a new id")
        if info.archived:
            raise Refused("this recording was moved to the archive")
        if info.conference != command.conference:
            raise Refused("this recording is of another conference")
        try:
            files, index = RecordingFiles.resume(self._catalogue.folder(command.recording))
        except BrokenRecording as error:
            raise Refused(str(error)) from error
        return Prior(files, index)

    async def _give_up(self, recording: str, participant: Participant) -> None:
        """A start came to nothing: leave no trace of a new recording, an old one as it was."""
        async with self._turn(recording):
            if self._running.get(recording) is not participant:
                return
            del self._running[recording]
            await participant.stop(None)
            if not participant.resumed:
                await asyncio.to_thread(self._catalogue.delete, recording)

    async def _stop(self, recording: str) -> RecordingInfo:
        async with self._turn(recording):
            participant = self._running.pop(recording, None)
            last = Stopped(wall_time().isoformat())
            if participant is not None:
                await participant.stop(None if participant.failed else last)
            info = await asyncio.to_thread(self._catalogue.info, recording)
            if info.state is RecordingState.INTERRUPTED:
                await asyncio.to_thread(self._end, recording, last)
                info = await asyncio.to_thread(self._catalogue.info, recording)
        self._tell(RecordingChanged(info))
        return info

    def _running_one(self, recording: str) -> Participant:
        participant = self._running.get(recording)
        if participant is None or participant.failed:
            raise Refused("this recording is not running")
        return participant

    async def _mark(self, command: AddMark) -> Done:
        """Note a mark, also in a recording that has ended."""
        if command.kind not in MARK_KINDS or len(command.text) > MAX_MARK_TEXT:
            raise BadInput("mark", f"a known kind, at most {MAX_MARK_TEXT} characters")
        if not math.isfinite(command.at_ms):  # JSON has no such number: the journal would end here
            raise BadInput("at_s", "a time within the recording")
        mark = Mark(command.at_ms, command.kind, command.text, command.by)
        async with self._turn(command.recording):
            participant = self._running.get(command.recording)
            if participant is not None and not participant.failed:
                participant.mark(mark)
                return Done()
            info = await asyncio.to_thread(self._catalogue.info, command.recording)
            if not 0 <= mark.at_ms <= info.duration_s * 1000:
                raise BadInput("at_s", "a time within the recording")
            await asyncio.to_thread(self._end, command.recording, mark)
        return Done()

    async def _tag(self, command: TagRecording) -> RecordingInfo:
        await asyncio.to_thread(self._catalogue.tag, command.recording, command.tags)
        participant = self._running.get(command.recording)
        if participant is not None:
            participant.tags = command.tags
            info = participant.info
        else:
            info = await asyncio.to_thread(self._catalogue.info, command.recording)
        self._tell(RecordingChanged(info))
        return info

    def _end(self, recording: str, last: Stopped | Mark) -> None:
        """Write a record of a recording that nobody writes any more."""
        note_alone(self._catalogue.folder(recording), last)

    async def _delete(self, recording: str) -> Done:
        async with self._turn(recording):
            participant = self._running.get(recording)
            if participant is not None and not participant.failed:
                raise Refused("this recording is running; stop it first")
            if await asyncio.to_thread(self._catalogue.is_held, recording):
                raise Refused("this recording is on hold")
            if participant is not None:
                await self._running.pop(recording).stop(None)
            await asyncio.to_thread(self._catalogue.delete, recording)
        self._tell(RecordingDeleted(recording))
        return Done()

    async def _snapshot(self) -> RecorderSnapshot:
        stored = await asyncio.to_thread(self._catalogue.recordings)
        infos = {info.id: info for info in stored}
        running = {
            name: participant.info
            for name, participant in self._running.items()
            if participant.info.started_at
        }
        self._tallies.recorder_recordings_active = len(self._running)
        return RecorderSnapshot(
            pid=os.getpid(),
            started_ns=self._started_ns,
            now_ns=self._clock.now_ns(),
            recordings=tuple(
                sorted((infos | running).values(), key=lambda info: (info.started_at, info.id))
            ),
            counters=self._tallies.as_counters(),
        )

    def _turn(self, recording: str) -> asyncio.Lock:
        """One thing at a time for each recording; a lock lives while somebody has it."""
        return self._turns.setdefault(recording, asyncio.Lock())

    def _tell_changed(self, info: RecordingInfo) -> None:
        self._tell(RecordingChanged(info))

    def _tell(self, event: RecorderEvent) -> None:
        for line in list(self._lines):
            try:
                line.send(Notice(event))
            except LineClosed:
                self._lines.discard(line)

    async def _serve(self, line: Line[RecorderMessage]) -> None:
        """One connection. A request that is under way when it ends is finished all the same."""
        hello = await line.receive()
        if not isinstance(hello, Hello) or hello.version != RECORDER_CONTRACT_VERSION:
            log.warning("a caller speaks another version")
            return
        self._lines.add(line)
        room = asyncio.Semaphore(MAX_REQUESTS)
        try:
            async with asyncio.TaskGroup() as requests:
                await self._receive(line, room, requests)
        finally:
            self._lines.discard(line)

    async def _receive(
        self, line: Line[RecorderMessage], room: asyncio.Semaphore, requests: asyncio.TaskGroup
    ) -> None:
        while True:
            await room.acquire()
            try:
                message = await line.receive()
            except McuError:  # closed, or not our language: no more requests
                return
            if isinstance(message, Request):
                task = requests.create_task(self._reply(line, message))
                task.add_done_callback(lambda _: room.release())
            else:
                room.release()

    async def _reply(self, line: Line[RecorderMessage], request: Request) -> None:
        body: RecorderAnswer | Failure
        try:
            body = await self.answer(request.body)
        except McuError as error:
            body = failure_of(error)
        except Exception:
            log.exception("a request broke", request=type(request.body).__name__)
            body = Failure("McuError", "the recorder broke on this request")
        try:
            line.send(Reply(request.id, body))
        except LineClosed:
            return
