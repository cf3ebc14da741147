"""What an earlier run left of a recording: where its clock stands, and how to go on with it."""

from dataclasses import dataclass
from datetime import datetime

from mcu_core.media.clock import NS_PER_SECOND, wall_time
from recorder.files import RecordingFiles, boot_id
from recorder.index import RecordingIndex
from recorder.tallies import RecorderTallies
from recorder.timeline import AWAY, PAUSED, Timeline
from recorder.tracks import STEADY, TRACKS


@dataclass(frozen=True, slots=True)
class Prior:
    """What an earlier run left of this recording, opened for writing."""

    files: RecordingFiles
    index: RecordingIndex


def timeline_of(prior: Prior | None, tallies: RecorderTallies) -> Timeline:
    """Time 0 of a new recording is its first stamp; an earlier one keeps its clock if it can."""
    if prior is None or prior.index.started is None:
        return Timeline(tallies)
    started, last = prior.index.started, prior.index.resumed or prior.index.started
    missing = PAUSED if prior.index.paused else AWAY
    ends = {name: track.end for name, track in prior.index.tracks.items()}
    if last.boot == boot_id():
        return Timeline(tallies, base_ns=last.base_ns, ends=ends, missing=missing)
    passed_s = (wall_time() - datetime.fromisoformat(started.wall)).total_seconds()
    begin_s = max(prior.index.duration_s, passed_s)
    begin_ns = round(begin_s * NS_PER_SECOND)
    return Timeline(tallies, begin_ns=begin_ns, ends=ends, missing=missing)


def stored_keyframe_ns(prior: Prior | None, base_ns: int | None) -> int:
    """The stamp of the oldest of each picture's newest stored keyframes, 0 where there is none."""
    if prior is None or base_ns is None:
        return 0
    tracks = (prior.index.tracks.get(name) for name in STEADY)
    times = [one.keyframe_time for one in tracks if one and one.keyframe_time >= 0]
    return base_ns + TRACKS["main"].ns(min(times)) if times else 0
