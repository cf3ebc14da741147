"""Inputs of an offline mix: files decoded ahead in threads, read by time and never by luck."""

import queue
import threading
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import structlog

from mcu_core.errors import BadInput
from mcu_core.ingress.video_decoder import picture_of
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block

log = structlog.get_logger()

PICTURES_AHEAD = 6
LAST_PICTURE_NS = NS_PER_SECOND
"""How long the last picture is held for sound that is a little longer."""

_MICROSECONDS = 1_000_000
_READ_ERRORS = (av.error.FFmpegError, OSError, ValueError, EOFError)


@dataclass(frozen=True, slots=True)
class InputInfo:
    """What a look into a file tells. `start_ns` is where its clock begins, `length_ns` may be 0."""

    path: Path
    start_ns: int
    length_ns: int
    has_video: bool
    has_audio: bool


def look_into(path: Path, field: str) -> InputInfo:
    """What is in the file; raises BadInput naming `field` when it cannot be mixed."""
    if not path.is_file():
        raise BadInput(field, f"a file; {path} does not exist" if not path.exists() else "a file")
    try:
        with _open(path) as container:
            video, audio = container.streams.best("video"), container.streams.best("audio")
            start = container.start_time or 0
            length = container.duration or 0
    except _READ_ERRORS as error:
        raise BadInput(field, f"a media file ({error})") from error
    if video is None and audio is None:
        raise BadInput(field, f"a file with pictures or sound, not {path}")
    scale = NS_PER_SECOND // _MICROSECONDS
    return InputInfo(path, start * scale, length * scale, video is not None, audio is not None)


class PictureReader:
    """The pictures of one file, decoded in a thread of its own, up to PICTURES_AHEAD in advance.

    `at` must be asked with times that never go back. The same file gives the same picture for the
    same time, however fast or slow its thread is.
    """

    def __init__(self, info: InputInfo) -> None:
        self._info = info
        self._decoded: queue.Queue[Picture | None] = queue.Queue(PICTURES_AHEAD)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"decode {info.path.name}")
        self._current: Picture | None = None
        self._next: Picture | None = None
        self._finished = not info.has_video
        self._usual_ns = NS_PER_SECOND // 25
        self.damage = ""
        self.pictures = 0

    def start(self) -> None:
        """Begin to decode; `close` ends that."""
        if self._info.has_video:
            self._thread.start()
            self._advance()

    def at(self, time_ns: int) -> Picture | None:
        """The picture to be seen at that time; None before the first and long after the last."""
        while self._next is not None and self._next.stamp_ns <= time_ns:
            self._current = self._next
            self._advance()
        if self.ended(time_ns - LAST_PICTURE_NS):
            self._current = None
        return self._current

    def ended(self, time_ns: int) -> bool:
        """Whether the last picture, as far as `at` has come, is over at that time."""
        if not self._finished:
            return False
        return self._current is None or time_ns >= self._current.stamp_ns + self._usual_ns

    def close(self) -> None:
        """End the thread and wait for it; safe twice."""
        self._stopping.set()
        while self._thread.is_alive():
            try:
                self._decoded.get(timeout=0.02)
            except queue.Empty:
                continue
        self._current = self._next = None

    def _advance(self) -> None:
        self._next = None if self._finished else self._decoded.get()
        self._finished = self._next is None

    def _run(self) -> None:
        try:
            with _open(self._info.path) as container:
                stream = container.streams.best("video")
                assert isinstance(stream, av.VideoStream)
                stream.thread_count = 1
                stream.codec_context.thread_count = 1
                if stream.average_rate:
                    self._usual_ns = int(NS_PER_SECOND / stream.average_rate)
                self._decode(container, stream)
        except _READ_ERRORS as error:
            self.damage = str(error)
            log.warning("input is damaged", path=str(self._info.path), reason=self.damage)
        finally:
            self._put(None)

    def _decode(self, container: Any, stream: av.VideoStream) -> None:
        stamp_ns = -1
        for serial, frame in enumerate(container.decode(stream), 1):
            if frame.pts is None:
                stamp_ns += self._usual_ns
            else:
                stamp_ns = int(frame.pts * frame.time_base * NS_PER_SECOND) - self._info.start_ns
            aspect = stream.codec_context.sample_aspect_ratio
            picture = picture_of(frame, stamp_ns, aspect, -frame.rotation % 360)
            self.pictures += 1
            if not self._put(replace(picture, serial=serial)):
                return

    def _put(self, picture: Picture | None) -> bool:
        while not self._stopping.is_set():
            try:
                self._decoded.put(picture, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False


class SoundReader:
    """The sound of one file as blocks of 20 ms, decoded when they are asked for."""

    def __init__(self, info: InputInfo) -> None:
        self._info = info
        self._blocks = _blocks(info)
        self.ended = not info.has_audio

    def next_block(self) -> Block | None:
        """The next 20 ms; None for ever after the end."""
        block = None if self.ended else next(self._blocks, None)
        self.ended = block is None
        return block

    def close(self) -> None:
        """Let the file go; safe twice."""
        self._blocks.close()


def _blocks(info: InputInfo) -> Generator[Block, None, None]:
    """All blocks; silence stands in front when the sound begins later than the pictures."""
    waiting: deque[Block] = deque()
    count = 0
    try:
        with _open(info.path) as container:
            for samples in _samples(container, info.start_ns):
                waiting.append(samples)
                count += len(samples)
                while count >= BLOCK_SAMPLES:
                    yield _taken(waiting, BLOCK_SAMPLES)
                    count -= BLOCK_SAMPLES
    except _READ_ERRORS as error:
        log.warning("sound is damaged", path=str(info.path), reason=str(error))
    if count:
        last = np.zeros((BLOCK_SAMPLES, CHANNELS), np.float32)
        last[:count] = _taken(waiting, count)
        yield last


def _samples(container: Any, start_ns: int) -> Iterator[Block]:
    """Decoded sound at 48 kHz, stereo, in pieces of any length, aligned with the file's clock."""
    stream = container.streams.best("audio")
    # One channel stands on both sides at full level; FFmpeg would take 3 dB off it.
    mono = stream.codec_context.channels == 1
    resampler = av.AudioResampler("flt", "mono" if mono else "stereo", SAMPLE_RATE)
    offset: int | None = None
    for frame in container.decode(stream):
        if offset is None:
            begin_ns = int((frame.time or 0.0) * NS_PER_SECOND) - start_ns
            offset = begin_ns * SAMPLE_RATE // NS_PER_SECOND
            if offset > 0:
                yield np.zeros((offset, CHANNELS), np.float32)
        if _is_plain(frame):
            yield _columns(frame)
            continue
        for out in resampler.resample(frame):
            yield _stereo(out, mono)
    for out in resampler.resample(None):
        yield _stereo(out, mono)


def _is_plain(frame: av.AudioFrame) -> bool:
    """Whether it is what a resampler would make of it, but for the order: Opus and AAC mostly."""
    plain = frame.sample_rate == SAMPLE_RATE and frame.format.name == "fltp"
    return plain and frame.layout.name in ("mono", "stereo")


def _columns(frame: av.AudioFrame) -> Block:
    """One or two planes as shape (samples, 2)."""
    samples = np.empty((frame.samples, CHANNELS), np.float32)
    for channel in range(CHANNELS):
        plane = frame.planes[min(channel, len(frame.planes) - 1)]
        samples[:, channel] = np.frombuffer(memoryview(plane), np.float32, frame.samples)
    return samples


def _stereo(frame: av.AudioFrame, mono: bool) -> Block:
    samples = frame.to_ndarray().astype(np.float32, copy=False)
    return samples.repeat(CHANNELS).reshape(-1, CHANNELS) if mono else samples.reshape(-1, CHANNELS)


def _taken(waiting: deque[Block], count: int) -> Block:
    """`count` samples from the front of `waiting`, which must hold them."""
    if len(waiting[0]) == count:
        return waiting.popleft()
    parts = []
    while count:
        piece = waiting.popleft()
        if len(piece) > count:
            waiting.appendleft(piece[count:])
            piece = piece[:count]
        parts.append(piece)
        count -= len(piece)
    return np.concatenate(parts)


def _open(path: Path) -> Any:
    return av.open(str(path), "r")


def blocks_until(time_ns: int) -> int:
    """How many blocks of sound begin before that time."""
    return -(-time_ns // BLOCK_NS)
