"""An engine that mixes nothing: it answers control and gives every tap the same coded pictures.

Main picture and content show one counter (mcu_core/media/marker.py), which counts thirtieths of a
second, and a chirp begins with each second; all three carry one clock, as an engine's taps do. What
it costs is a fraction of what an engine would, so that the rest of the system can be measured.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.tapes import FPS, LOOP_S, chirps
from mcu_core.contract.commands import (
    CloseConference,
    Command,
    Done,
    Failure,
    GetSnapshot,
    OpenTap,
    PutConference,
)
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.contract.line import Door, Line, LineClosed
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot
from mcu_core.contract.wire import ENGINE_FRAMING, Message, Reply, Request, Tapped
from mcu_core.media import marker
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.sound import BLOCK_SAMPLES

SOUND_RATE, SOUND_SAMPLES = 48_000, 1024
MAIN_BPS, CONTENT_BPS, SMALL_BPS = 3_000_000, 1_000_000, 500_000
SMALL_SIZE = (640, 360)
KEYFRAME_EVERY = 2 * FPS
LOOP_PICTURES = LOOP_S * FPS
LOOP_SOUNDS = LOOP_S * SOUND_RATE // SOUND_SAMPLES


@dataclass(frozen=True, slots=True)
class Coded:
    """One loop of a track: its parts, and which of them are keyframes."""

    parts: tuple[tuple[bytes, bool], ...]


def pictures(source: int, bitrate_bps: int, size: tuple[int, int]) -> Coded:
    """A loop of H.264 that moves, with a counter in it."""
    width, height = size
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.bit_rate, encoder.gop_size = bitrate_bps, KEYFRAME_EVERY
    encoder.options = {
        "preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "sc_threshold": "0",
        "x264-params": f"vbv-maxrate={bitrate_bps // 1000}:vbv-bufsize={bitrate_bps // 2000}",
    }  # fmt: skip
    noise = np.random.default_rng(5).integers(0, 24, (height * 3 // 2, width + 256), np.uint8)
    slope = (np.arange(width, dtype=np.uint32) * 160 // width + 40).astype(np.uint8)
    packets = []
    for number in range(LOOP_PICTURES):
        shift = number % FPS * 8
        canvas = slope[None, :] + noise[:, shift : shift + width]
        u = canvas[height : height * 5 // 4].reshape(height // 2, width // 2)
        v = canvas[height * 5 // 4 :].reshape(height // 2, width // 2)
        marker.draw((canvas[:height], u, v), number, source)
        frame = av.VideoFrame.from_ndarray(canvas, format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return Coded(tuple((bytes(one), bool(one.is_keyframe)) for one in packets))


def sound() -> tuple[TapTrack, Coded]:
    """A loop of AAC without a seam: out of the middle of two.

    Part k is decoded to the samples from k * 1024 on: the encoder's delay of one frame is passed
    over.
    """
    encoder: Any = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE, "stereo", "fltp"
    encoder.bit_rate = 128_000
    encoder.open()
    block = chirps()
    second = LOOP_S * SOUND_RATE // BLOCK_SAMPLES
    loop = np.concatenate([block(number) for number in range(second)]).astype(np.float32)
    samples = np.concatenate([loop, loop, loop[: 4 * SOUND_SAMPLES]])
    packets = []
    for number in range(2 * LOOP_SOUNDS + 2):
        part = samples[number * SOUND_SAMPLES : (number + 1) * SOUND_SAMPLES]
        frame = av.AudioFrame.from_ndarray(np.stack((part, part)), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SOUND_RATE, number * SOUND_SAMPLES
        packets += encoder.encode(frame)
    config = bytes(encoder.extradata or b"")
    first = LOOP_SOUNDS + 1  # its samples are the first of the second loop
    parts = tuple((bytes(one), True) for one in packets[first : first + LOOP_SOUNDS])
    return TapTrack("sound", "AAC", sample_rate=SOUND_RATE, channels=2, config=config), Coded(parts)


@dataclass(slots=True)
class Material:
    """What is given: a loop of each track."""

    main: Coded
    content: Coded
    sound: Coded
    tracks: list[TapTrack] = field(default_factory=list)
    small: Coded | None = None
    """The main picture's small coding, for what is recorded."""

    @classmethod
    def make(cls, size: tuple[int, int] = (1920, 1080), *, small: bool = False) -> "Material":
        """Encode it; takes some seconds."""
        sound_track, heard = sound()
        made = cls(pictures(0, MAIN_BPS, size), pictures(1, CONTENT_BPS, size), heard)
        made.tracks = [TapTrack(name, "H264", *size, FPS) for name in ("main", "content")]
        made.tracks.append(sound_track)
        if small:
            made.small = pictures(2, SMALL_BPS, SMALL_SIZE)
            made.tracks.append(TapTrack("sd", "H264", *SMALL_SIZE, FPS))
        return made


def units_at(material: Material, begun_ns: int, tick: int, heard: int) -> Iterator[TapUnit]:
    """What is there at a tick: sound that is complete by then, and the pictures of now."""
    at_ns = tick * NS_PER_SECOND // FPS
    step_ns = SOUND_SAMPLES * NS_PER_SECOND // SOUND_RATE
    while (heard + 1) * SOUND_SAMPLES * NS_PER_SECOND // SOUND_RATE <= at_ns:
        data, _ = material.sound.parts[heard % LOOP_SOUNDS]
        stamp_ns = begun_ns + heard * SOUND_SAMPLES * NS_PER_SECOND // SOUND_RATE
        yield TapUnit("sound", stamp_ns, step_ns, True, data)
        heard += 1
    for name, coded in (
        ("content", material.content),
        ("main", material.main),
        ("sd", material.small),
    ):
        if coded is None:
            continue
        data, keyframe = coded.parts[tick % LOOP_PICTURES]
        yield TapUnit(name, begun_ns + at_ns, NS_PER_SECOND // FPS, keyframe, data)


def units_of(material: Material, seconds: int) -> Iterator[TapUnit]:
    """All units of so many seconds from the stamp of a second on, as they would come."""
    heard = 0
    for tick in range(seconds * FPS):
        for unit in units_at(material, NS_PER_SECOND, tick, heard):
            heard += unit.name == "sound"
            yield unit


class LiveFeed:
    """Listens as an engine and feeds all taps; `begun_ns` is the stamp of unit 0."""

    def __init__(self, socket: Path, material: Material, clock: Clock) -> None:
        self.begun_ns = 0
        self.material = material
        self._clock = clock
        self._door: Door[Message] = Door(socket, ENGINE_FRAMING, self._serve)
        self._conferences: dict[str, ConferenceDefinition] = {}
        self._taps: set[Line[Message]] = set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "LiveFeed":
        await self._door.open()
        self.begun_ns = self._clock.now_ns()
        self._task = asyncio.create_task(self._feed(), name="live feed")
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._door.close()

    def stamp_ns(self, counter: int, before_ns: int) -> int:
        """The stamp of the last picture with that counter before a moment."""
        newest = (before_ns - self.begun_ns) * FPS // NS_PER_SECOND
        number = newest - (newest - counter) % LOOP_PICTURES
        return self.begun_ns + number * NS_PER_SECOND // FPS

    async def _feed(self) -> None:
        heard = 0
        for tick in count():
            at_ns = tick * NS_PER_SECOND // FPS
            wait_ns = self.begun_ns + at_ns - self._clock.now_ns()
            await asyncio.sleep(max(0, wait_ns) / NS_PER_SECOND)
            for unit in units_at(self.material, self.begun_ns, tick, heard):
                self._give(unit)
                heard += unit.name == "sound"

    def _give(self, unit: TapUnit) -> None:
        for line in list(self._taps):
            try:
                line.send(Tapped(unit))
            except LineClosed:
                self._taps.discard(line)

    async def _serve(self, line: Line[Message]) -> None:
        await line.receive()  # its hello
        try:
            while True:
                request = await line.receive()
                if isinstance(request, Request):
                    line.send(Reply(request.id, self._answer(request.body)))
                    if isinstance(request.body, OpenTap):
                        self._open(line)
        except LineClosed:
            return
        finally:
            self._taps.discard(line)

    def _open(self, line: Line[Message]) -> None:
        for track in self.material.tracks:
            line.send(Tapped(track))
        self._taps.add(line)

    def _answer(self, command: Command) -> Done | Failure | EngineSnapshot:
        match command:
            case PutConference(definition):
                self._conferences[definition.id] = definition
            case CloseConference(conference):
                self._conferences.pop(conference, None)
            case GetSnapshot():
                return self._snapshot()
            case OpenTap():
                pass
            case _:
                return Failure("refused", "this engine mixes nothing")
        return Done()

    def _snapshot(self) -> EngineSnapshot:
        found = [
            ConferenceSnapshot(one.id, one.revision, one.layout, one.layout.mode, (), (), (), ())
            for one in self._conferences.values()
        ]
        now_ns = self._clock.now_ns()
        return EngineSnapshot("feed", os.getpid(), self.begun_ns, now_ns, tuple(found))
