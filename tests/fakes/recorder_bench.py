"""A recorder process with its store and a caller, and what is asked of a recording in tests."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av

from mcu_core.contract.events import TapUnit
from mcu_core.contract.line import LineClosed
from mcu_core.errors import NotFound
from mcu_core.media.clock import NS_PER_MS
from recorder.catalogue import Catalogue
from recorder.contract import (
    RecorderCaller,
    RecordingChanged,
    RecordingInfo,
    StartRecording,
    StopRecording,
)
from recorder.errors import BrokenRecording
from recorder.index import read_index
from recorder.tracks import TRACKS
from tests.fakes.tap import Clip, FakeTap
from tests.fakes.waiting import until

DEADLINE_S = 30.0


class Bench:
    """A recorder process, its store and a connection to it."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.engine = folder / "engine.sock"
        self.catalogue = Catalogue(self.store)
        self.changes: list[RecordingInfo] = []
        self._socket = folder / "recorder.sock"
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def launch(self, *options: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recorder",
            "--socket", str(self._socket), "--store", str(self.store),
            "--log-level", "warning", *options,
        )  # fmt: skip
        self.caller = await self._connect()
        self._reading = asyncio.create_task(self.caller.run())

    async def _connect(self) -> RecorderCaller:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    return await RecorderCaller.connect(self._socket, "test", self._note)
                except LineClosed:
                    await asyncio.sleep(0.02)

    def _note(self, event: object) -> None:
        if isinstance(event, RecordingChanged):
            self.changes.append(event.recording)

    async def end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        await self._process.wait()
        await self.caller.close()
        if self._reading is not None:
            await self._reading

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, recording: str = "r1") -> RecordingInfo:
        info = await self.caller.call(
            StartRecording(recording, "c1", "Ward round", str(self.engine))
        )
        assert isinstance(info, RecordingInfo)
        return info

    async def stop(self, recording: str = "r1") -> RecordingInfo:
        info = await self.caller.call(StopRecording(recording))
        assert isinstance(info, RecordingInfo)
        return info

    def has(self, units: list[TapUnit], recording: str = "r1") -> bool:
        """Whether the recorder has taken these units, which come in order: the last one is stored,
        or, of pictures, all before it, which waits to be told how long it lasts."""
        last = units[-1]
        try:
            index = read_index(self.catalogue.folder(recording))
        except BrokenRecording:
            return False
        if index.started is None or last.name not in index.tracks:
            return False
        stored_ns = index.started.base_ns + TRACKS[last.name].ns(index.tracks[last.name].end)
        sound_ns = last.duration_ns // 2 if last.name == "sound" else 0
        return stored_ns >= last.stamp_ns + sound_ns - NS_PER_MS

    def stored_s(self, recording: str = "r1") -> float:
        try:
            return self.catalogue.info(recording).duration_s
        except NotFound:
            return 0.0


@asynccontextmanager
async def running_bench(folder: Path, *options: str) -> AsyncIterator[Bench]:
    """A recorder with these options, ended when it still runs afterwards."""
    bench = Bench(folder)
    await bench.launch(*options)
    try:
        yield bench
    finally:
        if bench.running:
            await bench.end(signal.SIGTERM)


@asynccontextmanager
async def tap_of(bench: Bench, clip: Clip) -> AsyncIterator[FakeTap]:
    tap = FakeTap(bench.engine, "c1", clip.tracks)
    await tap.open()
    try:
        yield tap
    finally:
        await tap.close()


async def recorded(bench: Bench, tap: FakeTap, units: list[TapUnit]) -> RecordingInfo:
    """Record these units, all at once, and stop."""
    starting = asyncio.create_task(bench.start())
    await until(lambda: tap.readers == 1)
    tap.send(units)
    await starting
    await until(lambda: bench.has(units), "all of it is recorded")
    return await bench.stop()


def media(bench: Bench, track: str, recording: str = "r1") -> bytes:
    """The track as a player sees it: its init segments and the fragments of the journal."""
    data = bench.catalogue.track_path(recording, track).read_bytes()
    index = read_index(bench.catalogue.folder(recording)).tracks[track]
    return data[: index.stored]


def faultless(path: Path) -> list[dict[str, object]]:
    """Decode with Debian's ffmpeg and stop at the first fault; the streams as ffprobe sees them."""
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", str(path),
         "-map", "0", "-f", "null", "-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (decoded.returncode, decoded.stderr) == (0, ""), decoded.stderr[:2000]
    probed = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    streams: list[dict[str, object]] = json.loads(probed.stdout)["streams"]
    return streams


def decoded_times(path: Path) -> dict[str, list[float]]:
    """Seconds at which PyAV shows each picture and begins each sound frame."""
    times: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(str(path)) as container:
        for frame in container.decode(video=0, audio=0):
            assert isinstance(frame, (av.VideoFrame, av.AudioFrame))
            assert frame.time is not None
            times["video" if isinstance(frame, av.VideoFrame) else "audio"].append(frame.time)
    return times
