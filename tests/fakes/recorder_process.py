"""A scripted recorder: speaks its contract over a real Unix socket, and writes no media."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mcu_core.contract.caller import failure_of
from mcu_core.contract.commands import Done, Failure
from mcu_core.contract.line import Door, Line, LineClosed
from mcu_core.errors import McuError, NotFound, Refused
from recorder.contract import (
    RECORDER_FRAMING,
    DeleteRecording,
    GetRecordings,
    Hello,
    Notice,
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
)


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
    _lines: set[Line[RecorderMessage]] = field(default_factory=set)
    _door: Door[RecorderMessage] | None = None

    async def open(self) -> None:
        self._door = Door(self.socket, RECORDER_FRAMING, self._serve)
        await self._door.open()

    async def close(self) -> None:
        if self._door is not None:
            await self._door.close()
            self._door = None

    def change(self, recording: str, state: RecordingState, reason: str = "") -> None:
        """A recording comes into that state, and everybody is told."""
        info = msgspec.structs.replace(self.recordings[recording], state=state, reason=reason)
        self.recordings[recording] = info
        for line in self._lines:
            line.send(Notice(RecordingChanged(info)))

    async def _serve(self, line: Line[RecorderMessage]) -> None:
        assert isinstance(await line.receive(), Hello)
        self._lines.add(line)
        try:
            while True:
                request = await line.receive()
                assert isinstance(request, Request)
                line.send(Reply(request.id, self._answer(request.body)))
        except LineClosed:
            return
        finally:
            self._lines.discard(line)

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
            case StartRecording(recording, conference, title):
                if self.refusals:
                    self.refusals -= 1
                    raise Refused("the tap gives nothing")
                info = RecordingInfo(
                    recording, conference, title, RecordingState.RECORDING, "2026-11-21T08:00:00Z"
                )
                self.recordings[recording] = info
                return info
            case StopRecording(recording):
                if recording not in self.recordings:
                    raise NotFound("recording", recording)
                self.change(recording, RecordingState.DONE)
                return self.recordings[recording]
            case DeleteRecording(recording):
                self.recordings.pop(recording, None)
                return Done()
            case GetRecordings():
                raise AssertionError(command)
