"""Slides of a recording, found and read by Debian's Tesseract."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.slide_talk import page, store_talk, talk
from recorder.index import read_index
from recorder.slide_texts import SLIDES_NAME, Slide, slides_of
from recorder.slides import looks, slides

PAGES = [
    page("术前讨论：胆囊切除术", ["Laparoscopic cholecystectomy"]),
    page("影像学检查", ["超声提示胆囊结石，胆总管扩张"]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two slides of four seconds each, keyframes each ten: changes come between them."""
    made = tmp_path_factory.mktemp("slides") / "r1"
    store_talk(made, list(talk(PAGES, 4.0, 50, pointer=True)))
    return made


def _read(folder: Path) -> list[Slide]:
    words = (sys.executable, "-m", "recorder.slides", str(folder))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = slides_of(folder)
    assert found.complete
    return found.slides


def test_each_slide_is_found_where_it_begins(folder: Path) -> None:
    track = read_index(folder).tracks["content"]
    found = list(slides(looks(folder, track), 8.0))
    assert [round(one.at_s) for one in found] == [0, 4]
    assert [round(one.until_s) for one in found] == [4, 8]


def test_slides_are_read_and_reading_goes_on_where_it_was_cut_short(folder: Path) -> None:
    found = _read(folder)
    assert len(found) == 2
    assert "胆囊切除术" in found[0].text.replace(" ", "")
    assert "超声提示胆囊结石" in found[1].text.replace(" ", "")
    assert "cholecystectomy" in found[0].text
    path = folder / SLIDES_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:20])
    assert _read(folder) == found
