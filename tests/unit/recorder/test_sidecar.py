"""What players are told of an ended recording is read from one file, and is never an old word."""

from pathlib import Path

import msgspec
import pytest

from recorder import sidecar
from recorder.catalogue import Catalogue
from recorder.errors import BrokenRecording
from recorder.files import note_alone
from recorder.hls import media_playlist
from recorder.index import read_index
from recorder.journal import Mark
from recorder.media_files import MOVED_NAME, Moved
from recorder.opened import OpenedRecordings
from recorder.sidecar import SIDECAR_NAME, main, sidecar_of
from tests.unit.recorder.test_catalogue import end, fill


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    end(fill(store))
    return store


@pytest.fixture
def journals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which journals were read as a whole."""
    read: list[str] = []

    def noted(folder: Path) -> object:
        read.append(folder.name)
        return read_index(folder)

    monkeypatch.setattr(sidecar, "read_index", noted)
    return read


def manifest(store: Path) -> dict[str, object]:
    """By a process that was just started."""
    decoded: dict[str, object] = msgspec.json.decode(
        OpenedRecordings(Catalogue(store)).manifest("r1")
    )
    return decoded


def test_the_second_opening_reads_no_journal(store: Path, journals: list[str]) -> None:
    first = manifest(store)
    assert first == msgspec.json.decode(msgspec.json.encode(Catalogue(store).manifest("r1")))
    assert manifest(store) == first
    assert journals == ["r1"]
    index = read_index(store / "r1")
    told = OpenedRecordings(Catalogue(store))
    for name, track in index.tracks.items():
        assert told.playlist("r1", name) == media_playlist(track, True, f"{name}.mp4")
    assert "main.m3u8" in told.playlist("r1", "index")
    assert journals == ["r1"]


def test_a_mark_that_was_set_later_is_told(store: Path, journals: list[str]) -> None:
    told = OpenedRecordings(Catalogue(store))
    told.manifest("r1")
    note_alone(store / "r1", Mark(1000.0, "operator", "here"))
    marks = [{"at_ms": 1000.0, "kind": "operator", "text": "here", "by": ""}]
    assert msgspec.json.decode(told.manifest("r1"))["marks"] == marks
    assert manifest(store)["marks"] == marks
    assert journals == ["r1", "r1"]


@pytest.mark.parametrize("torn", [b"", b"\x00" * 64, b"half"])
def test_a_torn_file_is_made_anew(store: Path, journals: list[str], torn: bytes) -> None:
    first, path = manifest(store), store / "r1" / SIDECAR_NAME
    path.write_bytes(torn or path.read_bytes()[:-7])
    assert manifest(store) == first
    assert manifest(store) == first
    assert journals == ["r1", "r1"]


def test_of_another_version_it_is_made_anew(
    store: Path, journals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest(store)
    monkeypatch.setattr(sidecar, "SIDECAR_VERSION", sidecar.SIDECAR_VERSION + 1)
    manifest(store)
    manifest(store)
    assert journals == ["r1", "r1"]


def test_it_stays_good_when_the_tracks_are_moved(store: Path, journals: list[str]) -> None:
    first, folder = manifest(store), store / "r1"
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.mp4")}
    (folder / MOVED_NAME).write_bytes(msgspec.json.encode(Moved("s3://films", "r1", sizes)))
    for name in sizes:
        (folder / name).unlink()
    assert manifest(store) == first
    assert journals == ["r1"]


def test_a_full_disk_keeps_none_and_refuses_nothing(
    store: Path, journals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sidecar, "replace_whole", full)
    assert manifest(store) == manifest(store)
    assert journals == ["r1", "r1"]


def test_it_goes_with_the_recording(store: Path) -> None:
    manifest(store)
    info = Catalogue(store).info("r1")
    Catalogue(store).delete("r1")
    assert list(store.iterdir()) == []
    with pytest.raises(BrokenRecording):
        sidecar_of(info, store / "r1")


def test_a_running_one_has_none(tmp_path: Path) -> None:
    files = fill(tmp_path)
    try:
        manifest(tmp_path)
        assert not (tmp_path / "r1" / SIDECAR_NAME).exists()
    finally:
        files.close()


def test_the_process_keeps_it(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.nice", lambda step: step)
    assert main([str(store / "r1")]) == 0
    assert (store / "r1" / SIDECAR_NAME).exists()
    assert main([str(store / "none")]) == 1
    assert "none" in capsys.readouterr().err
