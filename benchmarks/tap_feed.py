"""Pre-encoded taps: plays an engine's socket for any number of recorders' conferences."""

import asyncio
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from mcu_core.contract.commands import Done, OpenTap
from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.contract.line import Door, Line, LineClosed
from mcu_core.contract.wire import ENGINE_FRAMING, Message, Reply, Request, Tapped
from mcu_core.media.clock import NS_PER_SECOND, Clock

FPS = 30
LOOP_S = 2
SOUND_RATE, SOUND_SAMPLES = 48_000, 1024
MAIN_BPS, CONTENT_BPS, SMALL_BPS = 3_000_000, 1_000_000, 500_000
SMALL_SIZE = (640, 360)


def pictures(name: str, bitrate_bps: int, size: tuple[int, int] = (1920, 1080)) -> list[TapUnit]:
    """Two seconds of H.264 that moves, at about that rate; the first is a keyframe."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.bit_rate = "yuv420p", bitrate_bps
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size = FPS * LOOP_S
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 24, (size[1] * 3 // 2, size[0] + 256), np.uint8)
    slope = (np.arange(size[0], dtype=np.uint32) * 160 // size[0] + 40).astype(np.uint8)
    packets = []
    for number in range(FPS * LOOP_S):
        frame = av.VideoFrame.from_ndarray(
            slope[None, :] + noise[:, number : number + size[0]], format="yuv420p"
        )
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    step_ns = NS_PER_SECOND // FPS
    return [
        TapUnit(name, k * NS_PER_SECOND // FPS, step_ns, bool(one.is_keyframe), bytes(one))
        for k, one in enumerate(packets)
    ]


def sound() -> tuple[TapTrack, list[TapUnit]]:
    """Two seconds of AAC."""
    encoder: Any = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE, "stereo", "fltp"
    encoder.bit_rate = 128_000
    encoder.open()
    packets = []
    for number in range(LOOP_S * SOUND_RATE // SOUND_SAMPLES + 2):
        times = np.arange(number * SOUND_SAMPLES, (number + 1) * SOUND_SAMPLES) / SOUND_RATE
        tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack((tone, tone)), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SOUND_RATE, number * SOUND_SAMPLES
        packets += encoder.encode(frame)
    duration_ns = SOUND_SAMPLES * NS_PER_SECOND // SOUND_RATE
    units = [TapUnit("sound", 0, duration_ns, True, bytes(one)) for one in packets]
    config = bytes(encoder.extradata or b"")
    return TapTrack("sound", "AAC", sample_rate=SOUND_RATE, channels=2, config=config), units


@dataclass(frozen=True, slots=True)
class TapMaterial:
    """What a tap gives: its tracks, and a loop of each picture track and of sound."""

    tracks: tuple[TapTrack, ...]
    pictures: dict[str, list[TapUnit]]
    sound: list[TapUnit]

    @classmethod
    def make(cls, size: tuple[int, int] = (1920, 1080)) -> "TapMaterial":
        """Encode it; takes some seconds."""
        sound_track, heard = sound()
        pictured = {
            "main": pictures("main", MAIN_BPS, size),
            "content": pictures("content", CONTENT_BPS, size),
            "sd": pictures("sd", SMALL_BPS, SMALL_SIZE),
        }
        sizes = {"main": size, "content": size, "sd": SMALL_SIZE}
        tracks = [TapTrack(name, "H264", *sizes[name], FPS) for name in pictured]
        return cls((*tracks, sound_track), pictured, heard)


@dataclass(slots=True)
class Reader:
    """A recorder's tap of one conference: units `sent` by track, stamps of its first and newest."""

    line: Line[Message]
    sent: dict[str, int] = field(default_factory=dict)
    first_ns: dict[str, int] = field(default_factory=dict)
    newest_ns: dict[str, int] = field(default_factory=dict)

    def tell(self, unit: TapUnit) -> None:
        """Give it a unit; raises LineClosed."""
        self.line.send(Tapped(unit))
        self.sent[unit.name] = self.sent.get(unit.name, 0) + 1
        self.first_ns.setdefault(unit.name, unit.stamp_ns)
        self.newest_ns[unit.name] = unit.stamp_ns


class TapFeed:
    """Listens as an engine does and gives every reader the same; owns one task.

    A reader gets all from the first keyframe on after it came. `readers` are those of now, by
    conference.
    """

    def __init__(self, path: Path, clock: Clock, material: TapMaterial) -> None:
        self.readers: dict[str, Reader] = {}
        self._clock = clock
        self._material = material
        self._given: list[Reader] = []
        self._door: Door[Message] = Door(path, ENGINE_FRAMING, self._serve)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen; nothing is given yet."""
        await self._door.open()

    def begin(self) -> None:
        """Give, from a keyframe on, until `end`."""
        self._task = asyncio.create_task(self._give(), name="tap feed")

    def hush(self, conference: str) -> Reader:
        """Give one conference no more; what it got."""
        reader = self.readers.pop(conference)
        self._given = [one for one in self._given if one is not reader]
        return reader

    async def end(self) -> None:
        """Give no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._given = []

    async def close(self) -> None:
        """Hang up."""
        await self.end()
        await self._door.close()

    async def _give(self) -> None:
        begin_ns = self._clock.now_ns()
        heard = tick = 0
        pictures, sounds = self._material.pictures.values(), self._material.sound
        while True:
            if tick % (FPS * LOOP_S) == 0:
                self._given = list(self.readers.values())
            stamp_ns = begin_ns + tick * NS_PER_SECOND // FPS
            for units in pictures:
                self._tell(units[tick % len(units)], stamp_ns)
            while begin_ns + heard * SOUND_SAMPLES * NS_PER_SECOND // SOUND_RATE <= stamp_ns:
                at_ns = begin_ns + heard * SOUND_SAMPLES * NS_PER_SECOND // SOUND_RATE
                self._tell(sounds[heard % len(sounds)], at_ns)
                heard += 1
            tick += 1
            wait_ns = begin_ns + tick * NS_PER_SECOND // FPS - self._clock.now_ns()
            await asyncio.sleep(max(0, wait_ns) / NS_PER_SECOND)

    def _tell(self, unit: TapUnit, stamp_ns: int) -> None:
        fresh = TapUnit(unit.name, stamp_ns, unit.duration_ns, unit.keyframe, unit.data)
        for reader in self._given:
            try:
                reader.tell(fresh)
            except LineClosed:
                continue  # its task forgets it

    async def _serve(self, line: Line[Message]) -> None:
        await line.receive()
        request = await line.receive()
        assert isinstance(request, Request)
        assert isinstance(request.body, OpenTap)
        line.send(Reply(request.id, Done()))
        for track in self._material.tracks:
            line.send(Tapped(track))
        reader = self.readers[request.body.conference] = Reader(line)
        try:
            await line.receive()
        except LineClosed:
            return
        finally:
            if self.readers.get(request.body.conference) is reader:
                del self.readers[request.body.conference]
            self._given = [one for one in self._given if one is not reader]
