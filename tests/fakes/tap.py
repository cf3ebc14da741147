"""An engine socket that serves the tap of one conference from really encoded H.264 and AAC."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mcu_core.contract.commands import Done, Failure, OpenTap
from mcu_core.contract.events import TapLoss, TapMessage, TapTrack, TapUnit
from mcu_core.contract.line import Door, Line, LineClosed
from mcu_core.contract.wire import ENGINE_FRAMING, Hello, Message, Reply, Request, Tapped
from mcu_core.media.clock import NS_PER_SECOND, Clock

SOUND_RATE = 48_000
AAC_SAMPLES = 1024


@dataclass(frozen=True)
class Clip:
    """Tracks and units in the order of their stamps, which count from about 0."""

    tracks: tuple[TapTrack, ...]
    units: tuple[TapUnit, ...]

    def at(self, origin_ns: int) -> list[TapUnit]:
        """The units with their stamps moved to begin at `origin_ns`."""
        return [
            TapUnit(u.name, origin_ns + u.stamp_ns, u.duration_ns, u.keyframe, u.data)
            for u in self.units
        ]


def _pictures(width: int, height: int, fps: int, seconds: float, gop: int) -> list[TapUnit]:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.gop_size = gop
    encoder.thread_count = 1
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1",
        "colorprim": "bt709",
    }
    units: list[TapUnit] = []
    rows = np.arange(height * 3 // 2, dtype=np.uint32)[:, None]
    columns = np.arange(width, dtype=np.uint32)[None, :]
    packets = []
    for number in range(round(fps * seconds)):
        plane = ((rows * 3 + columns * 2 + number * 5) % 200 + 28).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    for packet in packets:
        assert packet.pts is not None
        units.append(
            TapUnit(
                "main",
                packet.pts * NS_PER_SECOND // fps,
                NS_PER_SECOND // fps,
                packet.is_keyframe,
                bytes(packet),
            )
        )
    return units


def _sound(seconds: float) -> tuple[TapTrack, list[TapUnit]]:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE, "stereo", "fltp"
    encoder.bit_rate = 96_000
    encoder.open()
    packets = []
    for number in range(round(SOUND_RATE * seconds / AAC_SAMPLES)):
        time = np.arange(number * AAC_SAMPLES, (number + 1) * AAC_SAMPLES) / SOUND_RATE
        tone = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack((tone, tone)), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SOUND_RATE, number * AAC_SAMPLES
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    units: list[TapUnit] = []
    for packet in packets:
        assert packet.pts is not None
        stamp_ns = (packet.pts + AAC_SAMPLES) * NS_PER_SECOND // SOUND_RATE
        duration_ns = AAC_SAMPLES * NS_PER_SECOND // SOUND_RATE
        units.append(TapUnit("sound", stamp_ns, duration_ns, True, bytes(packet)))
    config = bytes(encoder.extradata or b"")
    track = TapTrack("sound", "AAC", sample_rate=SOUND_RATE, channels=2, config=config)
    return track, units


def encode_clip(
    seconds: float, width: int = 320, height: int = 180, fps: int = 30, gop: int = 30
) -> Clip:
    """Moving stripes and a tone of 440 Hz; the first sound frame is the encoder's lead-in."""
    sound_track, sound = _sound(seconds)
    pictures = _pictures(width, height, fps, seconds, gop)
    picture_track = TapTrack("main", "H264", width=width, height=height, fps=fps)
    units = sorted((*pictures, *sound), key=lambda unit: unit.stamp_ns)
    return Clip((picture_track, sound_track), tuple(units))


class FakeTap:
    """Listens like an engine; what `send` is given goes to all readers and is held for replay."""

    def __init__(self, path: Path, conference: str, tracks: tuple[TapTrack, ...]) -> None:
        self.requests: list[OpenTap] = []
        self.tracks = tracks
        self._conference = conference
        self._held: list[TapUnit] = []
        self._lines: list[Line[Message]] = []
        self._door: Door[Message] = Door(path, ENGINE_FRAMING, self._serve)

    async def open(self) -> None:
        """Listen."""
        await self._door.open()

    async def close(self) -> None:
        """Hang up on everybody and stop listening."""
        await self._door.close()

    @property
    def readers(self) -> int:
        """How many read now."""
        return len(self._lines)

    @property
    def newest_ns(self) -> int:
        """Stamp of the last unit given out."""
        return self._held[-1].stamp_ns

    def send(self, units: list[TapUnit]) -> None:
        """Give units to all readers; one whose line has just closed gets them when it is back."""
        self._held += units
        for line in self._lines:
            with suppress(LineClosed):
                for unit in units:
                    line.send(Tapped(unit))

    def forget(self) -> None:
        """What was given out is held no longer, as it is by an engine after 15 s."""
        self._held.clear()

    def say(self, message: TapMessage) -> None:
        """Give a track or a loss to all readers."""
        for line in self._lines:
            line.send(Tapped(message))

    def lose(self, name: str, units: int) -> None:
        """Tell that units were dropped."""
        self.say(TapLoss(name, units))

    async def _serve(self, line: Line[Message]) -> None:
        hello = await line.receive()
        assert isinstance(hello, Hello)
        request = await line.receive()
        assert isinstance(request, Request)
        assert isinstance(request.body, OpenTap)
        self.requests.append(request.body)
        if request.body.conference != self._conference:
            line.send(Reply(request.id, Failure("NotFound", "no such conference", "conference")))
            return
        line.send(Reply(request.id, Done()))
        for track in self.tracks:
            line.send(Tapped(track))
        for unit in self._replay(request.body.since_ns):
            line.send(Tapped(unit))
        self._lines.append(line)
        try:
            await line.receive()
        except LineClosed:
            return
        finally:
            self._lines.remove(line)

    def _replay(self, since_ns: int) -> list[TapUnit]:
        """What is held after `since_ns`, from the first keyframe on."""
        if not since_ns:
            return []
        held = [unit for unit in self._held if unit.stamp_ns > since_ns]
        first = next((unit.stamp_ns for unit in held if unit.name == "main" and unit.keyframe), 0)
        return [unit for unit in held if first and unit.stamp_ns >= first]


async def play(tap: FakeTap, units: list[TapUnit], clock: Clock) -> None:
    """Send units when their time has come, as a running conference does."""
    for unit in units:
        wait_ns = unit.stamp_ns - clock.now_ns()
        if wait_ns > 0:
            await asyncio.sleep(wait_ns / NS_PER_SECOND)
        tap.send([unit])


def cut(clip: Clip, begin_s: float, end_s: float) -> Clip:
    """The units of a part of the clip."""
    begin_ns, end_ns = round(begin_s * NS_PER_SECOND), round(end_s * NS_PER_SECOND)
    return replace(
        clip, units=tuple(unit for unit in clip.units if begin_ns <= unit.stamp_ns < end_ns)
    )
