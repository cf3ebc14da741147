"""What is said on the recorder's socket: the same manner as an engine's, with its own messages.

A connection begins with Hello from the caller; the recorder drops a version that it does not
speak. Then Request one way, Reply and Notice the other. Every connection gets every Notice.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import msgspec

from mcu_core.contract.caller import Caller
from mcu_core.contract.commands import Done, Failure
from mcu_core.contract.framing import Framing
from mcu_core.contract.line import dial

RECORDER_CONTRACT_VERSION = 1


class RecordingState(StrEnum):
    """What a recording is doing."""

    RECORDING = "recording"
    """A recorder writes it, or waits for its engine to come back."""
    PAUSED = "paused"
    """As RECORDING, but nothing is written until ContinueRecording."""
    INTERRUPTED = "interrupted"
    """Neither stopped nor written: its recorder died. StartRecording with its id goes on."""
    DONE = "done"
    FAILED = "failed"
    """Ended by the recorder itself; `reason` says why. What was written before plays."""


class Tags(msgspec.Struct, frozen=True):
    """What people say of a recording: to find it, to keep it.

    `patient` is sealed: the recorder keeps it as it comes, and cannot read it. What is on `hold` is
    deleted by nobody.
    """

    doctor: str = ""
    department: str = ""
    group: str = ""
    keywords: tuple[str, ...] = ()
    patient: str = ""
    hold: bool = False

    def searched(self) -> tuple[str, ...]:
        """The words by which it is found; never the patient's."""
        return (self.doctor, self.department, self.group, *self.keywords)


class RecordingInfo(msgspec.Struct, frozen=True, tag=True):
    """One recording as it is. `started_at` is ISO 8601 with zone; sizes are what is on disk.

    `archived`: its tracks are in an archive (recorder/archive.py).
    """

    id: str
    conference: str
    title: str
    state: RecordingState
    started_at: str
    duration_s: float = 0.0
    size_bytes: int = 0
    reason: str = ""
    tags: Tags = Tags()
    archived: bool = False


class StartRecording(msgspec.Struct, frozen=True, tag=True):
    """Record a conference. Reply: RecordingInfo once the first fragment is on disk.

    `recording` is the caller's id for it: 1..64 letters, digits, `-`, `_`. An id that is being
    recorded already is answered as it is; one that is interrupted or failed goes on in the same
    files after a gap; one that is done is refused. Refused, with the reason, when the tap gives
    nothing within 5 s; a recording that was new then leaves nothing on disk.
    """

    recording: str
    conference: str
    title: str
    engine_socket: str


class StopRecording(msgspec.Struct, frozen=True, tag=True):
    """End a recording. Reply: RecordingInfo, also for one that has ended; NotFound if unknown."""

    recording: str


class PauseRecording(msgspec.Struct, frozen=True, tag=True):
    """Write nothing until ContinueRecording; the gap is recorded as one. Reply: RecordingInfo.

    A recorder that dies meanwhile comes back paused. Refused when it is not being recorded.
    """

    recording: str


class ContinueRecording(msgspec.Struct, frozen=True, tag=True):
    """Go on after a pause, with a keyframe. Reply: RecordingInfo; Refused as PauseRecording."""

    recording: str


class AddMark(msgspec.Struct, frozen=True, tag=True):
    """Note that something happened (journal.Mark). Reply: Done.

    `at_ms` is the time on the recording's clock, negative for now (Refused unless it is recorded).
    """

    recording: str
    kind: str
    text: str = ""
    by: str = ""
    at_ms: float = -1.0


class AddData(msgspec.Struct, frozen=True, tag=True):
    """Store values of timed data (recorder/timed.py) in a running recording. Reply: Done.

    Each is (kind, JSON, how many milliseconds ago it held). Refused while nothing is recorded.
    """

    recording: str
    values: tuple[tuple[str, str, float], ...]
    by: str = ""


class TagRecording(msgspec.Struct, frozen=True, tag=True):
    """Give a recording these tags instead of its own. Reply: RecordingInfo."""

    recording: str
    tags: Tags


class DeleteRecording(msgspec.Struct, frozen=True, tag=True):
    """Remove a recording's files. Reply: Done, also when unknown.

    Refused while it is recorded, and while it is on hold.
    """

    recording: str


class GetRecordings(msgspec.Struct, frozen=True, tag=True):
    """Reply: RecorderSnapshot."""


class RecorderSnapshot(msgspec.Struct, frozen=True, tag=True):
    """All recordings of the store, oldest first, and the process's counters (observe names)."""

    pid: int
    started_ns: int
    now_ns: int
    recordings: tuple[RecordingInfo, ...]
    counters: dict[str, float] = {}


class RecordingChanged(msgspec.Struct, frozen=True, tag=True):
    """A recording began, ended, failed, lost or regained its engine, or grew for some seconds."""

    recording: RecordingInfo


class RecordingDeleted(msgspec.Struct, frozen=True, tag=True):
    """A recording's files are gone."""

    id: str


RecorderCommand = (
    StartRecording
    | StopRecording
    | PauseRecording
    | ContinueRecording
    | AddMark
    | AddData
    | TagRecording
    | DeleteRecording
    | GetRecordings
)
RecorderAnswer = RecordingInfo | RecorderSnapshot | Done
RecorderEvent = RecordingChanged | RecordingDeleted


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First message of a connection; `role` is for logs."""

    version: int
    role: str


class Request(msgspec.Struct, frozen=True, tag=True):
    """A command with the number that its reply will carry."""

    id: int
    body: RecorderCommand


class Reply(msgspec.Struct, frozen=True, tag=True):
    """The answer to the request of that number."""

    id: int
    body: RecorderAnswer | Failure


class Notice(msgspec.Struct, frozen=True, tag=True):
    """An event."""

    body: RecorderEvent


RecorderMessage = Hello | Request | Reply | Notice

RECORDER_FRAMING: Framing[RecorderMessage] = Framing(RecorderMessage)


class RecorderCaller(Caller[RecorderMessage, RecorderCommand, RecorderAnswer, RecorderEvent]):
    """A connection to the recorder process; see Caller for `run`, `call` and `close`."""

    peer = "the recorder"

    @classmethod
    async def connect(
        cls, path: Path, role: str, on_event: Callable[[RecorderEvent], None]
    ) -> "RecorderCaller":
        """Dial the recorder's socket and say hello; raises LineClosed when nobody listens."""
        line = await dial(path, RECORDER_FRAMING)
        line.send(Hello(RECORDER_CONTRACT_VERSION, role))
        return cls(line, on_event)

    def _request(self, number: int, command: RecorderCommand) -> RecorderMessage:
        return Request(number, command)

    def _receive(self, message: RecorderMessage) -> None:
        match message:
            case Notice():
                self._on_event(message.body)
            case Reply():
                self._answer(message.id, message.body)
            case Hello() | Request():
                pass  # a caller is never asked; a newer recorder may say more than we know
