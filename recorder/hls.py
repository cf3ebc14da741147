"""Playlists for players that speak HLS (RFC 8216, draft-pantos-hls-rfc8216bis): views on the files.

A segment is a run of fragments from one keyframe to a later one, named by its bytes of the track's
file; nothing is copied. All renditions carry one clock in their fragments, so where a track has
nothing its playlist says so (EXT-X-GAP), and none of them needs a discontinuity.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recorder.index import RecordingIndex, TrackIndex
from recorder.journal import FragmentWritten, InitWritten
from recorder.tracks import TRACKS

LEAST_SEGMENT_S = 2.0
"""A segment ends at the first keyframe after so long."""

LONGEST_SEGMENT_S = 6.0
HOLE_S = 0.1
SOUND_GROUP = "sound"
PICTURES = ("main", "sd")
SOUND_BPS = 128_000
LEAST_BPS = 100_000


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of a track's file that play for a while; `size` 0: nothing is there for so long."""

    seconds: float
    offset: int = 0
    size: int = 0
    init: InitWritten | None = None


class Segmenter:
    """Cuts a track into segments, once: each call goes on where the one before ended."""

    def __init__(self) -> None:
        self._run: list[FragmentWritten] = []
        self._taken = 0

    def take(self, track: TrackIndex, ended: bool) -> Iterator[Segment]:
        """The segments that are complete now; with `ended` the last one, too."""
        scale = TRACKS[track.name].timescale
        inits = {init.id: init for init in track.inits}
        least, hole, run = LEAST_SEGMENT_S * scale, HOLE_S * scale, self._run
        for one in track.fragments[self._taken :]:
            if run:
                last, time = run[-1], one.time
                after = time - last.time - last.duration
                apart = one.offset != last.offset + last.size or one.init != last.init
                if apart or after > hole or (one.keyframe and time - run[0].time >= least):
                    yield _segment(run, inits, scale, one)
                    if after > hole:
                        yield Segment(after / scale)
                    run = self._run = []
            run.append(one)
            self._taken += 1
        if run and ended:
            self._run = []
            yield _segment(run, inits, scale, None)


def segments(track: TrackIndex, ended: bool) -> Iterator[Segment]:
    """The segments of a track; while it grows, only those that will not change any more."""
    return Segmenter().take(track, ended)


def _segment(
    run: list[FragmentWritten],
    inits: dict[int, InitWritten],
    scale: int,
    following: FragmentWritten | None,
) -> Segment:
    """The run as a segment: as long as until what follows it, unless there is a hole.

    A journal that lost the init segment has nothing to play there.
    """
    end = run[-1].time + run[-1].duration
    if following is not None and 0 <= following.time - end <= HOLE_S * scale:
        end = following.time
    seconds, init = (end - run[0].time) / scale, inits.get(run[0].init)
    if init is None:
        return Segment(seconds)
    size = run[-1].offset + run[-1].size - run[0].offset
    return Segment(seconds, run[0].offset, size, init)


class MediaPlaylist:
    """The playlist of one track from its beginning on, brought on as the track grows.

    Its bytes are at `uri`. What was told of a growing track is not looked at again.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._segmenter = Segmenter()
        self._lines: list[str] = []
        self._init: InitWritten | None = None
        self._longest_s = LONGEST_SEGMENT_S
        self.peak_bps = LEAST_BPS
        """The rate of the fattest segment."""

    def take(self, track: TrackIndex, ended: bool) -> None:
        """Bring it up to what is written; nothing comes after `ended`."""
        for part in self._segmenter.take(track, ended):
            if part.init is not None and part.init != self._init:
                self._init = part.init
                span = f"{part.init.size}@{part.init.offset}"
                self._lines.append(f'#EXT-X-MAP:URI="{self._uri}",BYTERANGE="{span}"')
            span = f"#EXT-X-BYTERANGE:{part.size}@{part.offset}" if part.size else "#EXT-X-GAP"
            self._lines += [f"#EXTINF:{part.seconds:.5f},", span, self._uri]
            self._longest_s = max(self._longest_s, part.seconds)
            if part.seconds:
                self.peak_bps = max(self.peak_bps, int(part.size * 8 / part.seconds))

    def text(self, ended: bool) -> str:
        """As a player gets it."""
        head = [
            "#EXTM3U",
            "#EXT-X-VERSION:8",
            f"#EXT-X-TARGETDURATION:{round(self._longest_s)}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        end = ["#EXT-X-ENDLIST"] if ended else []
        return "\n".join([*head, *self._lines, *end]) + "\n"


def media_playlist(track: TrackIndex, ended: bool, uri: str) -> str:
    """The playlist of one track as it is now."""
    made = MediaPlaylist(uri)
    made.take(track, ended)
    return made.text(ended)


def multivariant_playlist(index: RecordingIndex, peaks_bps: Mapping[str, int]) -> str:
    """The pictures that a viewer may choose from, each with the one sound.

    Content is another angle of each of them (RFC 8216 4.3.4.1.1), not a variant, which a player
    would take for another quality of the same. `peaks_bps`: of their fattest segments.
    """
    sound = _begun(index, SOUND_GROUP)
    content = _begun(index, "content")
    lines = ["#EXTM3U", "#EXT-X-VERSION:8", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if sound is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{SOUND_GROUP}",NAME="mix",DEFAULT=YES,'
            f'AUTOSELECT=YES,URI="{SOUND_GROUP}.m3u8"'
        )
    for name in PICTURES:
        track = _begun(index, name)
        if track is None:
            continue
        if content is not None:
            group = f'#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="{name}"'
            lines.append(f'{group},NAME="people",DEFAULT=YES,AUTOSELECT=YES,URI="{name}.m3u8"')
            lines.append(f'{group},NAME="content",DEFAULT=NO,AUTOSELECT=NO,URI="content.m3u8"')
        lines += _variant(track, sound, content is not None, peaks_bps.get(name, LEAST_BPS))
    return "\n".join(lines) + "\n"


def _begun(index: RecordingIndex, name: str) -> TrackIndex | None:
    track = index.tracks.get(name)
    return track if track is not None and track.inits else None


def _variant(track: TrackIndex, sound: TrackIndex | None, angles: bool, peak_bps: int) -> list[str]:
    newest = track.inits[-1]
    codecs, groups = newest.codec, f',VIDEO="{track.name}"' if angles else ""
    if sound is not None:
        codecs += f",{sound.inits[-1].codec}"
        groups += f',AUDIO="{SOUND_GROUP}"'
        peak_bps += SOUND_BPS
    return [
        f'#EXT-X-STREAM-INF:BANDWIDTH={peak_bps},CODECS="{codecs}",'
        f"RESOLUTION={newest.width}x{newest.height}{groups}",
        f"{track.name}.m3u8",
    ]
