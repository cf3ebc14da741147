"""A recording of five seconds in the store of a control, made of a really encoded clip."""

from pathlib import Path

from mcu_core.media.clock import NS_PER_SECOND
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import Started
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline
from tests.fakes.tap import encode_clip

WALL = "2026-11-21T08:00:00+00:00"


def stored_clip(data: Path, seconds: float = 5.0) -> RecordingFiles:
    """Recording r1, still open."""
    clip = encode_clip(seconds)
    folder = data / "recordings" / "r1"
    made = RecordingFiles.create(folder, Started(1, "r1", "c1", "Ward", WALL, 0, "boot"))
    line = Timeline(RecorderTallies())
    out = [item for track in clip.tracks for item in line.announce(track)]
    for unit in clip.at(NS_PER_SECOND):
        out += line.push(unit, unit.stamp_ns)
    for item in (*out, *line.flush()):
        if isinstance(item, Fragment):
            made.put(item)
        else:
            made.note(item)
    return made
