"""Single pictures out of a recording: a still at a time, and the sheet of previews over its length.

Decoding costs a core for a moment: callers bound how many do so at once, and wait in a thread.
"""

import io
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av
import av.error
from PIL import ExifTags, Image

from mcu_core.errors import NotFound
from recorder.errors import BrokenRecording
from recorder.index import RecordingIndex, TrackIndex
from recorder.journal import FragmentWritten
from recorder.manifest import Manifest
from recorder.media_files import open_media
from recorder.tracks import TRACKS

COLUMNS, ROWS = 10, 10
PREVIEW_SIZE = (160, 90)
PREVIEWS_NAME = "previews.jpg"
FORMATS = {"jpg": ("JPEG", {"quality": 92}), "png": ("PNG", {})}
PREVIEW_QUALITY = 70
START_MS, KEYFRAME, INIT = 2, 4, 5
"""Of a manifest's run (recorder/manifest.py: TrackEntry)."""


def picture_of(data: bytes, at_s: float) -> Image.Image:
    """The picture of a CMAF track (init segment and fragments from a keyframe on) shown at a time.

    `at_s` is on the clock of the fragments; later than all of them gives the last. Raises
    BrokenRecording when none can be decoded.
    """
    shown = None
    try:
        with av.open(io.BytesIO(data), "r") as container:
            for frame in container.decode(video=0):
                if shown is not None and (frame.time or 0.0) > at_s + 0.0005:
                    break
                shown = frame
    except (av.error.FFmpegError, IndexError) as error:
        if shown is None:
            raise BrokenRecording(f"no picture can be decoded ({error})") from error
    if shown is None:
        raise BrokenRecording("there is no picture")
    picture: Image.Image = shown.to_image()  # type: ignore[no-untyped-call] # PyAV tells no types here
    return picture


def frames_of(
    folder: Path, track: TrackIndex, parts: list[FragmentWritten]
) -> Iterator[tuple[float, av.VideoFrame]]:
    """The pictures of fragments from a keyframe on, with their times in seconds.

    What is broken ends them. Raises BrokenRecording where nothing can be read.
    """
    try:
        with av.open(io.BytesIO(_bytes(folder, track, parts)), "r") as container:
            for frame in container.decode(video=0):
                yield frame.time or 0.0, frame
    except (av.error.FFmpegError, IndexError):
        return


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a still is of, which its file says wherever it goes: so no names of people."""

    at: datetime
    what: str


def encoded(picture: Image.Image, kind: str, stamp: Stamp) -> bytes:
    """The picture as a file with its stamp (Exif 2.32): `kind` is jpg or png."""
    name, options = FORMATS[kind]
    exif, seconds = Image.Exif(), stamp.at.strftime("%Y:%m:%d %H:%M:%S")
    exif[ExifTags.Base.ImageDescription] = stamp.what
    exif[ExifTags.Base.DateTime] = seconds
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    taken[ExifTags.Base.DateTimeOriginal] = seconds
    taken[ExifTags.Base.SubsecTimeOriginal] = f"{stamp.at.microsecond // 1000:03}"
    taken[ExifTags.Base.OffsetTimeOriginal] = stamp.at.isoformat()[-6:]
    out = io.BytesIO()
    picture.save(out, name, exif=exif, **options)
    return out.getvalue()


def stamp_of(recording: str, started_at: str, track: str, at_s: float) -> Stamp:
    """Of a still out of a recording; `started_at` is ISO 8601 with the zone."""
    at = datetime.fromisoformat(started_at) + timedelta(seconds=at_s)
    return Stamp(at, f"recording {recording}, {track}, {at_s:.3f} s")


def still(folder: Path, index: RecordingIndex, track: str, at_s: float) -> Image.Image:
    """What a track showed at `at_s` seconds, full size; raises NotFound, BrokenRecording."""
    found = index.tracks.get(track)
    if found is None or TRACKS[track].codec != "H264":
        raise NotFound("track", track)
    ticks = round(at_s * TRACKS[track].timescale)
    parts: list[FragmentWritten] = []
    for one in found.fragments:
        if one.time > ticks and parts:
            break
        parts = [one] if one.keyframe or not parts else [*parts, one]
    if not parts:
        raise BrokenRecording("nothing is stored yet")
    return picture_of(_bytes(folder, found, parts), at_s)


def told_still(folder: Path, told: Manifest, track: str, at_s: float) -> Image.Image:
    """The same out of a manifest, whose runs begin with keyframes: so no journal is read.

    Raises NotFound, BrokenRecording.
    """
    found = next((one for one in told["tracks"] if one["name"] == track), None)
    if found is None or TRACKS[track].codec != "H264":
        raise NotFound("track", track)
    runs = found["fragments"]
    last = max(0, bisect_right(runs, at_s * 1000, key=lambda run: run[START_MS]) - 1)
    first = last
    while first > 0 and not runs[first][KEYFRAME]:
        first -= 1
    if not runs:
        raise BrokenRecording("nothing is stored yet")
    init = next((one for one in found["inits"] if one["id"] == runs[last][INIT]), None)
    if init is None:
        raise BrokenRecording("the init segment is missing")
    spans = [(init["size"], init["offset"]), *((run[1], run[0]) for run in runs[first : last + 1])]
    return picture_of(_read(folder, track, spans), at_s)


def previews(folder: Path, index: RecordingIndex) -> bytes:
    """A JPEG of COLUMNS x ROWS small pictures, evenly over the recording; made once, then kept.

    The k-th of n stands for the time (k + 1/2) / n of its duration. Raises NotFound, and
    BrokenRecording where there is no picture at all.
    """
    kept = folder / PREVIEWS_NAME
    try:
        return kept.read_bytes()
    except OSError:
        made = _sheet(folder, index)
    fresh = folder / f"{PREVIEWS_NAME}.{os.getpid()}"
    try:
        fresh.write_bytes(made)
        fresh.replace(kept)
    except OSError:
        fresh.unlink(missing_ok=True)  # a full disk: it is made again when it is wanted
    return made


def _sheet(folder: Path, index: RecordingIndex) -> bytes:
    track = index.tracks.get("main")
    if track is None or not track.fragments:
        raise NotFound("track", "main")
    sheet = Image.new("RGB", (COLUMNS * PREVIEW_SIZE[0], ROWS * PREVIEW_SIZE[1]))
    for k, one in enumerate(_spread(track, index.duration_s)):
        try:
            picture = picture_of(_bytes(folder, track, [one]), 0.0)
        except BrokenRecording:
            continue
        picture.thumbnail(PREVIEW_SIZE)
        left, top = k % COLUMNS * PREVIEW_SIZE[0], k // COLUMNS * PREVIEW_SIZE[1]
        left += (PREVIEW_SIZE[0] - picture.width) // 2
        sheet.paste(picture, (left, top + (PREVIEW_SIZE[1] - picture.height) // 2))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=PREVIEW_QUALITY)
    return out.getvalue()


def _spread(track: TrackIndex, duration_s: float) -> Iterator[FragmentWritten]:
    """For each preview the last keyframe before its time, or the first of all."""
    entries = [one for one in track.fragments if one.keyframe] or track.fragments[:1]
    scale, place = TRACKS[track.name].timescale, 0
    for k in range(COLUMNS * ROWS):
        time = (k + 0.5) / (COLUMNS * ROWS) * duration_s * scale
        while place + 1 < len(entries) and entries[place + 1].time <= time:
            place += 1
        yield entries[place]


def _bytes(folder: Path, track: TrackIndex, parts: list[FragmentWritten]) -> bytes:
    """The init segment of the parts and their bytes; raises BrokenRecording."""
    init = next((one for one in track.inits if one.id == parts[-1].init), None)
    if init is None:
        raise BrokenRecording("the init segment is missing")
    spans = [(init.size, init.offset), *((one.size, one.offset) for one in parts)]
    return _read(folder, track.name, spans)


def _read(folder: Path, track: str, spans: Sequence[tuple[int, int]]) -> bytes:
    """Sizes and offsets of a track's file, put together; raises BrokenRecording."""
    try:
        with closing(open_media(folder / TRACKS[track].file_name)) as file:
            pieces = [file.pread(size, offset) for size, offset in spans]
    except OSError as error:
        raise BrokenRecording(f"the track cannot be read ({error.strerror})") from error
    return b"".join(pieces)
