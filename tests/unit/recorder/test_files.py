"""Files of a recording: what is left after failed writes, dead writers and second writers."""

import errno
import os
from pathlib import Path

import pytest

from mcu_core.errors import Refused
from recorder import lock
from recorder.errors import StoreFailed
from recorder.files import RESERVE_NAME, AppendFile, RecordingFiles
from recorder.fragments import Fragment, Init
from recorder.index import read_index
from recorder.journal import JOURNAL_NAME, FragmentWritten, Started, Stopped

STARTED = Started(1, "r1", "c1", "", "2026-11-21T08:00:00+00:00", 0, "boot")
INIT = Init("avc1.42C01F", b"I" * 50, 320, 180)
OTHER = Init("avc1.42C01F", b"J" * 60, 160, 96)


def fragment(time: int, init: Init = INIT, size: int = 100) -> Fragment:
    return Fragment("main", init, time, 10, time % 20 == 0, bytes([65 + time // 10]) * size)


class FullDisk:
    """Writes until so many bytes are written, the last write in part."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __call__(self, fd: int, data: bytes) -> int:
        taken = data[: self.room]
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(taken)
        return os.write(fd, taken)


def test_init_segments_stand_before_what_needs_them(tmp_path: Path) -> None:
    files = RecordingFiles.create(tmp_path / "r1", STARTED)
    records = [files.put(one) for one in (fragment(0), fragment(10), fragment(20, OTHER))]
    files.close()
    assert [(one.offset, one.init) for one in records] == [(50, 0), (150, 0), (310, 1)]
    data = (tmp_path / "r1" / "main.mp4").read_bytes()
    assert data == INIT.segment + b"A" * 100 + b"B" * 100 + OTHER.segment + b"C" * 100
    index = read_index(tmp_path / "r1")
    assert [one.offset for one in index.tracks["main"].inits] == [0, 250]
    assert index.tracks["main"].fragments == records
    assert not (tmp_path / "r1" / RESERVE_NAME).exists()


def test_resumed_behind_what_is_journalled(tmp_path: Path) -> None:
    files = RecordingFiles.create(tmp_path / "r1", STARTED)
    files.put(fragment(0))
    files.close()
    with (tmp_path / "r1" / "main.mp4").open("ab") as track:
        track.write(b"not journalled")
    with (tmp_path / "r1" / JOURNAL_NAME).open("ab") as journal:
        journal.write(b'0000 {"torn')
    files, index = RecordingFiles.resume(tmp_path / "r1")
    assert index.tracks["main"].end == 10
    record = files.put(fragment(10))
    files.close()
    assert (record.offset, record.init) == (150, 0), "the same init segment is not written again"
    assert (tmp_path / "r1" / "main.mp4").read_bytes()[50:] == b"A" * 100 + b"B" * 100
    assert len(read_index(tmp_path / "r1").tracks["main"].fragments) == 2


def until_full(folder: Path, disk: FullDisk) -> list[FragmentWritten]:
    """Store fragments until the disk is full; then say so in the journal, as the writer does."""
    stored: list[FragmentWritten] = []
    try:
        files = RecordingFiles.create(folder, STARTED, disk)
    except StoreFailed:
        return stored
    try:
        while True:
            stored.append(files.put(fragment(len(stored) * 10)))
    except StoreFailed:
        disk.room = 1000
        files.give_back_reserve()
        files.note(Stopped("2026-11-21T08:00:05+00:00", failed=True))
    files.close()
    return stored


def test_a_full_disk_leaves_whole_records_only(tmp_path: Path) -> None:
    counts = set()
    for room in range(150, 1500, 23):
        folder = tmp_path / str(room)
        stored = until_full(folder, FullDisk(room))
        index = read_index(folder) if (folder / JOURNAL_NAME).stat().st_size else None
        counts.add(len(stored))
        if index is None:
            assert not stored
            continue
        assert index.stopped is not None
        assert [f for track in index.tracks.values() for f in track.fragments] == stored
        if stored:
            size = (folder / "main.mp4").stat().st_size
            assert size >= index.tracks["main"].stored
    assert counts >= {0, 1, 2, 3, 4}


def test_an_append_is_whole_or_not_at_all(tmp_path: Path) -> None:
    disk = FullDisk(25)
    file = AppendFile(tmp_path / "f", disk)
    assert file.append(b"0123456789") == 0
    with pytest.raises(OSError, match="space"):
        file.append(b"x" * 20)
    disk.room = 100
    assert file.append(b"abc") == 10
    file.close()
    assert (tmp_path / "f").read_bytes() == b"0123456789abc"


def test_only_one_may_write(tmp_path: Path) -> None:
    files = RecordingFiles.create(tmp_path / "r1", STARTED)
    assert lock.is_taken(tmp_path / "r1" / JOURNAL_NAME)
    with pytest.raises(Refused, match="another recorder"):
        RecordingFiles.resume(tmp_path / "r1")
    with pytest.raises(Refused, match="another recorder"):
        RecordingFiles.create(tmp_path / "r1", STARTED)
    files.put(fragment(0))
    files.close()
    assert not lock.is_taken(tmp_path / "r1" / JOURNAL_NAME)
    assert not lock.is_taken(tmp_path / "nothing")
    assert len(read_index(tmp_path / "r1").tracks["main"].fragments) == 1, "nobody cut it"


def test_a_folder_that_cannot_be_made_is_a_failure_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreFailed, match="Not a directory"):
        RecordingFiles.create(tmp_path / "file" / "r1", STARTED)


@pytest.mark.parametrize("lost", [1, 99, 100, 101, 250, 349, 350])
def test_what_a_power_cut_took_from_a_track_is_not_told_of_when_it_goes_on(
    tmp_path: Path, lost: int
) -> None:
    files = RecordingFiles.create(tmp_path / "r1", STARTED)
    for time in (0, 10, 20):
        files.put(fragment(time))
    files.close()
    track = tmp_path / "r1" / "main.mp4"
    size = track.stat().st_size
    assert size == 350
    os.truncate(track, size - lost)
    files, index = RecordingFiles.resume(tmp_path / "r1")
    kept = sum(len(one.fragments) for one in index.tracks.values())
    assert kept == max(0, 350 - lost - 50) // 100
    record = files.put(fragment(30))
    files.close()
    whole = read_index(tmp_path / "r1").tracks["main"]
    assert whole.fragments[-1] == record
    assert len(whole.fragments) == kept + 1
    data = track.read_bytes()
    assert data.endswith(b"D" * 100)
    assert len(data) == record.offset + record.size
    assert b"\0" not in data, "nothing was filled up"


def test_names_are_synced_with_the_first_bytes_and_then_only_when_there_are_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr("recorder.files.sync_folder", lambda folder: synced.append(folder.name))
    files = RecordingFiles.create(tmp_path / "r1", STARTED)
    files.sync()
    files.put(fragment(0))
    files.sync()
    files.put(fragment(10))
    files.sync()
    files.close()
    assert synced == ["r1", tmp_path.name] * 2
