"""A film of picture and content side by side: decoded, composed and encoded, sound as it is.

`python -m recorder.side_by_side FOLDER FILE [FROM TO]`, seconds of the recording. It is a process
of its own, behind everything else on the machine; on standard output it tells how far it has come,
a number 0..1 a line, and on standard error why it failed. FILE is there when it is whole.
"""

import io
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from mcu_core.errors import McuError
from recorder.errors import BrokenRecording
from recorder.export import Export, Span, plan_export
from recorder.index import TrackIndex, read_index
from recorder.tracks import TRACKS

PEOPLE, CONTENT = (640, 720), (1280, 720)
"""The two panes, left and right: slides are to be read."""

TICKS = Fraction(1, 90_000)
BLOCK_BYTES = 1024 * 1024
AT_REST_S = 0.5
"""A slide that rests comes twice a second."""

ENDED_S = 2.0
"""Content of which nothing came for so long had ended."""

TOLD_S = 2.0
NICE = 15


class ExportFile(io.RawIOBase):
    """An export as a file that can be read and sought in."""

    def __init__(self, export: Export) -> None:
        super().__init__()
        self._export = export
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of any file."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._export.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """As of any file."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """As of any file."""
        end = self._export.size if size < 0 else min(self._export.size, self._at + size)
        data = b"".join(self._export.blocks(self._at, end)) if end > self._at else b""
        self._at += len(data)
        return data


def content_spans(track: TrackIndex | None) -> list[tuple[float, float]]:
    """When content was shown, in seconds of the recording."""
    spans: list[tuple[float, float]] = []
    for one in track.fragments if track is not None else ():
        begin = one.time / TRACKS["content"].timescale
        end = begin + max(AT_REST_S, one.duration / TRACKS["content"].timescale)
        if spans and begin - spans[-1][1] < ENDED_S:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    return spans


class _Panes:
    """Both pictures scaled and put side by side by FFmpeg's filters; black where there is none."""

    def __init__(self) -> None:
        self._forms: tuple[object, ...] = ()
        self._sources: list[FilterContext] = []
        self._graph = Graph()
        self._black = _black(*CONTENT)

    def compose(self, people: VideoFrame, content: VideoFrame | None, pts: int) -> VideoFrame:
        frames = people, content if content is not None else self._black
        forms = tuple((frame.width, frame.height, frame.format.name) for frame in frames)
        if forms != self._forms:
            self._forms = forms
            self._graph, self._sources = _graph(frames)
        for source, frame in zip(self._sources, frames, strict=True):
            frame.pts, frame.time_base = pts, TICKS
            source.push(frame)
        made = self._graph.vpull()
        made.pts, made.time_base = pts, TICKS
        return made


def _black(width: int, height: int) -> VideoFrame:
    frame = VideoFrame(width, height, "yuv420p")
    for plane, level in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([level]) * plane.buffer_size)
    return frame


def _graph(frames: tuple[VideoFrame, VideoFrame]) -> tuple[Graph, list[FilterContext]]:
    graph, sources = Graph(), []
    side = graph.add("hstack", "inputs=2")
    for place, (frame, (width, height)) in enumerate(zip(frames, (PEOPLE, CONTENT), strict=True)):
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=TICKS
        )
        fit = f"{width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
        last = source
        for name, options in (
            ("scale", fit),
            ("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2"),
            ("setsar", "1"),
            ("format", "yuv420p"),
        ):
            one = graph.add(name, options)
            last.link_to(one)
            last = one
        last.link_to(side, 0, place)
        sources.append(source)
    side.link_to(graph.add("buffersink"))
    graph.configure()
    return graph, sources


class _Content:
    """What of the content is to be seen at a time, from a stream that is read once."""

    def __init__(self, frames: Iterator[VideoFrame], spans: list[tuple[float, float]]) -> None:
        self._frames = frames
        self._spans = spans
        self._shown: VideoFrame | None = None
        self._next = next(frames, None)

    def at(self, time_s: float) -> VideoFrame | None:
        """The newest picture that is not later; times never go back."""
        while self._next is not None and (self._next.time or 0.0) <= time_s:
            self._shown, self._next = self._next, next(self._frames, None)
        return self._shown if self._covers(time_s) else None

    def _covers(self, time_s: float) -> bool:
        place = bisect_right(self._spans, (time_s, float("inf"))) - 1
        return place >= 0 and time_s < self._spans[place][1]


def compose(folder: Path, film: Path, span: Span | None, told: Callable[[float], None]) -> None:
    """Make the film of a recording, or of a part of it; `told` how far it has come, 0..1.

    Raises BrokenRecording where nothing is stored there, or it cannot be decoded.
    """
    index = read_index(folder)
    export = plan_export(folder, index, span)
    begin_s = span[0] if span else 0.0
    spans = [(a - begin_s, b - begin_s) for a, b in content_spans(index.tracks.get("content"))]
    length_s = min(index.duration_s, span[1] if span else index.duration_s) - begin_s
    fresh = film.with_suffix(".part")
    try:
        with (
            av.open(ExportFile(export), "r", buffer_size=BLOCK_BYTES) as main,
            av.open(ExportFile(export), "r", buffer_size=BLOCK_BYTES) as other,
            av.open(str(fresh), "w", format="mp4", options={"movflags": "faststart"}) as out,
        ):
            videos = other.streams.video
            content = other.decode(videos[1]) if len(videos) > 1 else iter(())
            _write(main, _Content(content, spans), out, lambda at_s: told(at_s / length_s))
    except (av.error.FFmpegError, IndexError) as error:
        fresh.unlink(missing_ok=True)
        raise BrokenRecording(f"it cannot be composed ({error})") from error
    fresh.replace(film)


def _write(
    source: InputContainer,
    content: _Content,
    out: OutputContainer,
    told: Callable[[float], None],
) -> None:
    pictures = out.add_stream("libx264", rate=source.streams.video[0].average_rate or 30)
    pictures.width, pictures.height = PEOPLE[0] + CONTENT[0], CONTENT[1]
    pictures.pix_fmt = "yuv420p"
    pictures.codec_context.time_base = pictures.time_base = TICKS
    pictures.codec_context.thread_count = 1
    pictures.options = {"preset": "veryfast", "crf": "23"}
    sounds = [stream for stream in source.streams.audio[:1]]
    sound = out.add_stream_from_template(sounds[0]) if sounds else None
    panes, last_pts, told_s = _Panes(), -1, 0.0
    for packet in source.demux(source.streams.video[0], *sounds):
        if sound is not None and packet.stream in sounds:
            if packet.dts is not None and packet.dts >= 0:  # not what is over at the beginning
                packet.stream = sound
                out.mux(packet)
            continue
        for frame in packet.decode():
            assert isinstance(frame, VideoFrame)
            time_s = max(0.0, frame.time or 0.0)
            pts = max(last_pts + 1, round(time_s / TICKS))
            out.mux(pictures.encode(panes.compose(frame, content.at(time_s), pts)))
            last_pts = pts
            if time_s - told_s >= TOLD_S:
                told_s = time_s
                told(time_s)
    out.mux(pictures.encode(None))


def main(arguments: list[str]) -> int:
    """Make one film; the exit code is 1 where that failed."""
    folder, film, *span = arguments
    os.nice(NICE)

    def told(share: float) -> None:
        sys.stdout.write(f"{min(1.0, share):.3f}\n")
        sys.stdout.flush()

    try:
        compose(Path(folder), Path(film), (float(span[0]), float(span[1])) if span else None, told)
    except (McuError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
