"""The writer thread: its queue has a bound, and a disk that stands still stops nobody."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from mcu_core.errors import McuError
from mcu_core.media.clock import MonotonicClock
from recorder.files import RecordingFiles
from recorder.index import read_index
from recorder.journal import FragmentWritten, Gap, Stopped
from recorder.tallies import RecorderTallies
from recorder.writer import MAX_WAITING_BYTES, Writer
from tests.unit.recorder.test_files import STARTED, FullDisk, fragment

LAST = Stopped("2026-11-21T08:00:05+00:00")


class Wall:
    """A disk that stands still until it is let go."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, fd: int, data: bytes) -> int:
        assert self.open.wait(10)
        return os.write(fd, data)


class Seen:
    """What a writer called back."""

    def __init__(self) -> None:
        self.stored: list[FragmentWritten] = []
        self.failed: list[McuError] = []
        self.tallies = RecorderTallies()

    def writer(self, folder: Path, write: Wall | FullDisk) -> Writer:
        return Writer(
            lambda: RecordingFiles.create(folder, STARTED, write),
            MonotonicClock(),
            self.tallies,
            self.stored.append,
            self.failed.append,
        )


async def test_a_disk_that_stands_still_costs_fragments_not_time(tmp_path: Path) -> None:
    seen, disk = Seen(), Wall()
    writer = seen.writer(tmp_path / "r1", disk)
    writer.start()
    size = MAX_WAITING_BYTES // 8
    taken = [writer.offer(fragment(time, size=size)) for time in range(0, 200, 10)]
    assert taken == [True] * 8 + [False] * 12
    assert seen.tallies.recorder_fragments_dropped_total == 12
    assert writer.offer(Gap("main", 0, 10, "the disk is too slow")), "events are small"
    disk.open.set()
    await writer.stop(LAST)
    await asyncio.sleep(0)
    assert len(seen.stored) == 8
    assert writer.stored_bytes == 8 * size + 50
    index = read_index(tmp_path / "r1")
    assert (index.stopped, len(index.gaps)) == (LAST, 1)
    assert not writer.offer(fragment(0))
    await writer.stop(LAST)


async def test_a_failed_write_is_told_once_and_journalled(tmp_path: Path) -> None:
    seen, disk = Seen(), FullDisk(600)
    writer = seen.writer(tmp_path / "r1", disk)
    for time in range(0, 100, 10):
        writer.offer(fragment(time))
    original = RecordingFiles.give_back_reserve

    def give_back(files: RecordingFiles) -> None:
        disk.room = 4096
        original(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordingFiles, "give_back_reserve", give_back)
        writer.start()
        await writer.stop(None)
    await asyncio.sleep(0)
    assert [str(error) for error in seen.failed] == ["cannot write the recording: the disk is full"]
    index = read_index(tmp_path / "r1")
    assert index.stopped is not None
    assert index.stopped.failed
    assert index.tracks["main"].fragments == seen.stored
    assert not writer.offer(fragment(0)), "nothing more is taken"
