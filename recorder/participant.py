"""One recording while it runs: reads the tap of its conference, and its writer writes."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from mcu_core.contract.events import TapLoss, TapMessage, TapTrack, TapUnit
from mcu_core.contract.line import LineClosed
from mcu_core.errors import MalformedInput, McuError, Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, wall_time
from recorder.contract import RecordingInfo, RecordingState, StartRecording
from recorder.errors import TapFailed
from recorder.files import RecordingFiles, Room, boot_id
from recorder.fragments import Fragment
from recorder.journal import (
    CONTINUE,
    JOURNAL_VERSION,
    PAUSE,
    FragmentWritten,
    Mark,
    Resumed,
    Started,
    Stopped,
)
from recorder.prior import Prior, stored_keyframe_ns, timeline_of
from recorder.tags import read_tags
from recorder.tallies import RecorderTallies
from recorder.tap import Tap
from recorder.timed import datum
from recorder.timeline import Out
from recorder.tracks import TRACKS
from recorder.writer import Writer

log = structlog.get_logger()

RETRY_S = 0.2
"""How soon a lost engine is tried again."""

BEAT_S = 0.1
"""How often fragments are looked at that no further unit completes."""

HELD_UP_NS = NS_PER_SECOND
"""This process itself stood still so long: what waits for it is read before anything is found
missing."""

MAX_NOTES = 64

NOTED_S = 2.0
"""How long a pause waits for the disk; without it the pause holds while this process lives."""

PROGRESS_NS = 5 * NS_PER_SECOND


class Participant:
    """Owns the tap, the writer and two tasks of one recording; `stop` ends all of them."""

    def __init__(
        self,
        request: StartRecording,
        folder: Path,
        prior: Prior | None,
        clock: Clock,
        tallies: RecorderTallies,
        on_changed: Callable[[RecordingInfo], None],
        room: Room,
    ) -> None:
        self._request = request
        self.folder = folder
        self._prior = prior
        self._clock = clock
        self._tallies = tallies
        self._on_changed = on_changed
        self._room = room
        self._timeline = timeline_of(prior, tallies)
        self._since_ns = stored_keyframe_ns(prior, self._timeline.base_ns)
        self._writer: Writer | None = None
        self._tap: Tap | None = None
        self.tags = read_tags(folder)
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._connected = False
        self._paused = prior is not None and prior.index.paused
        self._going = asyncio.Event()
        self._notes: list[Mark] = []
        """Waiting for the first fragment, before which there is no file to note them in."""
        self._reason = ""
        self._failed = False
        self._started_at = ""
        self._duration_s = prior.index.duration_s if prior else 0.0
        if prior is not None and prior.index.started is not None:
            self._started_at = prior.index.started.wall
        self._told_ns = clock.now_ns()
        self._log = log.bind(recording=request.recording, conference=request.conference)

    @property
    def conference(self) -> str:
        """Which conference is recorded."""
        return self._request.conference

    @property
    def resumed(self) -> bool:
        """Whether something was recorded before this run."""
        return self._prior is not None

    @property
    def failed(self) -> bool:
        """Whether writing has failed; then nothing is recorded any more."""
        return self._failed

    @property
    def info(self) -> RecordingInfo:
        """The recording as it is."""
        return RecordingInfo(
            id=self._request.recording,
            conference=self._request.conference,
            title=self._request.title,
            state=self._state,
            started_at=self._started_at,
            duration_s=round(self._duration_s, 3),
            size_bytes=self._stored_bytes,
            reason=self._reason,
            tags=self.tags,
        )

    @property
    def _state(self) -> RecordingState:
        if self._failed:
            return RecordingState.FAILED
        return RecordingState.PAUSED if self._paused else RecordingState.RECORDING

    @property
    def _stored_bytes(self) -> int:
        if self._writer is not None:
            return self._writer.stored_bytes
        return self._prior.files.stored_bytes if self._prior else 0

    def start(self) -> None:
        """Begin to read the tap, unless an earlier run ended in a pause."""
        if self._paused:
            self._first.set_result(None)
        else:
            self._going.set()
        self._tasks = (
            asyncio.create_task(self._listen(), name="recording-tap"),
            asyncio.create_task(self._beat(), name="recording-beat"),
        )

    async def wait_first(self, tap_s: float, most_s: float) -> RecordingInfo:
        """The recording once a fragment of this run is on disk.

        The tap must be open after `tap_s`; then there is time until `most_s`, as a busy machine
        may need for a keyframe, which opening the tap asked for, or for the disk. Raises TapFailed
        with the last reason when none came in time, StoreFailed or Refused when it could not be
        stored. Any number may wait.
        """
        waited_s = 0.0
        for until_s in (tap_s, most_s):
            try:
                async with asyncio.timeout(until_s - waited_s):
                    await asyncio.shield(self._first)
            except TimeoutError:
                waited_s = until_s
                if not self._connected:
                    break
            else:
                return self.info
        raise TapFailed(f"nothing to record within {waited_s:g} s: {self._lacking}")

    @property
    def _lacking(self) -> str:
        """What a start still waits for."""
        if self._writer is not None:
            return "the disk has not taken the first of it"
        return self._reason or "the conference gives no picture or sound"

    async def move(self, engine_socket: str) -> None:
        """The conference lives in another engine now: read that one's tap."""
        if engine_socket == self._request.engine_socket:
            return
        request = self._request
        self._request = StartRecording(
            request.recording, request.conference, request.title, engine_socket
        )
        if self._tap is not None:
            await self._tap.close()

    async def pause(self) -> RecordingInfo:
        """Record nothing until `go_on`; raises Refused before anything is recorded."""
        if not self._paused:
            at_ms = self._now_ms()
            self._paused = True
            self._going.clear()
            if self._tap is not None:
                await self._tap.close()
            self._store(self._timeline.pause())
            if self._writer is not None:  # a recorder that dies now must come back paused
                await self._writer.note(Mark(at_ms, PAUSE), NOTED_S)
            self._on_changed(self.info)
        return self.info

    def go_on(self) -> RecordingInfo:
        """Record again, from the next keyframe."""
        if self._paused:
            self._since_ns = 0  # what the engine still holds of the pause is not wanted
            self._paused = False
            if self._timeline.base_ns is not None:
                self.note(Mark(self._now_ms(), CONTINUE))
            else:
                self.note(Mark(self._duration_s * 1000, CONTINUE))
            self._going.set()
            self._on_changed(self.info)
        return self.info

    def mark(self, mark: Mark) -> None:
        """Note something at its time, or now; raises Refused before anything is recorded."""
        at_ms = mark.at_ms if mark.at_ms >= 0 else self._now_ms()
        self.note(Mark(round(at_ms, 1), mark.kind, mark.text, mark.by))

    def add(self, values: Sequence[tuple[str, str, float]], by: str) -> None:
        """Store values of timed data; raises BadInput, Refused while nothing is recorded."""
        now_ms = self._now_ms()
        if self._paused or self._writer is None:
            raise Refused("nothing is recorded now")
        data = [datum(max(0.0, now_ms - ago), kind, value, by) for kind, value, ago in values]
        for one in data:
            self._tallies.recorder_data_total += 1
            self._tallies.recorder_data_dropped_total += not self._writer.offer(one)

    def note(self, mark: Mark) -> None:
        """Write a mark as soon as there is a file for it."""
        if self._writer is not None:
            self._writer.offer(mark)
        elif len(self._notes) < MAX_NOTES:
            self._notes.append(mark)

    def _now_ms(self) -> float:
        if self._timeline.base_ns is None:
            raise Refused("nothing is recorded yet")
        return round((self._clock.now_ns() - self._timeline.base_ns) / NS_PER_MS, 1)

    async def stop(self, last: Stopped | None) -> None:
        """End it: what waits is written, then `last`; without one it can be resumed."""
        if self._tap is not None:
            await self._tap.quiet()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = ()
        if self._writer is not None:
            timeline = self._timeline
            self._store(timeline.end(self._clock.now_ns()) if last else timeline.flush())
            await self._writer.stop(last)
        elif self._prior is not None:
            await asyncio.to_thread(self._prior.files.close)
        self._settle(TapFailed("the recording was ended before it began"))

    async def _listen(self) -> None:
        while not self._failed:
            await self._going.wait()
            try:
                await self._read_tap()
            except (LineClosed, MalformedInput, TapFailed) as error:
                self._lose_tap(str(error))
            except Exception:  # noqa: BLE001 - the task's outermost loop: said aloud, then retried
                self._log.exception("reading a tap broke")
                self._lose_tap("the recorder could not read the tap")
            await asyncio.sleep(RETRY_S)

    async def _read_tap(self) -> None:
        request = self._request
        since_ns = max(0, (self._timeline.keyframe_ns or self._since_ns) - NS_PER_MS)
        socket = Path(request.engine_socket)
        tap = self._tap = await Tap.open(
            socket, request.conference, "recorder", since_ns, recorded=True
        )
        try:
            while True:
                self._take(await tap.receive())
        finally:
            self._tap = None
            await tap.close()

    def _take(self, message: TapMessage) -> None:
        match message:
            case TapTrack():
                self._connected = True
                self._tallies.recorder_tap_connections_total += message.name == "main"
                self._store(self._timeline.announce(message))
                self._say("")
            case TapUnit():
                self._store(self._timeline.push(message, self._clock.now_ns()))
            case TapLoss():
                self._timeline.lose(message)

    def _lose_tap(self, reason: str) -> None:
        if self._paused:
            self._connected = False
            return
        if self._connected:
            self._connected = False
            self._timeline.interrupt("the engine was lost")
        self._say(reason)

    async def _beat(self) -> None:
        before_ns = self._clock.now_ns()
        while not self._failed:
            await asyncio.sleep(BEAT_S)
            now_ns = self._clock.now_ns()
            held_up, before_ns = now_ns - before_ns > HELD_UP_NS, now_ns
            if not held_up:
                self._store(self._timeline.poll(now_ns))
            if self._first.done() and now_ns - self._told_ns >= PROGRESS_NS:
                self._told_ns = now_ns
                self._on_changed(self.info)

    def _store(self, out: Out) -> None:
        for item in out:
            if self._writer is None and isinstance(item, Fragment):
                self._writer = self._open_writer()
            if self._writer is None or self._writer.offer(item) or self._failed:
                continue
            if isinstance(item, Fragment):
                self._writer.offer(self._timeline.drop(item))

    def _open_writer(self) -> Writer:
        """Called for the first fragment, which has set the time base."""
        base_ns = self._timeline.base_ns
        assert base_ns is not None
        wall, boot, prior = wall_time().isoformat(), boot_id(), self._prior
        if prior is not None:
            writer = self._writer_of(lambda: prior.files)
            writer.offer(Resumed(wall, base_ns, boot))
        else:
            self._started_at = wall
            request, folder = self._request, self.folder
            started = Started(
                JOURNAL_VERSION,
                request.recording,
                request.conference,
                request.title,
                wall,
                base_ns,
                boot,
            )
            writer = self._writer_of(lambda: RecordingFiles.create(folder, started))
        writer.start()
        for mark in self._notes:
            writer.offer(mark)
        self._notes.clear()
        return writer

    def _writer_of(self, open_files: Callable[[], RecordingFiles]) -> Writer:
        return Writer(
            open_files, self._clock, self._tallies, self._on_stored, self._on_failed, self._room
        )

    def _on_stored(self, record: FragmentWritten) -> None:
        self._tallies.recorder_fragments_total += 1
        self._tallies.recorder_bytes_total += record.size
        end_s = (record.time + record.duration) / TRACKS[record.track].timescale
        self._duration_s = max(self._duration_s, end_s)
        if not self._first.done():
            self._first.set_result(None)
            self._log.info("recording runs", resumed=self._prior is not None)
            self._on_changed(self.info)

    def _on_failed(self, error: McuError) -> None:
        self._failed = True
        self._reason = str(error)
        self._tallies.recorder_recordings_failed_total += 1
        self._log.error("recording failed", reason=self._reason)
        self._settle(error)
        self._on_changed(self.info)

    def _settle(self, error: McuError) -> None:
        """Tell whoever waits for the first fragment that there will be none."""
        if not self._first.done():
            self._first.set_exception(error)
            self._first.exception()  # seen, also if nobody waits

    def _say(self, reason: str) -> None:
        """Tell why nothing comes, or (empty) that something does; once for each reason."""
        if reason == self._reason or self._failed:
            return
        self._reason = reason
        if reason:
            self._log.warning("recording waits for its engine", reason=reason)
        if self._first.done():
            self._on_changed(self.info)
