"""Recordings on several disks, moved to an archive and back, and deleted without a trace."""

from pathlib import Path

import pytest

from mcu_core.errors import Refused
from recorder.archive import bring_back, move
from recorder.catalogue import Catalogue
from recorder.contract import Tags
from recorder.disks import DISKS_NAME
from recorder.errors import StoreFailed
from recorder.files import RecordingFiles, note_alone
from recorder.journal import Mark
from recorder.media_files import MOVED_NAME, Moved, open_media
from recorder.timed import DATA_NAME, datum
from recorder.tracks import TRACKS
from tests.unit.recorder.test_catalogue import end, fill

TRACK_FILES = {kind.file_name for kind in TRACKS.values()}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "archive").mkdir()
    return (tmp_path / "archive").as_uri()


def there(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} & TRACK_FILES


def test_what_was_moved_is_listed_played_exported_and_marked_as_before(
    store: Path, url: str
) -> None:
    end(fill(store))
    catalogue = Catalogue(store)
    before = catalogue.info("r1")
    whole = b"".join(catalogue.export("r1").blocks())
    manifest = catalogue.manifest("r1")
    seen = catalogue.seen()
    watched = open_media(catalogue.track_path("r1", "main"))
    move(store / "r1", url)
    assert there(store / "r1") == set()
    assert catalogue.info("r1").size_bytes == before.size_bytes > 0
    assert catalogue.info("r1").archived
    assert catalogue.seen() != seen, "the table of the library is told"
    assert catalogue.manifest("r1") == manifest
    assert b"".join(catalogue.export("r1").blocks()) == whole
    again = open_media(catalogue.track_path("r1", "main"))
    assert again.size == watched.size
    for offset, size in ((0, 10), (again.size - 3, 9), (100, again.size), (7, 1)):
        assert again.pread(size, offset) == watched.pread(size, offset)
    watched.close()
    again.close()
    note_alone(store / "r1", Mark(10, "operator", "later"))
    assert catalogue.manifest("r1")["marks"][-1]["text"] == "later"
    with pytest.raises(Refused):
        RecordingFiles.resume(store / "r1")
    assert there(store / "r1") == set()
    bring_back(store / "r1")
    assert b"".join(catalogue.export("r1").blocks()) == whole
    assert not catalogue.info("r1").archived


def test_what_runs_is_not_moved(store: Path, url: str) -> None:
    files = fill(store)
    with pytest.raises(Refused):
        move(store / "r1", url)
    files.close()
    with pytest.raises(Refused):
        move(store / "r1", url)
    assert there(store / "r1")


def test_an_archive_that_does_not_answer_leaves_all_where_it_is(store: Path) -> None:
    end(fill(store))
    for url in ("nonsense://x", "file:///proc/nowhere"):
        with pytest.raises(StoreFailed):
            move(store / "r1", url)
    assert there(store / "r1")
    assert not (store / "r1" / MOVED_NAME).exists()


def test_a_move_that_was_cut_short_is_ended_the_next_time(store: Path, url: str) -> None:
    end(fill(store))
    main = (store / "r1" / "main.mp4").read_bytes()
    moved = move(store / "r1", url)
    (store / "r1" / "main.mp4").write_bytes(main)  # as if it had not been unlinked yet
    assert move(store / "r1", "file:///elsewhere") == moved
    assert there(store / "r1") == set()


def test_deleted_is_what_the_archive_has_and_what_says_something_of_people(
    store: Path, url: str, tmp_path: Path
) -> None:
    files = fill(store)
    files.add(datum(5, "vitals", '{"hr": 1}', ""))
    end(files)
    catalogue = Catalogue(store)
    catalogue.tag("r1", Tags(patient="sealed"))
    move(store / "r1", url)
    twins = {name: tmp_path / name for name in ("tags", DATA_NAME)}
    for name, twin in twins.items():
        twin.hardlink_to(store / "r1" / name)
    catalogue.delete("r1")
    assert not any(path.is_file() for path in (tmp_path / "archive").rglob("*"))
    assert not list(store.iterdir())
    assert [set(twin.read_bytes()) for twin in twins.values()] == [{0}, {0}], "written over"


def test_what_the_archive_cannot_delete_now_is_deleted_later(store: Path, url: str) -> None:
    end(fill(store))
    catalogue = Catalogue(store)
    moved = move(store / "r1", url)
    note = store / "r1" / MOVED_NAME
    right = note.read_bytes()
    note.write_bytes(right.replace(url.encode(), b"nonsense://x"))
    catalogue.delete("r1")
    assert catalogue.recordings() == []
    (bin_,) = store.iterdir()
    (bin_ / MOVED_NAME).write_bytes(right)
    catalogue.sweep()
    assert not list(store.iterdir())
    assert isinstance(moved, Moved)


def test_disks_may_be_added_and_go_away(store: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    end(fill(store, "a"))
    end(fill(more, "b", 1))
    catalogue = Catalogue(store)
    looked = catalogue.looked()
    assert [info.id for info in catalogue.recordings()] == ["a"]
    (store / DISKS_NAME).write_text(f"# two\n\n{more}\n{tmp_path}/none\nrelative\n")
    assert catalogue.roots() == [store, more]
    assert catalogue.looked() != looked
    assert [info.id for info in catalogue.recordings()] == ["a", "b"]
    assert set(catalogue.seen()) == {"a", "b"}
    assert catalogue.folder("b") == more / "b"
    assert catalogue.folder("new") == store / "new"
    catalogue.delete("b")
    assert not list(more.iterdir())
    more.rmdir()
    assert catalogue.roots() == [store]
    (store / DISKS_NAME).unlink()
    assert [info.id for info in catalogue.recordings()] == ["a"]
