"""A download: a plain MP4, moov first, cut from the fragments of a recording without re-encoding.

The file is planned, not written: its header is made here, the rest stands in the track files, and
whoever reads gets the two put together. So it costs no disk, can be sent from any byte on, and a
recording that still grows is exported as far as it is stored now.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from pathlib import Path

from mcu_core.media.clock import NS_PER_SECOND
from recorder import boxes
from recorder.aac import FRAME_SAMPLES, SILENT_FRAMES
from recorder.errors import BrokenRecording
from recorder.index import RecordingIndex, TrackIndex
from recorder.journal import FragmentWritten
from recorder.media_files import MediaFile, open_media
from recorder.tracks import TRACKS, TrackKind

READ_BYTES = 256 * 1024
HEAD_BYTES = boxes.RUN_TABLE_AT + 64 * boxes.RUN_ENTRY.size
"""What is read of a fragment to know its samples; those of more than 64 are read whole."""

SILENT_CHUNK_FRAMES = 48
"""Holes in the sound are filled with chunks of up to this many frames, all of the same bytes."""


Span = tuple[float, float]
"""From and to, in seconds of the recording."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that stand in a track's file, or here in `data` where `path` is None."""

    path: Path | None
    offset: int
    size: int
    data: bytes = b""


@dataclass(slots=True)
class _Chunk:
    """Samples that lie together; `offset` is theirs behind the mdat header; `entry` from 1."""

    start: int
    durations: list[int]
    sizes: list[int]
    syncs: list[bool]
    entry: int
    piece: Piece
    offset: int = 0

    @property
    def end(self) -> int:
        return self.start + sum(self.durations)


@dataclass(slots=True)
class ExportTrack:
    """What a file takes of one track; `entries` are its sample entries (boxes of stsd)."""

    kind: TrackKind
    size: tuple[int, int]
    entries: list[bytes]
    chunks: list[_Chunk] = field(default_factory=list)

    @property
    def samples(self) -> int:
        """How many pictures or sound frames."""
        return sum(len(chunk.sizes) for chunk in self.chunks)

    @property
    def duration_s(self) -> float:
        """From its first sample to the end of its last."""
        return (self.chunks[-1].end - self.chunks[0].start) / self.kind.timescale

    @property
    def media_bytes(self) -> int:
        """The size of all its samples."""
        return sum(sum(chunk.sizes) for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Export:
    """The file: all pieces one after the other, `size` bytes together; the first is its header."""

    pieces: tuple[Piece, ...]
    size: int

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to (not with) `end`, in blocks; raises BrokenRecording."""
        left = (self.size if end is None else min(end, self.size)) - start
        with ExitStack() as stack:
            files: dict[Path, MediaFile] = {}
            for piece in self.pieces:
                if left <= 0:
                    return
                if start < piece.size:
                    for block in _read(piece, start, min(left, piece.size - start), files, stack):
                        left -= len(block)
                        yield block
                start = max(0, start - piece.size)

    def save(self, path: Path) -> None:
        """Write the file."""
        with path.open("wb") as file:
            for block in self.blocks():
                file.write(block)


def plan_export(
    folder: Path, index: RecordingIndex, span: Span | None = None, *, small: bool = False
) -> Export:
    """Plan the download of what `index` knows; raises BrokenRecording when that is nothing.

    A span is shown to the picture. What is needed to decode its first one, from the keyframe
    before it on, is in the file too, behind an edit list (ISO/IEC 14496-12 8.6.6): not shown.
    `small`: with the picture's small coding, where there is one.
    """
    return export_of(tracks_of(folder, index, span, small=small))


def tracks_of(
    folder: Path, index: RecordingIndex, span: Span | None = None, *, small: bool = False
) -> list[ExportTrack]:
    """What a file of a span would hold, one at least; raises BrokenRecording."""
    if span is not None and span[0] >= index.duration_s:
        raise BrokenRecording("nothing is stored there")
    try:
        left_out = "main" if small and "sd" in index.tracks else "sd"
        names = [name for name in TRACKS if name in index.tracks and name != left_out]
        present = [index.tracks[name] for name in names]
        whole = span is None
        begin_ns, end_ns = (round(at * NS_PER_SECOND) for at in span or (0.0, index.duration_s))
        if not whole:
            present = [_within(track, begin_ns, end_ns) for track in present]
        read = [_track(folder, track, begin_ns) for track in present if track.fragments]
        # Of one that was cut nothing may be left.
        tracks = [track for track in read if track.chunks]
        if not whole:
            _trim(tracks, end_ns - begin_ns)
            tracks = [track for track in tracks if track.chunks]
    except (OSError, ValueError, KeyError) as error:  # no such key: no init that it names
        raise BrokenRecording(f"a track file cannot be read ({error})") from error
    if not tracks:
        raise BrokenRecording("nothing is stored yet")
    for track in tracks:
        _join(track)
    return tracks


def export_of(tracks: list[ExportTrack]) -> Export:
    """The file of these tracks."""
    body = _place(tracks)
    header_size = len(_header(tracks, 0, 0))
    body_size = sum(piece.size for piece in body)
    header = _header(tracks, header_size, body_size)
    return Export((Piece(None, 0, header_size, header), *body), header_size + body_size)


def _read(
    piece: Piece, skip: int, size: int, files: dict[Path, MediaFile], stack: ExitStack
) -> Iterator[bytes]:
    if piece.path is None:
        yield piece.data[skip : skip + size]
        return
    if piece.path not in files:
        files[piece.path] = stack.enter_context(closing(open_media(piece.path)))
    offset, end = piece.offset + skip, piece.offset + skip + size
    while offset < end:
        block = files[piece.path].pread(min(READ_BYTES, end - offset), offset)
        if not block:
            raise BrokenRecording("a track file is shorter than its journal says")
        offset += len(block)
        yield block


def _within(track: TrackIndex, begin_ns: int, end_ns: int) -> TrackIndex:
    """The fragments that are heard or seen between, or needed to decode such."""
    kind = TRACKS[track.name]
    begin, end = kind.ticks(begin_ns), kind.ticks(end_ns)
    fragments = [one for one in track.fragments if begin <= one.time < end]
    earlier = [one for one in track.fragments if one.time < begin]
    fragments = _standing(earlier, begin, fragments) + fragments
    while fragments and kind.codec == "H264" and not fragments[0].keyframe:
        fragments.pop(0)
    return TrackIndex(track.name, track.inits, fragments)


def _standing(
    earlier: list[FragmentWritten], begin: int, inside: list[FragmentWritten]
) -> list[FragmentWritten]:
    """What of `earlier` is needed to show what stands at `begin`, or goes on there.

    Of sound, all fragments are keyframes: the one that lasts until then.
    """
    keyframes = [place for place, one in enumerate(earlier) if one.keyframe]
    goes_on = bool(inside) and not inside[0].keyframe
    if not keyframes or not (goes_on or earlier[-1].time + earlier[-1].duration > begin):
        return []
    return earlier[keyframes[-1] :]


def _track(folder: Path, index: TrackIndex, begin_ns: int) -> ExportTrack:
    """Read the samples of every fragment; raises OSError, ValueError."""
    kind = TRACKS[index.name]
    path = folder / kind.file_name
    with closing(open_media(path)) as file:
        segments = [file.pread(init.size, init.offset) for init in index.inits]
        on_disk = file.size
        numbers = {init.id: number for number, init in enumerate(index.inits, 1)}
        chunks = [
            _chunk(file, path, one, numbers[one.init], kind.ticks(begin_ns))
            for one in index.fragments
            if one.offset + one.size <= on_disk
        ]
    size = (index.inits[-1].width, index.inits[-1].height)
    entries = [boxes.sample_entry(segment) for segment in segments] if chunks else []
    return ExportTrack(kind, size, entries, chunks)


def _chunk(file: MediaFile, path: Path, one: FragmentWritten, entry: int, begin: int) -> _Chunk:
    try:
        samples = boxes.fragment_samples(file.pread(HEAD_BYTES, one.offset))
    except boxes.HeadTooShort:
        samples = boxes.fragment_samples(file.pread(one.size, one.offset))
    sizes = [size for _, size, _ in samples]
    data_size = sum(sizes)
    if data_size >= one.size or sum(duration for duration, _, _ in samples) != one.duration:
        raise ValueError("a fragment is not the one that the journal tells of")
    return _Chunk(
        start=one.time - begin,
        durations=[duration for duration, _, _ in samples],
        sizes=sizes,
        syncs=[sync for _, _, sync in samples],
        entry=entry,
        piece=Piece(path, one.offset + one.size - data_size, data_size),
    )


def _trim(tracks: list[ExportTrack], end_ns: int) -> None:
    """Leave what begins before `end_ns`, which counts from the file's own beginning as chunks do,
    and of sound what is over before that beginning; nothing lasts longer."""
    for track in tracks:
        end = track.kind.ticks(end_ns)
        begin = 0 if track.size == (0, 0) else track.chunks[0].start
        parts = [_part(chunk, begin, end) for chunk in track.chunks]
        track.chunks = [chunk for chunk in parts if chunk.sizes]
        for chunk in track.chunks if begin else ():
            _begin_with(chunk)


def _begin_with(chunk: _Chunk) -> None:
    """Let the picture that stands at the file's beginning begin there, and those before it, which
    nobody sees, last longer: some players leave out what begins before an edit does."""
    stops = list(accumulate(chunk.durations, initial=chunk.start))
    place = next((place for place, stop in enumerate(stops[1:]) if stops[place] < 0 < stop), -1)
    if place < 0:
        return
    chunk.durations[place] = stops[place + 1]
    if place > 0:
        chunk.durations[place - 1] -= stops[place]
    else:
        chunk.start = 0  # and the chunk before lasts until then (_join)


def _part(chunk: _Chunk, begin: int, end: int) -> _Chunk:
    """The samples of a chunk that end after `begin` and begin before `end`."""
    stops = list(accumulate(chunk.durations, initial=chunk.start))
    first = sum(stop <= begin for stop in stops[1:])
    after = max(first, sum(start < end for start in stops[:-1]))
    durations = chunk.durations[first:after]
    if durations:
        durations[-1] = min(durations[-1], end - stops[after - 1])
    skipped, size = sum(chunk.sizes[:first]), sum(chunk.sizes[first:after])
    return _Chunk(
        start=stops[first],
        durations=durations,
        sizes=chunk.sizes[first:after],
        syncs=chunk.syncs[first:after],
        entry=chunk.entry,
        piece=Piece(chunk.piece.path, chunk.piece.offset + skipped, size),
    )


def _join(track: ExportTrack) -> None:
    """Leave no hole between chunks: a plain MP4 has only durations, and no place for nothing.

    The last picture before a hole stands; sound gets silence, and what is shorter than one frame is
    added to the frame before.
    """
    silence = b""
    if track.size == (0, 0):
        silence = SILENT_FRAMES.get(boxes.sound_channels(track.entries[-1]), b"")
    filler = Piece(None, 0, len(silence) * SILENT_CHUNK_FRAMES, silence * SILENT_CHUNK_FRAMES)
    joined: list[_Chunk] = []
    for chunk in track.chunks:
        if joined and silence:
            joined += _silence(joined[-1], chunk.start, filler, len(silence))
        if joined:
            last = joined[-1]
            last.durations[-1] = max(1, last.durations[-1] + chunk.start - last.end)
        joined.append(chunk)
    track.chunks = joined


def _silence(before: _Chunk, until: int, filler: Piece, size: int) -> Iterator[_Chunk]:
    start, left = before.end, (until - before.end) // FRAME_SAMPLES
    while left > 0:
        count = min(left, SILENT_CHUNK_FRAMES)
        yield _Chunk(
            start, [FRAME_SAMPLES] * count, [size] * count, [True] * count, before.entry, filler
        )
        start += count * FRAME_SAMPLES
        left -= count


def _place(tracks: list[ExportTrack]) -> list[Piece]:
    """Order the pieces by time, whichever track they are of, and tell the chunks their offsets."""
    ordered = sorted(
        ((track.kind.ns(chunk.start), chunk) for track in tracks for chunk in track.chunks),
        key=lambda pair: pair[0],
    )
    body: list[Piece] = []
    fillers: dict[int, int] = {}
    offset = 0
    for _, chunk in ordered:
        if id(chunk.piece) in fillers:  # the same silence again
            chunk.offset = fillers[id(chunk.piece)]
            continue
        chunk.offset = offset
        if chunk.piece.path is None:
            fillers[id(chunk.piece)] = offset
        body.append(chunk.piece)
        offset += chunk.piece.size
    return body


def _header(tracks: list[ExportTrack], header_size: int, body_size: int) -> bytes:
    """ftyp, moov and the head of mdat; its size does not depend on the two given."""
    lonely = sum(track.size != (0, 0) for track in tracks) == 1
    traks = [_trak(number, track, header_size, lonely) for number, track in enumerate(tracks, 1)]
    duration = max(_movie_time(track, track.chunks[-1].end) for track in tracks)
    moov = boxes.box(b"moov", boxes.mvhd(duration, len(tracks) + 1), *traks)
    return (
        boxes.ftyp(b"isom", b"isom", b"iso2", b"avc1", b"mp41") + moov + boxes.mdat_head(body_size)
    )


def _movie_time(track: ExportTrack, ticks: int) -> int:
    return ticks * boxes.MOVIE_TIMESCALE // track.kind.timescale


def _trak(number: int, track: ExportTrack, base: int, lonely: bool) -> bytes:
    first, last = track.chunks[0].start, track.chunks[-1].end
    begin = max(0, first)
    edits = boxes.edit_list(
        _movie_time(track, begin), _movie_time(track, last - begin), skipped=begin - first
    )
    tables = [
        boxes.stsd(*track.entries),
        boxes.stts(_runs(duration for chunk in track.chunks for duration in chunk.durations)),
        boxes.stsc([(len(chunk.sizes), chunk.entry) for chunk in track.chunks]),
        boxes.stsz([size for chunk in track.chunks for size in chunk.sizes]),
        boxes.co64([base + chunk.offset for chunk in track.chunks]),
    ]
    syncs = [sync for chunk in track.chunks for sync in chunk.syncs]
    if not all(syncs):
        tables.append(boxes.stss([place for place, sync in enumerate(syncs, 1) if sync]))
    return boxes.trak(
        number,
        track.kind.timescale,
        track.size,
        boxes.box(b"stbl", *tables),
        duration=last - first,
        shown=_movie_time(track, last),
        edits=edits,
        # Players show one picture, and shall not take this one where there is another.
        enabled=lonely or not track.kind.beside,
    )


def _runs(values: Iterator[int]) -> list[tuple[int, int]]:
    """(how many, value) of equal neighbours."""
    return [(sum(1 for _ in group), value) for value, group in groupby(values)]
