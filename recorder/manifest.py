"""What a player needs of a recording: where its fragments stand, and what happened in it."""

from pathlib import Path
from typing import TypedDict

from recorder.contract import RecordingInfo, RecordingState
from recorder.index import RecordingIndex
from recorder.journal import Mark
from recorder.media_files import media_size
from recorder.timed import data_bytes
from recorder.tracks import TRACKS


class InitEntry(TypedDict):
    """Where an init segment stands, and its codec string (RFC 6381)."""

    id: int
    offset: int
    size: int
    codec: str
    width: int
    height: int


class TrackEntry(TypedDict):
    """One track. A fragment is [offset, size, start_ms, duration_ms, keyframe, init id].

    `codec` is that of the newest of `inits`, empty without any.
    """

    name: str
    kind: str
    codec: str
    inits: list[InitEntry]
    fragments: list[tuple[int, int, float, float, bool, int]]


class GapEntry(TypedDict):
    """Where a track has nothing, or not all (duration 0); for marks on a time bar."""

    track: str
    start_ms: float
    duration_ms: float
    reason: str


class MarkEntry(TypedDict):
    """Something that happened (journal.Mark)."""

    at_ms: float
    kind: str
    text: str
    by: str


class Manifest(TypedDict):
    """What a player needs. Asked again with `after` set to `next`, only what is new is told: init
    segments, fragments, gaps, marks, and no track without news. `data_bytes` is how much timed
    data there is."""

    id: str
    conference: str
    title: str
    started_at: str
    live: bool
    state: str
    duration_ms: float
    next: int
    tracks: list[TrackEntry]
    gaps: list[GapEntry]
    marks: list[MarkEntry]
    data_bytes: int


def is_live(info: RecordingInfo) -> bool:
    """Whether there will be more of it."""
    return info.state in (RecordingState.RECORDING, RecordingState.PAUSED)


def manifest_of(info: RecordingInfo, news: RecordingIndex, folder: Path) -> Manifest:
    """What `news` holds of the recording in that folder."""
    return Manifest(
        id=info.id,
        conference=info.conference,
        title=info.title,
        started_at=info.started_at,
        live=is_live(info),
        state=info.state.value,
        duration_ms=round(info.duration_s * 1000, 3),
        next=news.position,
        tracks=[_track_entry(news, name, folder) for name in TRACKS if name in news.tracks],
        gaps=[
            GapEntry(
                track=gap.track,
                start_ms=_ms(gap.track, gap.time),
                duration_ms=_ms(gap.track, gap.duration),
                reason=gap.reason,
            )
            for gap in news.gaps
        ],
        marks=[_mark_entry(mark) for mark in news.marks],
        data_bytes=data_bytes(folder),
    )


def _ms(track: str, ticks: int) -> float:
    return round(ticks * 1000 / TRACKS[track].timescale, 3)


def _mark_entry(mark: Mark) -> MarkEntry:
    return MarkEntry(at_ms=mark.at_ms, kind=mark.kind, text=mark.text, by=mark.by)


def _track_entry(news: RecordingIndex, name: str, folder: Path) -> TrackEntry:
    track = news.tracks[name]
    on_disk = media_size(folder / TRACKS[name].file_name) or 0
    scale = TRACKS[name].timescale
    return TrackEntry(
        name=name,
        kind="video" if TRACKS[name].codec == "H264" else "audio",
        codec=track.inits[-1].codec if track.inits else "",
        inits=[
            InitEntry(
                id=init.id,
                offset=init.offset,
                size=init.size,
                codec=init.codec,
                width=init.width,
                height=init.height,
            )
            for init in track.inits
        ],
        fragments=[
            (
                one.offset,
                one.size,
                round(one.time * 1000 / scale, 3),
                round(one.duration * 1000 / scale, 3),
                one.keyframe,
                one.init,
            )
            for one in track.fragments
            if one.offset + one.size <= on_disk
        ],
    )
