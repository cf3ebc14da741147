"""What a player needs of a recording: where its fragments stand, and what happened in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from recorder.contract import RecordingInfo, RecordingState
from recorder.index import RecordingIndex
from recorder.journal import FragmentWritten, Mark
from recorder.media_files import media_size
from recorder.timed import data_bytes
from recorder.tracks import TRACKS, TrackKind

ROUNDING_NS = NS_PER_MS
LONGEST_RUN_NS = 5 * NS_PER_SECOND // 2
"""A keyframe comes every two seconds; players fetch no less than that at once."""


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

    Fragments that lie side by side are told as one, from a keyframe to the next one. `codec` is
    that of the newest of `inits`, empty without any.
    """

    name: str
    kind: str
    codec: str
    inits: list[InitEntry]
    fragments: list[tuple[int, int, float, float, bool, int]]


class GapEntry(TypedDict):
    """Where a track has nothing; for marks on a time bar."""

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
        fragments=runs_of(track.fragments, TRACKS[name], on_disk),
    )


def runs_of(
    fragments: Sequence[FragmentWritten], kind: TrackKind, on_disk: int
) -> list[tuple[int, int, float, float, bool, int]]:
    """What is on the disk, in runs: eight hours are a tenth of what they would be singly."""
    runs: list[tuple[int, int, float, float, bool, int]] = []
    slack, longest = kind.ticks(ROUNDING_NS), kind.ticks(LONGEST_RUN_NS)
    first: FragmentWritten | None = None
    stop = end = latest = 0
    cuts = kind.codec == "H264"  # of sound, each begins with what a keyframe is
    for one in fragments:
        offset, time, keyframe = one.offset, one.time, one.keyframe
        after, until = offset + one.size, time + one.duration
        if after > on_disk:
            continue
        if (
            first is None
            or (keyframe and cuts)
            or offset != stop
            or until > latest
            or abs(time - end) > slack
            or one.init != first.init
        ):
            if first is not None:
                runs.append(_run(first, stop, end, kind))
            first, latest = one, time + longest
        stop, end = after, until
    if first is not None:
        runs.append(_run(first, stop, end, kind))
    return runs


def _run(
    first: FragmentWritten, stop: int, end: int, kind: TrackKind
) -> tuple[int, int, float, float, bool, int]:
    start_ms = round(first.time * 1000 / kind.timescale, 3)
    duration_ms = round((end - first.time) * 1000 / kind.timescale, 3)
    return first.offset, stop - first.offset, start_ms, duration_ms, first.keyframe, first.init
