"""Bar 6: hours of recording in moved time; how far each stored sample is from its moment.

The pictures are those of a sender whose clock is 200 ppm fast, stamped as they come; pauses, sites
that come back with another size, and recorders that are started again lie at random between them.
Every sample holds its number, so that its stored time is compared with its stamp.
"""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.report import Row
from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from recorder import boxes
from recorder.export import tracks_of
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.index import read_index
from recorder.journal import CONTINUE, PAUSE, Mark, Started, Stopped
from recorder.tallies import RecorderTallies
from recorder.timeline import Out, Timeline
from recorder.tracks import TRACKS

ORIGIN_NS = 10**12
PPM = 200
FPS, GOP = 15, 30
FRAME = 1024
PAUSES, REJOINS, RESTARTS = 100, 20, 5
WALL = "2026-11-21T08:00:00+00:00"
SOUND_CONFIG = bytes.fromhex("1190")
# What x264 writes for 320x180 and 160x96, baseline.
SIZES = (
    "6742c00dd901419f9e10000003001000000303c8f142a480",
    "6742c00cda0a3684000003000400000300f23c50aa80",
)
PPS = bytes.fromhex("68cb83cb20")
START = b"\x00\x00\x00\x01"
MARK, DIGITS = b"No: ", 8
"""In digits: a coded picture must hold no start codes, and does not end in zeros."""


@dataclass(slots=True)
class Taken:
    """What was recorded: the stamp of each sample by its number."""

    stamps: dict[str, list[int]] = field(default_factory=lambda: {"main": [], "sound": []})

    def numbered(self, name: str, stamp_ns: int) -> bytes:
        """The body of one more sample."""
        self.stamps[name].append(stamp_ns)
        return MARK + b"%0*d" % (DIGITS, len(self.stamps[name]) - 1)


def _units(hours: float, taken: Taken) -> Iterator[TapUnit]:
    """Pictures and sound in the order of their stamps; the sender's second is a little short."""
    end_ns = round(hours * 3600 * NS_PER_SECOND)
    pictures = sounds = 0
    while True:
        picture_ns = pictures * NS_PER_SECOND * 10**6 // (FPS * (10**6 + PPM))
        sound_ns = sounds * FRAME * NS_PER_SECOND // 48_000
        if min(picture_ns, sound_ns) >= end_ns:
            return
        if picture_ns <= sound_ns:
            keyframe = pictures % GOP == 0
            stamp_ns = ORIGIN_NS + picture_ns
            body = (b"\x65" if keyframe else b"\x41") + taken.numbered("main", stamp_ns)
            yield TapUnit("main", stamp_ns, NS_PER_SECOND // FPS, keyframe, START + body)
            pictures += 1
        else:
            stamp_ns = ORIGIN_NS + sound_ns
            body = taken.numbered("sound", stamp_ns)
            yield TapUnit("sound", stamp_ns, FRAME * NS_PER_SECOND // 48_000, True, body)
            sounds += 1


class _Recording:
    """A timeline and its files, as a participant has them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tallies = RecorderTallies()
        self._line = Timeline(self._tallies)
        self._files: RecordingFiles | None = None
        self._size = 0

    def announce(self) -> None:
        """The tap begins."""
        tracks = (
            TapTrack("main", "H264", width=320, height=180, fps=FPS),
            TapTrack("sound", "AAC", sample_rate=48_000, channels=2, config=SOUND_CONFIG),
        )
        for track in tracks:
            self._store(self._line.announce(track))

    def push(self, unit: TapUnit) -> None:
        """One unit; a keyframe brings its parameters."""
        if unit.name == "main" and unit.keyframe:
            head = START + bytes.fromhex(SIZES[self._size]) + START + PPS
            unit = TapUnit(unit.name, unit.stamp_ns, unit.duration_ns, True, head + unit.data)
        self._store(self._line.push(unit, unit.stamp_ns))

    def pause(self, at_ms: float) -> None:
        """Nothing comes for a while."""
        self._store(self._line.pause())
        assert self._files is not None
        self._files.note(Mark(at_ms, PAUSE))
        self._files.note(Mark(at_ms, CONTINUE))

    def rejoin(self) -> None:
        """The tap was lost and is back, with a picture of another size."""
        self._line.interrupt("the engine was lost")
        self._size = 1 - self._size
        self.announce()

    def restart(self) -> None:
        """Another recorder goes on with the files."""
        base_ns = self._line.base_ns
        self._store(self._line.flush())
        assert self._files is not None
        self._files.close()
        self._files, index = RecordingFiles.resume(self._folder)
        ends = {name: track.end for name, track in index.tracks.items()}
        self._line = Timeline(self._tallies, base_ns=base_ns, ends=ends)
        self.announce()

    def stop(self) -> None:
        """The end."""
        self._store(self._line.flush())
        assert self._files is not None
        self._files.note(Stopped(WALL))
        self._files.close()

    def _store(self, out: Out) -> None:
        for item in out:
            if self._files is None:
                started = Started(1, "r1", "c1", "drift", WALL, self._line.base_ns or 0, "boot")
                self._files = RecordingFiles.create(self._folder, started)
            if isinstance(item, Fragment):
                self._files.put(item)
            else:
                self._files.note(item)


def _record(folder: Path, hours: float, taken: Taken, dice: random.Random) -> None:
    kinds = ["pause"] * PAUSES + ["rejoin"] * REJOINS + ["restart"] * RESTARTS
    events = sorted((dice.uniform(0.01, 0.99) * hours * 3600, kind) for kind in kinds)
    recording = _Recording(folder)
    recording.announce()
    silent_until_ns = 0
    for unit in _units(hours, taken):
        at_ns = unit.stamp_ns - ORIGIN_NS
        if at_ns < silent_until_ns:
            continue
        if events and at_ns / NS_PER_SECOND >= events[0][0]:
            _, kind = events.pop(0)
            if kind == "pause":
                recording.pause(at_ns / NS_PER_MS)
            elif kind == "rejoin":
                recording.rejoin()
            else:
                recording.restart()
            silent_until_ns = at_ns + round(dice.uniform(0.2, 20) * NS_PER_SECOND)
            continue
        recording.push(unit)
    recording.stop()


def _errors_ms(folder: Path, taken: Taken) -> tuple[float, int]:
    """The worst distance of a stored time from its stamp, and how many samples were read."""
    worst, count = 0.0, 0
    for name, track in read_index(folder).tracks.items():
        kind = TRACKS[name]
        data = (folder / kind.file_name).read_bytes()
        for one in track.fragments:
            whole = data[one.offset : one.offset + one.size]
            time, at = one.time, len(whole)
            samples = boxes.fragment_samples(whole)
            at -= sum(size for _, size, _ in samples)
            for duration, size, _ in samples:
                found = whole.find(MARK, at, at + size)
                if found >= 0:  # else silence
                    begin = found + len(MARK)
                    number = int(whole[begin : begin + DIGITS])
                    moment = taken.stamps[name][number] - ORIGIN_NS
                    worst = max(worst, abs(kind.ns(time) - moment) / NS_PER_MS)
                    count += 1
                time += duration
                at += size
    return worst, count


def _export_error_ms(folder: Path) -> float:
    """How far sums of durations, which are all that a plain MP4 has, run away from the clock."""
    worst = 0.0
    for track in tracks_of(folder, read_index(folder)):
        at = track.chunks[0].start
        for chunk in track.chunks:
            worst = max(worst, abs(at - chunk.start) * 1000 / track.kind.timescale)
            at += sum(chunk.durations)
    return worst


def drift(hours: float, seed: int) -> list[Row]:
    """So many hours in moved time."""
    taken = Taken()
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        store = Path(name)
        _record(store / "r1", hours, taken, random.Random(seed))
        worst_ms, count = _errors_ms(store / "r1", taken)
        export_ms = _export_error_ms(store / "r1")
    events = f"{PAUSES} pauses, {REJOINS} rejoins, {RESTARTS} restarts"
    return [
        figure(f"{hours:g} h at {PPM} ppm, {events}: farthest from its moment, ms", worst_ms, "20"),
        figure("samples read back", count),
        figure("the same in a plain MP4, ms", export_ms, "20"),
    ]
