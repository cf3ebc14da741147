"""Which bytes of a recording become DICOM video: parts that are each one unbroken stream.

A part begins with a keyframe and has one coding throughout: where picture sizes change, after a
pause, and where a part would grow too large for an archive, the next part begins.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from mcu_core.errors import BadInput, MalformedInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol.h264 import ParameterSets, SequenceFacts, sequence_facts
from mcu_core.protocol.h264_high import LEVEL_41, LEVEL_42, Level, as_high, why_not_high
from recorder import boxes
from recorder.errors import BrokenRecording, NotLegal
from recorder.export import ExportTrack, Span, tracks_of
from recorder.index import RecordingIndex, TrackIndex, keyframe_groups
from recorder.journal import FragmentWritten
from recorder.tracks import TRACKS, TrackKind

PICTURES = ("main", "content")
MOST_PART_S = 900
MOST_PART_BYTES = 256 * 1024 * 1024
"""Orthanc takes three times the size of an object in memory; others have limits at 2 GiB."""

MOST_PARTS = 200
LONGEST_HOLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a part is over, at the latest."""

    seconds: float = MOST_PART_S
    bytes: int = MOST_PART_BYTES


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Part:
    """One stream: its tracks, `begin_s` on the recording's clock, and what its pictures are."""

    begin_s: float
    tracks: list[ExportTrack]
    facts: SequenceFacts
    level: Level

    @property
    def pictures(self) -> ExportTrack:
        """The track of pictures."""
        return self.tracks[0]


def part_spans(
    index: RecordingIndex, track: str, span: Span | None, bounds: Bounds = BOUNDS
) -> list[list[FragmentWritten]]:
    """The fragments of pictures of each part; raises BadInput, NotLegal when there are none."""
    if track not in PICTURES:
        raise BadInput("track", " or ".join(PICTURES))
    found = index.tracks.get(track)
    groups = list(keyframe_groups(_asked(found, TRACKS[track], span))) if found is not None else []
    if not groups:
        raise NotLegal("no picture that can be decoded on its own is stored there")
    parts: list[list[FragmentWritten]] = []
    for group in groups:
        if parts and _goes_on(parts[-1], group, TRACKS[track], bounds):
            parts[-1] += group
        else:
            parts.append(list(group))
    if len(parts) > MOST_PARTS:
        raise NotLegal(f"it would be {len(parts)} objects; at most {MOST_PARTS}: take a clip")
    return parts


def cut(
    folder: Path,
    index: RecordingIndex,
    track: str,
    fragments: list[FragmentWritten],
    sound: bool,
) -> Part:
    """One part out of its fragments, said to be what DICOM has names for.

    Raises NotLegal with the reason where no transfer syntax fits it as it is, BrokenRecording.
    """
    kind, begin = TRACKS[track], fragments[0].time
    tracks = {track: _shifted(index.tracks[track], fragments, begin)}
    if sound and "sound" in index.tracks:
        own = TRACKS["sound"]
        first = own.ticks(kind.ns(begin))
        last = own.ticks(kind.ns(fragments[-1].time + fragments[-1].duration))
        inside = [one for one in index.tracks["sound"].fragments if first <= one.time < last]
        tracks["sound"] = _shifted(index.tracks["sound"], inside, first)
    read = tracks_of(folder, RecordingIndex(tracks=tracks))
    if read[0].kind is not kind:
        raise BrokenRecording("the pictures are not stored there any more")
    facts, level = _relabelled(read[0])
    return Part(kind.ns(begin) / NS_PER_SECOND, read, facts, level)


def _asked(track: TrackIndex, kind: TrackKind, span: Span | None) -> list[FragmentWritten]:
    """The fragments of a span, from the keyframe before it on."""
    if span is None:
        return track.fragments
    begin, end = (kind.ticks(round(at * NS_PER_SECOND)) for at in span)
    entries = [one.time for one in track.fragments if one.keyframe and one.time <= begin]
    first = entries[-1] if entries else begin
    found = [one for one in track.fragments if first <= one.time < end]
    return found if found and found[-1].time + found[-1].duration > begin else []


def _goes_on(
    part: list[FragmentWritten], group: list[FragmentWritten], kind: TrackKind, bounds: Bounds
) -> bool:
    end = part[-1].time + part[-1].duration
    length = group[-1].time + group[-1].duration - part[0].time
    return (
        group[0].init == part[-1].init
        and group[0].time - end <= LONGEST_HOLE_S * kind.timescale
        and length <= bounds.seconds * kind.timescale
        and sum(one.size for one in part) + sum(one.size for one in group) <= bounds.bytes
    )


def _shifted(track: TrackIndex, fragments: list[FragmentWritten], begin: int) -> TrackIndex:
    """The track with these fragments alone, which begin at 0."""
    used = {one.init for one in fragments}
    moved = [msgspec.structs.replace(one, time=one.time - begin) for one in fragments]
    return TrackIndex(track.name, [one for one in track.inits if one.id in used], moved)


def _relabelled(track: ExportTrack) -> tuple[SequenceFacts, Level]:
    """Say High of the track's stream, at the lowest level that DICOM has and it obeys."""
    try:
        sets = boxes.parameter_sets(track.entries[0])
        facts, reason = sequence_facts(sets.sps), why_not_high(sets.sps)
    except (MalformedInput, ValueError) as error:
        raise BrokenRecording(f"what the stream says of itself cannot be read ({error})") from error
    if not reason and facts.pixel_aspect[0] != facts.pixel_aspect[1]:
        reason = "its pixels are not square"
    rate = track.samples / track.duration_s
    bits_s = track.media_bytes * 8 / track.duration_s
    level = next((one for one in (LEVEL_41, LEVEL_42) if one.takes(facts, rate, bits_s)), None)
    if reason or level is None:
        size = f"{facts.width}x{facts.height} at {rate:.0f} a second"
        raise NotLegal(f"no DICOM transfer syntax without coding anew: {reason or size}")
    relabelled = ParameterSets(as_high(sets.sps, level.idc), sets.pps)
    track.entries = [boxes.picture_entry(relabelled, facts)]
    return facts, level
