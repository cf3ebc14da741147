"""A scripted recorder: speaks its contract over a real Unix socket, and writes no media."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mcu_core.contract.caller import failure_of
from mcu_core.contract.commands import Done, Failure
from mcu_core.errors import McuError, NotFound, Refused
from recorder.contract import (
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
    RecorderMessage,
    RecorderSnapshot,
    RecordingChanged,
    RecordingInfo,
    RecordingState,
    Reply,
    Request,
    StartRecording,
    StopRecording,
    TagRecording,
)
from tests.fakes.scripted import Script


@dataclass
class FakeRecorder:
    """`open` and `close` are its life; `asked` holds every command but GetRecordings.

    `refusals` that many starts are refused first.
    """

    socket: Path
    pid: int = 500
    refusals: int = 0
    asked: list[RecorderCommand] = field(default_factory=list)
    recordings: dict[str, RecordingInfo] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._script = Script(self.socket, RECORDER_FRAMING, Hello, self._reply)

    async def open(self) -> None:
        await self._script.open()

    async def close(self) -> None:
        await self._script.close()

    def change(self, recording: str, state: RecordingState, reason: str = "") -> None:
        """A recording comes into that state, and everybody is told."""
        info = msgspec.structs.replace(self._one(recording), state=state, reason=reason)
        self.recordings[recording] = info
        self._script.tell(Notice(RecordingChanged(info)))

    def _reply(self, message: RecorderMessage) -> RecorderMessage:
        assert isinstance(message, Request)
        return Reply(message.id, self._answer(message.body))

    def _answer(self, command: RecorderCommand) -> RecorderAnswer | Failure:
        if isinstance(command, GetRecordings):
            return RecorderSnapshot(self.pid, self.pid, 0, tuple(self.recordings.values()))
        self.asked.append(command)
        try:
            return self._carry_out(command)
        except McuError as error:
            return failure_of(error)

    def _carry_out(self, command: RecorderCommand) -> RecorderAnswer:
        match command:
            case StartRecording():
                self._start(command)
            case StopRecording(recording):
                self.change(recording, RecordingState.DONE)
            case PauseRecording(recording):
                self.change(recording, RecordingState.PAUSED)
            case ContinueRecording(recording):
                self.change(recording, RecordingState.RECORDING)
            case TagRecording(recording, tags):
                self.recordings[recording] = msgspec.structs.replace(
                    self._one(recording), tags=tags
                )
            case DeleteRecording(recording):
                self.recordings.pop(recording, None)
                return Done()
            case AddMark() | AddData() | GetRecordings():
                return Done()
        return self._one(command.recording)

    def _one(self, recording: str) -> RecordingInfo:
        if recording not in self.recordings:
            raise NotFound("recording", recording)
        return self.recordings[recording]

    def _start(self, command: StartRecording) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Refused("the tap gives nothing")
        self.recordings[command.recording] = RecordingInfo(
            command.recording,
            command.conference,
            command.title,
            RecordingState.RECORDING,
            "2026-11-21T08:00:00Z",
        )
