"""The reading side: lists, manifests, downloads and deletion, from files alone."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mcu_core.contract.events import TapUnit
from mcu_core.errors import BadInput, NotFound
from mcu_core.media.clock import NS_PER_SECOND
from recorder.boxes import RUN_COUNT_AT, RUN_ENTRY, RUN_TABLE_AT
from recorder.catalogue import Catalogue
from recorder.contract import RecordingState
from recorder.errors import BrokenRecording
from recorder.export import Piece
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import JOURNAL_NAME, FragmentWritten, Started, Stopped
from recorder.manifest import runs_of
from recorder.media_files import MOVED_NAME
from recorder.sidecar import SIDECAR_NAME, sidecar_of
from recorder.tags import TAGS_NAME
from recorder.tracks import TRACKS
from tests.unit.recorder.test_boxes import tree
from tests.unit.recorder.test_fragments import FRAME_NS, frames, picture, sound
from tests.unit.recorder.test_timeline import push_all, timeline

WALL = "2026-11-21T08:00:0{}+00:00"
Fill = Callable[..., RecordingFiles]


def units() -> list[TapUnit]:
    """Two seconds, then nothing for five, then a picture and some sound."""
    heard = [sound(n * FRAME_NS) for n in range(94)]
    late_ns = 7 * NS_PER_SECOND
    late = [picture(late_ns, True), *(sound(late_ns + n * FRAME_NS) for n in range(5))]
    return [*frames(60), *heard, *late]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def fill(store: Path, name: str = "r1", second: int = 0) -> RecordingFiles:
    """A recording that is still open."""
    started = Started(1, name, "c1", "Ward round", WALL.format(second), 0, "boot")
    files = RecordingFiles.create(store / name, started)
    line = timeline()
    for item in push_all(line, units()) + line.flush():
        if isinstance(item, Fragment):
            files.put(item)
        else:
            files.note(item)
    return files


def end(files: RecordingFiles, **how: object) -> None:
    files.note(Stopped(WALL.format(9), **how))  # type: ignore[arg-type]  # differs from test to test
    files.close()


@pytest.mark.parametrize("name", [TAGS_NAME, MOVED_NAME, SIDECAR_NAME])
@pytest.mark.parametrize("left", [b"", b"\x83", b'{"doctor": "\xff"}', b"[" * 5000, bytes(100)])
def test_what_a_broken_disk_left_beside_a_journal_hides_no_recording(
    store: Path, name: str, left: bytes
) -> None:
    end(fill(store, "a"))
    (store / "a" / name).write_bytes(left)
    catalogue = Catalogue(store)
    assert [info.id for info in catalogue.recordings()] == ["a"]
    assert not catalogue.is_held("a")
    assert sidecar_of(catalogue.info("a"), store / "a").manifest


@pytest.mark.parametrize("span", [None, (0.5, 1.5)])
def test_of_a_recording_with_a_file_that_was_cut_the_others_can_be_had(
    store: Path, span: tuple[float, float] | None
) -> None:
    end(fill(store, "a"))
    os.truncate(store / "a" / TRACKS["main"].file_name, 100)
    export = Catalogue(store).export("a", span)
    assert len(b"".join(export.blocks())) == export.size
    os.truncate(store / "a" / TRACKS["sound"].file_name, 100)
    with pytest.raises(BrokenRecording):
        Catalogue(store).export("a", span)


@pytest.mark.parametrize("word", [b"\xff" * 4, bytes(4)], ids=["all", "nothing"])
def test_a_fragment_that_a_broken_disk_changed_is_told(store: Path, word: bytes) -> None:
    """Each word from the count of its samples on to the length and size of the second one."""
    end(fill(store, "a"))
    path = store / "a" / TRACKS["sound"].file_name
    kept = path.read_bytes()
    head = kept.rindex(b"moof") - 4
    for at in range(head + RUN_COUNT_AT, head + RUN_TABLE_AT + 2 * RUN_ENTRY.size, 4):
        path.write_bytes(kept[:at] + word + kept[at + 4 :])
        try:
            export = Catalogue(store).export("a")
        except BrokenRecording:
            continue
        assert len(b"".join(export.blocks())) == export.size


def test_states_and_order(store: Path) -> None:
    assert Catalogue(store).recordings() == []
    running = fill(store, "b", 2)
    end(fill(store, "a", 3))
    end(fill(store, "c", 1), failed=True, reason="the disk is full")
    fill(store, "d", 4).close()
    (store / "stray").mkdir()
    (store / ".deleted-x").mkdir()
    infos = Catalogue(store).recordings()
    running.close()
    assert [(info.id, info.state) for info in infos] == [
        ("c", RecordingState.FAILED),
        ("b", RecordingState.RECORDING),
        ("a", RecordingState.DONE),
        ("d", RecordingState.INTERRUPTED),
    ]
    assert infos[0].reason == "the disk is full"
    assert infos[1].duration_s == pytest.approx(7.107, abs=0.001)
    track_bytes = sum(path.stat().st_size for path in (store / "b").glob("*.mp4"))
    assert infos[1].size_bytes == track_bytes


def test_a_manifest_and_its_increments(store: Path) -> None:
    end(fill(store))
    catalogue = Catalogue(store)
    whole = catalogue.manifest("r1")
    assert [(t["name"], t["kind"], t["codec"]) for t in whole["tracks"]] == [
        ("main", "video", "avc1.42C00D"),
        ("sound", "audio", "mp4a.40.2"),
    ]
    main = whole["tracks"][0]
    assert [one[2:] for one in main["fragments"]] == [
        (0.0, 1866.667, True, 0),  # eight fragments as one; the next is shown until the hole's end
        (1866.667, 3100.0, False, 0),
        (7000.0, 33.0, True, 0),
    ]
    assert (main["inits"][0]["width"], main["inits"][0]["height"]) == (320, 180)
    assert [(gap["track"], gap["duration_ms"] > 1900) for gap in whole["gaps"]] == [
        ("main", True),
        ("sound", True),
    ]
    assert not whole["live"]
    news = catalogue.manifest("r1", after=whole["next"])
    assert (news["tracks"], news["gaps"], news["next"]) == ([], [], whole["next"])
    with pytest.raises(BadInput, match="after"):
        catalogue.manifest("r1", after=-1)


def test_side_by_side_fragments_are_told_as_one() -> None:
    kind, tenth = TRACKS["sound"], 4800
    parts = [FragmentWritten("sound", k * 10, 10, k * tenth, tenth, True, 0) for k in range(100)]

    def told(size: int) -> list[tuple[int, int, float, float]]:
        runs = runs_of(parts, kind, size)
        return [(offset, size, start, long) for offset, size, start, long, _, _ in runs]

    assert told(1000) == [(k * 250, 250, k * 2500.0, 2500.0) for k in range(4)]
    assert told(995)[-1] == (750, 240, 7500.0, 2400.0), "what is not on the disk is not told"
    parts[30:33] = [msgspec.structs.replace(one, init=1) for one in parts[30:33]]
    assert [one[0] for one in told(1000)] == [0, 250, 300, 330, 580, 830]
    del parts[50]
    assert told(1000)[3:5] == [(330, 170, 3300.0, 1700.0), (510, 250, 5100.0, 2500.0)]
    assert runs_of([], kind, 1000) == []


def test_fragments_that_did_not_reach_the_disk_are_not_told(store: Path) -> None:
    end(fill(store))
    path = Catalogue(store).track_path("r1", "main")
    before = Catalogue(store).manifest("r1")["tracks"][0]["fragments"]
    with path.open("r+b") as track:
        track.truncate(path.stat().st_size - 1)
    assert Catalogue(store).manifest("r1")["tracks"][0]["fragments"] == before[:-1]
    assert Catalogue(store).export("r1").size > 0


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "-x", "x" * 65, "ä"])
def test_ids_that_could_leave_the_store_are_refused(store: Path, name: str) -> None:
    with pytest.raises(BadInput, match="recording"):
        Catalogue(store).info(name)


def test_what_is_not_there(store: Path) -> None:
    catalogue = Catalogue(store)
    with pytest.raises(NotFound):
        catalogue.info("r1")
    with pytest.raises(NotFound):
        catalogue.export("r1")
    end(fill(store))
    for track in ("content", "../main", JOURNAL_NAME):
        with pytest.raises(NotFound):
            catalogue.track_path("r1", track)


def test_deleted_at_once_and_swept_later(store: Path) -> None:
    end(fill(store))
    catalogue = Catalogue(store)
    catalogue.delete("r1")
    catalogue.delete("r1")
    assert list(store.iterdir()) == []
    (store / ".deleted-old").mkdir()
    catalogue.sweep()
    assert list(store.iterdir()) == []


def test_a_download_is_one_file_from_any_byte(store: Path, tmp_path: Path) -> None:
    files = fill(store)
    export = Catalogue(store).export("r1")
    files.close()
    export.save(tmp_path / "whole.mp4")
    whole = (tmp_path / "whole.mp4").read_bytes()
    assert len(whole) == export.size
    for start, stop in ((0, 1), (5, 900), (1500, 1501), (export.size - 3, None), (2000, 9000)):
        assert b"".join(export.blocks(start, stop)) == whole[start:stop]
    moov_size = int.from_bytes(whole[32:36], "big")
    found = tree(whole[: 32 + moov_size])
    assert whole[32 + moov_size + 4 : 32 + moov_size + 8] == b"mdat"
    assert "moov/trak/mdia/minf/stbl/co64" in found


def test_silence_is_stored_once_in_a_download(store: Path) -> None:
    end(fill(store))
    export = Catalogue(store).export("r1")
    silent = [piece for piece in export.pieces[1:] if piece.path is None]
    assert silent == [Piece(None, 0, 48 * 6, bytes.fromhex("211004608c1c") * 48)]


def test_nothing_stored_is_nothing_to_download(store: Path) -> None:
    started = Started(1, "r1", "c1", "", WALL.format(0), 0, "boot")
    RecordingFiles.create(store / "r1", started).close()
    with pytest.raises(BrokenRecording, match="nothing is stored"):
        Catalogue(store).export("r1")
