"""`mcu bench pacs`: a clip of ten minutes into Debian's Orthanc and back (bar 12)."""

import asyncio
import hashlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.figures import figure
from benchmarks.orthanc import Orthanc
from benchmarks.report import Report, Row
from control_api.persistence.database import Database
from control_api.persistence.pacs import Job, PacsRows, Wish
from control_api.services.pacs import Pacs
from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from recorder.catalogue import Catalogue
from recorder.dicom_study import Study, new_uid
from recorder.export import plan_export
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.index import read_index
from recorder.journal import Record, Started, Stopped
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline

CLOCK = MonotonicClock()
WALL = "2026-11-21T08:00:00+00:00"
FPS, GOP, CODED_S = 30, 60, 4
SIZE = (1280, 720)
LIMIT_S = 240.0


@dataclass(frozen=True, slots=True)
class PacsBench:
    """How long the clip is, and its rate."""

    seconds: int = 600
    bits_s: int = 2_000_000


def run(what: PacsBench) -> Report:
    """Sent, interrupted by an outage, sent again; then compared."""
    return Report("pacs", asyncio.run(_measured(what)))


def _coded(bits_s: int) -> list[TapUnit]:
    """CODED_S seconds of noise that moves, at that rate."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.thread_count, encoder.bit_rate = "yuv420p", 1, bits_s
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:repeat-headers=1"
        f":nal-hrd=cbr:vbv-maxrate={bits_s // 1000}:vbv-bufsize={bits_s // 1000}",
    }
    noise = np.random.default_rng(12).integers(60, 180, (SIZE[1] * 3 // 2, SIZE[0]), np.uint8)
    packets = []
    for number in range(CODED_S * FPS):
        frame = av.VideoFrame.from_ndarray(np.roll(noise, number * 3, 1), format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    return [
        TapUnit("main", 0, NS_PER_SECOND // FPS, one.is_keyframe, bytes(one))
        for one in [*packets, *encoder.encode(None)]
    ]


def _again(units: list[TapUnit], seconds: int) -> Iterator[TapUnit]:
    """The same pictures over and over."""
    for number in range(seconds * FPS):
        unit = units[number % len(units)]
        stamp_ns = number * NS_PER_SECOND // FPS
        yield TapUnit("main", stamp_ns, unit.duration_ns, unit.keyframe, unit.data)


def _store(folder: Path, what: PacsBench) -> None:
    made = RecordingFiles.create(folder, Started(1, "r1", "c1", "Operation", WALL, 0, "boot"))
    line = Timeline(RecorderTallies())
    for announced in line.announce(
        TapTrack("main", "H264", width=SIZE[0], height=SIZE[1], fps=FPS)
    ):
        _put(made, announced)
    for unit in _again(_coded(what.bits_s), what.seconds):
        for item in line.push(unit, unit.stamp_ns):
            _put(made, item)
    for last in line.flush():
        _put(made, last)
    made.note(Stopped(WALL))
    made.close()


def _put(made: RecordingFiles, item: Fragment | Record) -> None:
    if isinstance(item, Fragment):
        made.put(item)
    else:
        made.note(item)


def _pictures(mp4: bytes) -> str:
    """The digest of all coded pictures of a file."""
    digest = hashlib.sha256()
    with av.open(io.BytesIO(mp4), "r") as container:
        for packet in container.demux(video=0):
            digest.update(bytes(packet))
    return digest.hexdigest()


async def _no_note(*_words: str) -> None:
    return


class _Peak:
    """The most memory that the sending processes had."""

    def __init__(self) -> None:
        self.kb = 0

    def look(self, pacs: Pacs) -> None:
        pid = pacs.sender
        if pid is None:
            return
        try:
            told = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return
        self.kb = max([self.kb, *(int(one.split()[1]) for one in told if one.startswith("VmHWM"))])


async def _until(pacs: Pacs, job: Job, peak: _Peak, states: tuple[str, ...]) -> Job:
    async with asyncio.timeout(LIMIT_S):
        while (seen := await pacs.get(job.id)).state not in states:
            peak.look(pacs)
            await asyncio.sleep(0.02)
    return seen


async def _measured(what: PacsBench) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        data, orthanc, peak = Path(name), Orthanc(Path(name) / "orthanc"), _Peak()
        folder = data / "recordings" / "r1"
        await asyncio.to_thread(_store, folder, what)
        database = Database(data / "mcu.sqlite3")
        await database.open()
        catalogue = Catalogue(data / "recordings")
        pacs = Pacs(
            PacsRows(database), catalogue, {"main": orthanc.address}, "MCU", data / "spool",
            _no_note, pauses_s=(0.5,),
        )  # fmt: skip
        try:
            await _started(orthanc)
            pacs.start()
            job = await pacs.send("r1", "main", Wish(new_uid(), sound=False), Study(), "bench")
            await _half_way(pacs, job, peak)
            orthanc.stop()
            waits = await _until(pacs, job, peak, ("waiting", "failed", "done"))
            await _started(orthanc)
            begun = CLOCK.now_ns()
            done = await _until(pacs, job, peak, ("done", "failed"))
            took_s = (CLOCK.now_ns() - begun) / NS_PER_SECOND
            if done.state == "failed":
                raise Refused(done.reason)
            streams = [await asyncio.to_thread(orthanc.video, one) for one in orthanc.instances()]
        finally:
            await pacs.stop()
            await database.close()
            orthanc.stop()
        recorded = b"".join(plan_export(folder, read_index(folder)).blocks())
        receipts = done.receipts
        same = {hashlib.sha256(one).hexdigest() for one in streams} == {
            one.digest for one in receipts
        }
        coded = [_pictures(one) for one in streams] == [_pictures(recorded)]
    return [
        figure("clip, s", what.seconds, "600"),
        figure("objects", len(receipts)),
        figure("objects, MB together", sum(one.size for one in receipts) / 1e6),
        figure("interrupted by the outage (1: yes)", waits.attempts > 0, "1"),
        figure("sent after it, s", took_s),
        figure("stream comes back with its digest (1: yes)", same, "1"),
        figure("coded pictures are the recorded ones (1: yes)", coded, "1"),
        figure("sender's memory, most, MB", peak.kb / 1024, "< 300"),
    ]


async def _started(orthanc: Orthanc) -> None:
    orthanc.start()
    async with asyncio.timeout(LIMIT_S):
        while not await asyncio.to_thread(orthanc.answers):
            await asyncio.sleep(0.05)


async def _half_way(pacs: Pacs, job: Job, peak: _Peak) -> None:
    """Until some of the object is on its way; a quick archive may have all of it by then."""
    async with asyncio.timeout(LIMIT_S):
        while (seen := await pacs.get(job.id)).state not in ("done", "failed"):
            peak.look(pacs)
            if pacs.sent(seen) > 0.1:
                return
            await asyncio.sleep(0.005)
