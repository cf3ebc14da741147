"""The video track of a file: its packets read further ahead than its pictures are decoded."""

from collections import deque
from collections.abc import Generator
from fractions import Fraction
from typing import Any

import structlog

from mcu_core.ingress.video_decoder import picture_of
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture
from mcu_core.offline.inputs import READ_ERRORS, InputInfo, open_stream

log = structlog.get_logger()

USUAL_FPS = 25
"""Of a file that does not tell."""


class VideoTrack:
    """Pictures in the order in which they are shown; one thread at a time may use it.

    `end_ns`: when the last picture is over, None as long as that is not in sight. `damage` says why
    the track ended early, empty if it did not.
    """

    def __init__(self, info: InputInfo) -> None:
        self.end_ns: int | None = None
        self.damage = ""
        self._info = info
        self._packets: deque[Any] = deque()
        self._demuxed = self._demux()
        self._decoded = self._decode()
        self._up, self._down = 1, 1
        self._usual_ns = NS_PER_SECOND // USUAL_FPS
        self._read_ns = self._last_ns = 0
        self._aspect: Fraction | None = None
        self._serial = 0

    def look_ahead(self, until_ns: int) -> None:
        """Read all that is to be decoded up to then, so that an end before that is known."""
        while self.end_ns is None and self._read_ns <= until_ns:
            self._read()

    def next(self) -> Picture | None:
        """The next picture, decoded now; None for ever after the last."""
        return next(self._decoded, None)

    def close(self) -> None:
        """Let the file go; safe twice."""
        self._decoded.close()
        self._demuxed.close()
        self._packets.clear()

    def _demux(self) -> Generator[Any, None, None]:
        container, stream = open_stream(self._info.path, "video")
        with container:
            stream.codec_context.thread_count = 1
            if stream.average_rate:
                self._usual_ns = int(NS_PER_SECOND / stream.average_rate)
            self._up, self._down = (stream.time_base * NS_PER_SECOND).as_integer_ratio()
            yield from container.demux(stream)

    def _read(self) -> None:
        """Take one packet more, or know the end."""
        try:
            packet = next(self._demuxed, None)
        except READ_ERRORS as error:
            self._break(error)
            packet = None
        if packet is None:
            self.end_ns = self._last_ns
            return
        self._packets.append(packet)
        if packet.size:
            began_ns = self._last_ns if packet.pts is None else self._at_ns(packet.pts)
            self._last_ns = max(self._last_ns, began_ns + self._usual_ns)
            self._read_ns = self._last_ns if packet.dts is None else self._at_ns(packet.dts)

    def _decode(self) -> Generator[Picture, None, None]:
        shown_ns = 0
        while self._packets or self.end_ns is None:
            if not self._packets:
                self._read()
                continue
            packet = self._packets.popleft()
            try:
                frames = packet.decode()
            except READ_ERRORS as error:
                self._break(error)
                self.end_ns = shown_ns
                return
            for frame in frames:
                stamp_ns = shown_ns if frame.pts is None else self._at_ns(frame.pts)
                shown_ns = stamp_ns + self._usual_ns
                yield self._picture(packet.stream, frame, stamp_ns)

    def _picture(self, stream: Any, frame: Any, stamp_ns: int) -> Picture:
        if frame.key_frame:
            self._aspect = stream.codec_context.sample_aspect_ratio
        self._serial += 1
        return picture_of(frame, stamp_ns, self._aspect, -frame.rotation % 360, self._serial)

    def _at_ns(self, pts: int) -> int:
        """A time stamp in nanoseconds since the file's beginning."""
        return pts * self._up // self._down - self._info.start_ns

    def _break(self, error: Exception) -> None:
        self.damage = str(error)
        log.warning("input is damaged", path=str(self._info.path), reason=self.damage)
