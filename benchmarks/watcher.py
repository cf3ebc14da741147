"""Watchers look at what a site receives: counters in the picture, tones and chirps in the sound."""

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from benchmarks.streams import FPS, LOOP_S
from mcu_core.endpoints.pattern import chirp
from mcu_core.media import marker
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.picture import Plane
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.protocol.payload.base import depayloader
from mcu_core.protocol.rtp import RtpPacket

LOOP_FRAMES = LOOP_S * FPS
WAITING = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that came at `at_ns`: the marker in each pane, None where none could be read."""

    at_ns: int
    markers: tuple[marker.Marker | None, ...]


class PictureWatcher:
    """Puts pictures together, decodes them in a thread of its own and reads their markers."""

    def __init__(self, panes: Sequence[marker.Rect], read: bool = True) -> None:
        self._panes = panes
        self._read = read
        self._depayloader = depayloader(H264)
        self._units: queue.Queue[tuple[bytes, int] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="watch pictures")
        self._last_sequence: int | None = None
        self.arrivals_ns: list[int] = []
        self.seen: list[Seen] = []
        self.lost_packets = self.undecodable = self.overrun = 0
        self.bytes = 0

    def __enter__(self) -> "PictureWatcher":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._units.put(None)
        self._thread.join()

    def arrived(self, packet: RtpPacket, now_ns: int) -> None:
        """A packet came; called on the wire's thread."""
        expected = self._last_sequence
        lost = expected is not None and packet.sequence != (expected + 1) & 0xFFFF
        self.lost_packets += lost
        self._last_sequence = packet.sequence
        self.bytes += len(packet.payload)
        for frame in self._depayloader.push(packet, lost):
            self.arrivals_ns.append(now_ns)
            if self._read:
                try:
                    self._units.put_nowait((frame.data, now_ns))
                except queue.Full:
                    self.overrun += 1

    def _run(self) -> None:
        decoder: Any = av.CodecContext.create(H264.decoder, "r")
        decoder.thread_count = 1
        while (item := self._units.get()) is not None:
            data, at_ns = item
            try:
                frames = decoder.decode(av.Packet(data))
            except av.error.FFmpegError:
                self.undecodable += 1
                continue
            for frame in frames:
                luma = _luma(frame)
                found = tuple(marker.read(luma, rect) for rect in self._panes)
                self.seen.append(Seen(at_ns, found))


def _luma(frame: av.VideoFrame) -> Plane:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


class SoundWatcher:
    """Keeps sound packets with their moments and decodes them afterwards."""

    def __init__(self) -> None:
        self._packets: list[tuple[int, bytes]] = []

    def arrived(self, packet: RtpPacket, now_ns: int) -> None:
        """A packet came; called on the wire's thread."""
        self._packets.append((now_ns, packet.payload))

    def decoded(self) -> tuple[NDArray[np.float32], list[int]]:
        """All sound, its left channel, and when each 20 ms of it came."""
        decoder: Any = av.CodecContext.create(OPUS.decoder, "r")
        decoder.sample_rate, decoder.layout = SAMPLE_RATE, "stereo"
        resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE)
        blocks, moments = [], []
        for at_ns, payload in self._packets:
            for frame in decoder.decode(av.Packet(payload)):
                for out in resampler.resample(frame):
                    blocks.append(out.to_ndarray()[0].astype(np.float32))
                    moments.append(at_ns)
        return (np.concatenate(blocks) if blocks else np.zeros(0, np.float32)), moments


def picture_delays_ms(
    seen: Sequence[Seen], pane: int, sent_ns: Sequence[int]
) -> tuple[list[float], int]:
    """Delay of each counter that appeared in a pane, first sight only; and how many never did."""
    delays: list[float] = []
    last_loop_counter = -1
    expected = None
    skipped = 0
    for sight in seen:
        found = sight.markers[pane]
        if found is None or found.counter == last_loop_counter:
            continue
        if expected is not None:
            skipped += (found.counter - expected) % LOOP_FRAMES
        last_loop_counter, expected = found.counter, (found.counter + 1) % LOOP_FRAMES
        left_ns = _left_ns(found.counter, sight.at_ns, sent_ns)
        if left_ns is not None:
            delays.append((sight.at_ns - left_ns) / 1e6)
    return delays, skipped


def _left_ns(counter: int, at_ns: int, sent_ns: Sequence[int]) -> int | None:
    """When that counter was last sent before `at_ns`; loops repeat it each LOOP_S seconds."""
    times = [moment for moment in sent_ns[counter::LOOP_FRAMES] if moment <= at_ns]
    return times[-1] if times else None


def amplitude(samples: NDArray[np.float32], hertz: float) -> float:
    """How much of a tone is in there (windowed, so that others do not leak into it)."""
    if not len(samples):
        return 0.0
    window = np.blackman(len(samples))
    time = np.arange(len(samples)) / SAMPLE_RATE
    weighted = samples * window * np.exp(-2j * np.pi * hertz * time)
    return float(2 * np.abs(weighted.sum()) / window.sum())


def usual_amplitude(samples: NDArray[np.float32], hertz: float) -> float:
    """The median over seconds of `amplitude`: a lost packet is a crack, not a voice."""
    seconds = [
        samples[start : start + SAMPLE_RATE]
        for start in range(0, len(samples) - SAMPLE_RATE + 1, SAMPLE_RATE)
    ]
    return float(np.median([amplitude(second, hertz) for second in seconds])) if seconds else 0.0


def sound_delays_ms(
    samples: NDArray[np.float32], moments: Sequence[int], sent_ns: Sequence[int], per_second: int
) -> list[float]:
    """Delay of each chirp: from the packet that it began in to the packet that it came out in."""
    template = chirp().astype(np.float32)
    delays: list[float] = []
    if len(samples) <= len(template):
        return delays
    chirp_sent = [sent_ns[k] for k in range(0, len(sent_ns), per_second)]
    correlation = np.abs(np.correlate(samples, template, "valid"))
    reach = SAMPLE_RATE // 2
    threshold = 0.4 * float((template**2).sum())
    for start in range(0, len(correlation) - 2 * reach, 2 * reach):
        peak = start + int(np.argmax(correlation[start : start + 2 * reach]))
        if correlation[peak] < threshold:
            continue
        block, offset = divmod(peak, BLOCK_SAMPLES)
        came_ns = moments[block] + offset * 1_000_000_000 // SAMPLE_RATE
        before = [moment for moment in chirp_sent if moment <= came_ns]
        if before and came_ns - before[-1] < 900_000_000:
            delays.append((came_ns - before[-1]) / 1e6)
    return delays
