"""What players ask again and again is read once, and is never older than it may be."""

from pathlib import Path

import msgspec
import pytest

from mcu_core.errors import NotFound
from recorder import opened
from recorder.catalogue import Catalogue
from recorder.index import RecordingIndex
from recorder.journal import Mark
from recorder.opened import OpenedRecordings
from tests.unit.recorder.test_catalogue import end, fill


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes of journals were read, each time."""
    counts: list[int] = []
    read_on = RecordingIndex.read_on

    def counted(self: RecordingIndex, folder: Path) -> None:
        before = self.position
        read_on(self, folder)
        counts.append(self.position - before)

    monkeypatch.setattr(RecordingIndex, "read_on", counted)
    return counts


def whole(recordings: OpenedRecordings, after: int = 0) -> dict[str, object]:
    decoded: dict[str, object] = msgspec.json.decode(recordings.manifest("r1", after))
    return decoded


def test_a_finished_recording_is_read_once(store: Path, read: list[int]) -> None:
    end(fill(store))
    catalogue = Catalogue(store)
    recordings = OpenedRecordings(catalogue)
    assert whole(recordings) == msgspec.json.decode(msgspec.json.encode(catalogue.manifest("r1")))
    del read[:]
    whole(recordings)
    assert read == []
    for _ in range(3):
        assert "ENDLIST" in recordings.playlist("r1", "main")
        assert "main.m3u8" in recordings.playlist("r1", "index")
    assert read == []


def test_a_growing_one_is_read_on(store: Path, read: list[int]) -> None:
    files = fill(store)
    recordings = OpenedRecordings(Catalogue(store))
    first = whole(recordings)
    read.clear()
    files.note(Mark(1000.0, "operator", "here"))
    marks = [{"at_ms": 1000.0, "kind": "operator", "text": "here", "by": ""}]
    assert whole(recordings)["marks"] == marks, "a short one is as new as its journal"
    assert 0 < read[-1] < 200, "the new record alone"
    assert whole(recordings, int(str(first["next"])))["marks"] == marks
    assert "ENDLIST" not in recordings.playlist("r1", "main")
    for k in range(opened.BEHIND_BYTES // 40):
        files.note(Mark(float(k), "operator"))
    long = whole(recordings)
    assert len(str(long["marks"])) > opened.BEHIND_BYTES // 2
    files.note(Mark(2000.0, "operator", "last"))
    read.clear()
    assert whole(recordings) == long, "a little behind is allowed: `next` brings the rest"
    assert read == []
    end(files)
    assert whole(recordings)["live"] is False, "the end is told at once"
    assert "ENDLIST" in recordings.playlist("r1", "main")


def test_a_recording_of_the_same_name_is_another(store: Path) -> None:
    end(fill(store))
    catalogue = Catalogue(store)
    recordings = OpenedRecordings(catalogue)
    whole(recordings)
    catalogue.delete("r1")
    with pytest.raises(NotFound):
        recordings.playlist("r1", "main")
    files = fill(store, second=1)
    assert whole(recordings)["live"] is True
    end(files)


def test_no_more_stays_read_than_may(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "KEPT_BYTES", 1)
    end(fill(store))
    end(fill(store, "r2"))
    recordings = OpenedRecordings(Catalogue(store))
    for name in ("r1", "r2", "r1"):
        recordings.playlist(name, "main")
    assert list(recordings._opened) == ["r1"]


def test_names_that_are_none_are_not_found(store: Path) -> None:
    end(fill(store))
    recordings = OpenedRecordings(Catalogue(store))
    for name in ("none", "", "../main", "content"):
        with pytest.raises(NotFound):
            recordings.playlist("r1", name)
    with pytest.raises(NotFound):
        recordings.manifest("r9")
