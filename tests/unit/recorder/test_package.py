"""A package: what is in the ZIP, and what its page is told."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from mcu_core.contract.events import TapTrack
from recorder.catalogue import Catalogue
from recorder.contract import Tags
from recorder.errors import BrokenRecording
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import Mark, Started, Stopped
from recorder.slide_texts import SLIDES_NAME, Read, Slide, line_of
from recorder.tallies import RecorderTallies
from recorder.timed import DATA_NAME, datum, line_of_datum
from recorder.timeline import Timeline
from tests.unit.recorder.test_fragments import ASC, FRAME_NS, frames, sound

WALL = "2026-11-21T08:00:00+00:00"
TITLE = "</script><script>alert(1)</script>"


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Six seconds of picture and sound, content from 2 s to 4 s, with all that goes with it."""
    folder = tmp_path / "r1"
    files = RecordingFiles.create(folder, Started(1, "r1", "c1", TITLE, WALL, 0, "boot"))
    line = Timeline(RecorderTallies())
    tracks = (TapTrack("main", "H264"), TapTrack("content", "H264"))
    for track in (*tracks, TapTrack("sound", "AAC", config=ASC)):
        line.announce(track)
    pictures = frames(180)
    slides = [msgspec.structs.replace(one, name="content") for one in pictures[60:120]]
    units = [*pictures, *slides, *(sound(k * FRAME_NS) for k in range(280))]
    out = []
    for unit in sorted(units, key=lambda unit: unit.stamp_ns):
        out += line.push(unit, unit.stamp_ns)
    for item in (*out, *line.flush()):
        if isinstance(item, Fragment):
            files.put(item)
    for mark in (Mark(500, "join", "北京"), Mark(3000, "operator", "胆囊"), Mark(5500, "leave")):
        files.note(mark)
    files.note(Stopped(WALL))
    files.close()
    slide = (Slide(2000, 4000, "术前讨论"), Slide(4500, 4600, "end"))
    lines = [*map(line_of, slide), line_of(Read("eng"))]
    (folder / SLIDES_NAME).write_bytes(b"".join(lines))
    values = [datum(at, "vitals", json.dumps({"hr": at}), "ICU") for at in (100, 2500, 3500)]
    (folder / DATA_NAME).write_bytes(b"".join(map(line_of_datum, values)))
    catalogue = Catalogue(tmp_path)
    catalogue.tag("r1", Tags("Li", "Surgery", patient="sealed-reference"))
    return catalogue


def unpacked(blocks: list[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(blocks)))


def test_all_of_a_recording_is_in_it(catalogue: Catalogue) -> None:
    package = catalogue.package("r1")
    archive = unpacked(list(package.blocks()))
    assert archive.testzip() is None
    assert archive.namelist() == ["index.html", "recording.json", "main.mp4", "content.mp4"]
    assert archive.read("main.mp4") == b"".join(package.films["main.mp4"].blocks())
    facts = json.loads(archive.read("recording.json"))
    assert (facts["title"], facts["doctor"], facts["department"]) == (TITLE, "Li", "Surgery")
    assert facts["duration_s"] == pytest.approx(6, abs=0.05)
    assert [(one["at_s"], one["kind"], one["text"]) for one in facts["moments"]] == [
        (0.5, "join", "北京"),
        (2.0, "slide", "术前讨论"),
        (3.0, "operator", "胆囊"),
        (4.5, "slide", "end"),
        (5.5, "leave", ""),
    ]
    assert [(one["at_s"], one["value"]["hr"]) for one in facts["data"]] == [
        (0.1, 100),
        (2.5, 2500),
        (3.5, 3500),
    ]


def test_of_a_part_it_tells_what_belongs_there(catalogue: Catalogue) -> None:
    facts = catalogue.package("r1", (2.5, 4.0)).facts
    assert facts.duration_s == pytest.approx(1.5)
    assert [(one.at_s, one.kind) for one in facts.moments] == [(0.0, "slide"), (0.5, "operator")]
    assert [one.at_s for one in facts.data] == [0.0, 1.0]


def test_without_content_there_is_one_film(catalogue: Catalogue) -> None:
    package = catalogue.package("r1", (0.0, 1.5))
    assert (list(package.films), package.facts.content) == (["main.mp4"], "")
    with pytest.raises(BrokenRecording):
        catalogue.package("r1", (90.0, 95.0))


def test_no_word_ends_the_page_and_no_patient_is_in_it(catalogue: Catalogue) -> None:
    archive = unpacked(list(catalogue.package("r1").blocks()))
    page = archive.read("index.html").decode()
    assert page.count("</script>") == 2
    assert "alert(1)</script>" not in page
    assert "{{facts}}" not in page
    for name in archive.namelist():
        assert b"sealed-reference" not in archive.read(name)


def test_it_is_made_while_it_is_read(catalogue: Catalogue) -> None:
    package = catalogue.package("r1")
    pieces = [piece for piece in package.blocks() if piece]
    films = sum(film.size for film in package.films.values())
    assert len(pieces) > 3, "nothing is held back until the end"
    assert sum(map(len, pieces)) < films + 64_000


def test_a_machine_whose_clock_was_never_set_makes_packages_too(catalogue: Catalogue) -> None:
    package = replace(catalogue.package("r1"), made_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert unpacked(list(package.blocks())).getinfo("main.mp4").date_time[0] == 1980
