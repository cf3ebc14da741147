"""What a receiver saw: composed pictures put together again, decoded, their counters read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import av
import av.error
import numpy as np

from benchmarks.load.recording import Recording
from benchmarks.load.tape import Numbers
from mcu_core.media import marker
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import H264
from mcu_core.media.picture import Plane
from mcu_core.protocol.payload.base import depayloader
from mcu_core.protocol.sequence import SEQUENCE_MASK


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """A picture as it came: when its last packet did, its RTP time, Annex B."""

    at_ns: int
    timestamp: int
    data: bytes
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that came at `at_ns`: the marker in each pane, None where none could be read."""

    at_ns: int
    markers: tuple[marker.Marker | None, ...]
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Sender:
    """How a pane's pictures left: unit n, which showed counter (n + first_unit) % loop, at
    `sent_ns[n]`."""

    sent_ns: Numbers
    loop: int
    first_unit: int = 0

    def left_ns(self, counter: int, before_ns: int) -> int | None:
        """When that counter was last sent before `before_ns`; None if it was not."""
        start = (counter - self.first_unit) % self.loop
        times = self.sent_ns[start :: self.loop]
        earlier = times[(times > 0) & (times <= before_ns)]
        return int(earlier[-1]) if len(earlier) else None


def coded_pictures(recording: Recording) -> Iterator[CodedPicture]:
    """The H.264 pictures of a recording."""
    assembly = depayloader(H264)
    last: int | None = None
    for at_ns, packet in recording.media():
        lost = last is not None and packet.sequence != (last + 1) & SEQUENCE_MASK
        last = packet.sequence
        for frame in assembly.push(packet, lost):
            yield CodedPicture(at_ns, frame.rtp_timestamp, frame.data, frame.keyframe)


def decoded(
    recording: Recording, since_ns: int = 0, until_ns: int = 1 << 62
) -> Iterator[tuple[CodedPicture, Plane]]:
    """The pictures that came in that time, with their luma; valid until the next one.

    All before it is decoded too, because pictures build upon each other.
    """
    decoder: Any = av.CodecContext.create(H264.decoder, "r")
    decoder.thread_count = 1
    for coded in coded_pictures(recording):
        if coded.at_ns >= until_ns:
            break
        try:
            frames = decoder.decode(av.Packet(coded.data))
        except av.error.FFmpegError:
            continue
        if coded.at_ns >= since_ns:
            for frame in frames:
                yield coded, _luma(frame)


def markers(luma: Plane, panes: Sequence[marker.Rect]) -> tuple[marker.Marker | None, ...]:
    """What stands in each pane."""
    return tuple(marker.read(luma, rect) for rect in panes)


def sights(
    recording: Recording, panes: Sequence[marker.Rect], since_ns: int = 0, until_ns: int = 1 << 62
) -> list[Seen]:
    """The pictures that came in that time with the markers in their panes."""
    return [
        Seen(coded.at_ns, markers(luma, panes), coded.timestamp)
        for coded, luma in decoded(recording, since_ns, until_ns)
    ]


def _luma(frame: av.VideoFrame) -> Plane:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


def picture_delays_ms(seen: Sequence[Seen], pane: int, sender: Sender) -> tuple[list[float], int]:
    """Delay of each counter that appeared in a pane, first sight only; and how many never did."""
    delays: list[float] = []
    last = -1
    skipped = 0
    for sight in seen:
        found = sight.markers[pane]
        if found is None or found.counter == last:
            continue
        if last >= 0:
            skipped += (found.counter - last - 1) % sender.loop
        last = found.counter
        left_ns = sender.left_ns(found.counter, sight.at_ns)
        if left_ns is not None:
            delays.append((sight.at_ns - left_ns) / NS_PER_MS)
    return delays, skipped


def shown_per_s(seen: Sequence[Seen], pane: int) -> float:
    """New pictures a second in a pane: how often another counter appeared in it."""
    if len(seen) < 2:
        return 0.0
    counters = [sight.markers[pane] for sight in seen]
    read = [found.counter for found in counters if found is not None]
    span_s = (seen[-1].at_ns - seen[0].at_ns) / NS_PER_SECOND
    return sum(a != b for a, b in pairwise(read)) / max(span_s, 1e-9)


def share_read(seen: Sequence[Seen]) -> float:
    """Which share of the panes' markers could be read."""
    every = [found is not None for sight in seen for found in sight.markers]
    return sum(every) / max(1, len(every))
