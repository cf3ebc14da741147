"""Playlists for players that speak HLS (RFC 8216, draft-pantos-hls-rfc8216bis): views on the files.

A segment is a run of fragments from one keyframe to a later one, named by its bytes of the track's
file; nothing is copied. All renditions carry one clock in their fragments, so where a track has
nothing its playlist says so (EXT-X-GAP), and none of them needs a discontinuity.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from recorder.index import RecordingIndex, TrackIndex
from recorder.journal import FragmentWritten, InitWritten
from recorder.tracks import TRACKS

LEAST_SEGMENT_S = 2.0
"""A segment ends at the first keyframe after so long."""

LONGEST_SEGMENT_S = 6.0
HOLE_S = 0.1
SOUND_GROUP = "sound"
SOUND_BPS = 128_000
LEAST_BPS = 100_000


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of a track's file that play for a while; `size` 0: nothing is there for so long."""

    seconds: float
    offset: int = 0
    size: int = 0
    init: InitWritten | None = None


def segments(track: TrackIndex, ended: bool) -> Iterator[Segment]:
    """The segments of a track; while it grows, only those that will not change any more."""
    scale = TRACKS[track.name].timescale
    inits = {init.id: init for init in track.inits}
    run: list[FragmentWritten] = []
    for one in track.fragments:
        if run and _ends(run, one, scale):
            yield _segment(run, inits, scale, one)
            hole_s = (one.time - run[-1].time - run[-1].duration) / scale
            if hole_s > HOLE_S:
                yield Segment(hole_s)
            run = []
        run.append(one)
    if run and ended:
        yield _segment(run, inits, scale, None)


def _ends(run: list[FragmentWritten], following: FragmentWritten, scale: int) -> bool:
    last = run[-1]
    apart = following.offset != last.offset + last.size or following.init != last.init
    hole = following.time - last.time - last.duration > HOLE_S * scale
    long_s = (following.time - run[0].time) / scale
    return apart or hole or (following.keyframe and long_s >= LEAST_SEGMENT_S)


def _segment(
    run: list[FragmentWritten],
    inits: dict[int, InitWritten],
    scale: int,
    following: FragmentWritten | None,
) -> Segment:
    """The run as a segment: as long as until what follows it, unless there is a hole."""
    end = run[-1].time + run[-1].duration
    if following is not None and 0 <= following.time - end <= HOLE_S * scale:
        end = following.time
    size = run[-1].offset + run[-1].size - run[0].offset
    return Segment((end - run[0].time) / scale, run[0].offset, size, inits[run[0].init])


def media_playlist(track: TrackIndex, ended: bool, uri: str) -> str:
    """The playlist of one track, from its beginning on; its bytes are at `uri`."""
    parts = list(segments(track, ended))
    longest = max([LONGEST_SEGMENT_S, *(part.seconds for part in parts)])
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:8",
        f"#EXT-X-TARGETDURATION:{round(longest)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    init: InitWritten | None = None
    for part in parts:
        if part.init is not None and part.init != init:
            init = part.init
            lines.append(f'#EXT-X-MAP:URI="{uri}",BYTERANGE="{init.size}@{init.offset}"')
        lines.append(f"#EXTINF:{part.seconds:.5f},")
        lines.append(f"#EXT-X-BYTERANGE:{part.size}@{part.offset}" if part.size else "#EXT-X-GAP")
        lines.append(uri)
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def multivariant_playlist(index: RecordingIndex) -> str:
    """The pictures that a viewer may choose from, each with the one sound; content is not one of
    them, for a player would take it for another quality of the same."""
    sound = index.tracks.get(SOUND_GROUP)
    lines = ["#EXTM3U", "#EXT-X-VERSION:8", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if sound is not None and sound.inits:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{SOUND_GROUP}",NAME="mix",DEFAULT=YES,'
            f'AUTOSELECT=YES,URI="{SOUND_GROUP}.m3u8"'
        )
    for name in ("main", "sd"):
        track = index.tracks.get(name)
        if track is not None and track.inits:
            lines += _variant(track, sound if sound is not None and sound.inits else None)
    return "\n".join(lines) + "\n"


def _variant(track: TrackIndex, sound: TrackIndex | None) -> list[str]:
    newest = track.inits[-1]
    codecs = newest.codec + (f",{sound.inits[-1].codec}" if sound is not None else "")
    group = f',AUDIO="{SOUND_GROUP}"' if sound is not None else ""
    peak = _peak_bps(track) + (SOUND_BPS if sound is not None else 0)
    return [
        f'#EXT-X-STREAM-INF:BANDWIDTH={peak},CODECS="{codecs}",'
        f"RESOLUTION={newest.width}x{newest.height}{group}",
        f"{track.name}.m3u8",
    ]


def _peak_bps(track: TrackIndex) -> int:
    """The rate of the fattest segment."""
    rates = [int(part.size * 8 / part.seconds) for part in segments(track, True) if part.seconds]
    return max([LEAST_BPS, *rates])
